//! Mails to the support desk, which a mail server hands over.

use tracing::{Instrument, debug_span};

use super::super::Api;
use super::{Surroundings, Work};
use crate::database::errors::{Retry, is_invalid_value, retry_policy};
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::domain::id::DepartmentId;
use crate::error::{Error, Result};
use crate::operations;
use crate::operations::support::{MailOutcome, ReceivedMail, Refusal, receive};

impl Api {
    /// Stores a mail as a ticket or a reply, or refuses it. An error means that nothing was stored, or that it is not known: a mail
    /// that is handed over again is stored once.
    pub async fn receive_mail(&self, mail: &ReceivedMail, department: Option<DepartmentId>) -> Result<MailOutcome> {
        let span = debug_span!("received-mail", part = "received-mail");
        async {
            match self.store_mail(mail, department).await {
                // Beside a WHMCS, tables may not take every character.
                Err(Error::Database(error)) if is_invalid_value(&error) => {
                    self.store_mail(&without_rare_characters(mail), department).await
                }
                stored => stored,
            }
        }
        .instrument(span)
        .await
    }

    async fn store_mail(&self, mail: &ReceivedMail, department: Option<DepartmentId>) -> Result<MailOutcome> {
        let surroundings = self.surroundings("Mail", String::new())?;
        let storing = Storing { surroundings, mail, department };
        let Surroundings { config, attachments, now, .. } = &storing.surroundings;
        match self.commit(&storing, *now).await {
            Ok(Ok(outcome)) => {
                config.outbox.wake();
                Ok(outcome)
            }
            Ok(Err(refusal)) => {
                attachments.discard().await;
                Err(Error::Internal(format!("a mail was not stored: {refusal:?}").into()))
            }
            Err(error) => {
                // After a commit without an answer, rows may refer to the files.
                let may_be_stored =
                    matches!(&error, Error::Database(error) if retry_policy(error) == Retry::NewConnection);
                if !may_be_stored {
                    attachments.discard().await;
                }
                Err(error)
            }
        }
    }
}

struct Storing<'w> {
    surroundings: Surroundings,
    mail: &'w ReceivedMail,
    department: Option<DepartmentId>,
}

impl Work for Storing<'_> {
    type Done = MailOutcome;
    type Refusal = Refusal;

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> operations::Result<MailOutcome, Refusal> {
        receive(self.surroundings.context(lease, key), self.mail, self.department).await
    }
}

/// Returns a mail with replacements for characters of more than three bytes.
fn without_rare_characters(mail: &ReceivedMail) -> ReceivedMail {
    let plain = |text: &str| text.chars().map(|c| if c > '\u{ffff}' { '\u{fffd}' } else { c }).collect::<String>();
    let mut plain_mail = mail.clone();
    let ReceivedMail { to, copy_to, name, email, subject, text, files, .. } = &mut plain_mail;
    let names = files.iter_mut().map(|file| &mut file.name);
    for text in [to, copy_to, name, subject, text].into_iter().chain(email).chain(names) {
        *text = plain(text);
    }
    plain_mail
}
