//! Mails to users, who need not be clients.

use sqlx::MySqlConnection;

use crate::domain::time::Moment;
use crate::fault;
use crate::outbox::mail::MailDraft;
use crate::store;
use crate::store::clients::client::Addressee;
use crate::store::clients::users::Account;
use crate::store::system::email_templates::Template;

/// A mail to a user: the name of the operator's template, and a text in its place if there is none of that name.
pub struct UserMail {
    pub template: &'static str,
    pub subject: &'static str,
    /// HTML with merge fields.
    pub message: &'static str,
}

impl UserMail {
    /// Prepares the mail. Returns `None` if the operator has disabled the template.
    pub async fn draft(&self, db: &mut MySqlConnection, to: &Account, now: Moment) -> fault::Result<Option<MailDraft>> {
        let stored = store::system::email_templates::find(db, self.template, &to.language).await?;
        let own = || Template::custom("general", self.subject.to_owned(), self.message.to_owned());
        let addressee = Addressee {
            first_name: to.first_name.clone(),
            last_name: to.last_name.clone(),
            email: to.email.clone(),
            language: to.language.clone(),
            ..Addressee::default()
        };
        let template = stored.unwrap_or_else(own);
        let draft = MailDraft::to_addressee_from_template(db, template, addressee, now).await?;
        Ok(draft.map(|mut draft| {
            draft.set("user_first_name", to.first_name.clone());
            draft.set("user_last_name", to.last_name.clone());
            draft.set("user_email", to.email.clone());
            draft
        }))
    }
}
