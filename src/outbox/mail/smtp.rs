//! Delivery of a mail by SMTP.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::{self};
use lettre::{Address, Message};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::html;
use crate::config::{self, Encryption};
use crate::domain::entities::decoded;
use crate::fault::{Fault, Result};
use crate::outbox::kind::Outcome;
use crate::store::system::emails::OutgoingMail;

/// Time limit for closing the connection after delivery.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// A mail as it is transmitted.
#[derive(Debug)]
pub struct SmtpMessage {
    from: Address,
    to: Vec<Address>,
    /// Recipients of copies, visible or not.
    copies: Vec<Address>,
    bytes: Vec<u8>,
}

/// Composes a mail. Answers go to `reply_to`, or to the sender if it is empty or malformed. The error is the reason for which that is
/// impossible; a retry would not help.
pub fn compose(mail: &OutgoingMail, is_plain: bool, from: Mailbox, reply_to: &str) -> Result<SmtpMessage, String> {
    // A malformed recipient does not keep the others from getting the mail.
    let [to, cc, bcc] = [&mail.to, &mail.cc, &mail.bcc].map(|list| valid_mailboxes(list, mail.id));
    if to.is_empty() {
        mailboxes(&mail.to)?;
        return Err("It has no recipient".to_owned());
    }
    let id = format!("<{}.{}.whmcs-api@{}>", mail.id, mail.written, from.email.domain());
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(one_line(&decoded(&mail.subject)))
        .message_id(Some(id))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
    for mailbox in &to {
        builder = builder.to(mailbox.clone());
    }
    for mailbox in &cc {
        builder = builder.cc(mailbox.clone());
    }
    for mailbox in valid_mailboxes(reply_to, mail.id) {
        builder = builder.reply_to(mailbox);
    }
    let message = match is_plain {
        true => {
            let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(decoded(&mail.message).into_owned());
            builder.singlepart(text)
        }
        false => {
            let text = html::to_text(&mail.message);
            builder.multipart(MultiPart::alternative_plain_html(text, mail.message.clone()))
        }
    };
    let addresses = |mailboxes: Vec<Mailbox>| mailboxes.into_iter().map(|mailbox| mailbox.email);
    Ok(SmtpMessage {
        from: from.email,
        bytes: message.map_err(|error| error.to_string())?.formatted(),
        to: addresses(to).collect(),
        copies: addresses(cc).chain(addresses(bcc)).collect(),
    })
}

/// Builds the sender's mailbox from stored texts.
pub fn sender(name: &str, address: &str) -> Result<Mailbox, String> {
    let (name, address) = (decoded(name), decoded(address.trim()));
    let email = address.parse().map_err(|_| format!("The sender's address is invalid: {}", one_line(&address)))?;
    let name = one_line(&name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), email))
}

fn mailboxes(list: &str) -> Result<Vec<Mailbox>, String> {
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mailbox = |part: &str| decoded(part).parse().map_err(|_| format!("Invalid address: {}", one_line(part)));
    parts.map(mailbox).collect()
}

fn valid_mailboxes(list: &str, mail: i64) -> Vec<Mailbox> {
    let valid = |part: &str| match mailboxes(part) {
        Ok(mailboxes) => mailboxes,
        Err(error) => {
            warn!(mail, error, "a malformed address of a mail is skipped");
            Vec::new()
        }
    };
    list.split(',').flat_map(valid).collect()
}

/// Joins lines into one, because a line break in a header would begin another header.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A mail server with its settings.
pub struct Smtp {
    settings: config::Mail,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl Smtp {
    pub fn new(settings: config::Mail) -> Result<Smtp> {
        let tls = match settings.smtp_encryption {
            Encryption::None => None,
            Encryption::StartTls | Encryption::Tls => {
                let tls = TlsParameters::new(settings.smtp_host.clone());
                Some(tls.map_err(|error| Fault::Internal(format!("mail.smtp_host: {error}").into()))?)
            }
        };
        Ok(Smtp { settings, tls, hello: ClientId::default() })
    }

    fn connect_time(&self) -> Duration {
        Duration::from_secs(self.settings.connect_seconds)
    }

    fn accept_time(&self) -> Duration {
        Duration::from_secs(self.settings.accept_seconds)
    }

    /// Maximum duration of an attempt.
    pub fn max_duration(&self) -> Duration {
        self.connect_time() + self.accept_time() + QUIT_TIMEOUT
    }

    /// Tries to send a mail. If `stopping` is cancelled before the mail server has received the envelope, the attempt
    /// ends; after that it waits for the mail server's response.
    pub async fn send(&self, mail: &SmtpMessage, stopping: &CancellationToken) -> Outcome {
        let envelope = tokio::select! {
            envelope = timeout(self.connect_time(), self.send_envelope(mail)) => envelope,
            () = stopping.cancelled() => return Outcome::Stopped,
        };
        let mut connection = match envelope {
            Ok(Ok(connection)) => connection,
            Ok(Err(outcome)) => return outcome,
            Err(_) => return Outcome::failed_for_now("The mail server took too long".to_owned()),
        };
        match timeout(self.accept_time(), connection.message(&mail.bytes)).await {
            Ok(Ok(_)) => {
                let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
                Outcome::Done
            }
            Ok(Err(error)) if error.is_permanent() => Outcome::failed_for_good(error.to_string()),
            Ok(Err(error)) if error.is_transient() => Outcome::failed_for_now(error.to_string()),
            Ok(Err(error)) => Outcome::Unanswered(error.to_string()),
            Err(_) => Outcome::Unanswered("the mail server took too long".to_owned()),
        }
    }

    /// Connects and sends the envelope: the sender, the recipients and the command after which the mail itself follows.
    async fn send_envelope(&self, mail: &SmtpMessage) -> Result<AsyncSmtpConnection, Outcome> {
        // A problem of the server or the login is not the mail's fault.
        let mut connection = self.connect().await.map_err(|error| Outcome::failed_for_now(error.to_string()))?;
        let international = mail.to.iter().chain(&mail.copies).chain([&mail.from]).any(|address| !is_ascii(address));
        let parameters = match international {
            true if !connection.server_info().supports_feature(Extension::SmtpUtfEight) => {
                return Err(Outcome::failed_for_good("The mail server knows only addresses in ASCII".to_owned()));
            }
            true => vec![MailParameter::SmtpUtfEight],
            false => Vec::new(),
        };
        let rejection = |error: smtp::Error| match error.is_permanent() {
            true => Outcome::failed_for_good(error.to_string()),
            false => Outcome::failed_for_now(error.to_string()),
        };
        connection.command(Mail::new(Some(mail.from.clone()), parameters)).await.map_err(rejection)?;
        let mut refusal = None;
        let mut has_recipient = false;
        for address in mail.to.iter().chain(&mail.copies) {
            match connection.command(Rcpt::new(address.clone(), Vec::new())).await {
                Ok(_) => has_recipient |= mail.to.contains(address),
                // A temporary rejection of a copy does not delay the mail to the other recipients.
                Err(error) if error.is_permanent() || (error.is_transient() && !mail.to.contains(address)) => {
                    warn!(%address, %error, "the mail server rejected a recipient");
                    refusal = refusal.or(Some(rejection(error)));
                }
                Err(error) => return Err(rejection(error)),
            }
        }
        match refusal {
            Some(refusal) if !has_recipient => return Err(refusal),
            _ => {}
        }
        connection.command(Data).await.map_err(rejection)?;
        Ok(connection)
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, smtp::Error> {
        let config::Mail { smtp_host, smtp_port, smtp_encryption, smtp_username, smtp_password, .. } = &self.settings;
        let implicit_tls = self.tls.clone().filter(|_| *smtp_encryption == Encryption::Tls);
        let server = (smtp_host.as_str(), *smtp_port);
        let limit = Some(self.connect_time());
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, limit, &self.hello, implicit_tls, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| *smtp_encryption == Encryption::StartTls) {
            connection.starttls(tls, &self.hello).await?;
        }
        if !smtp_username.is_empty() {
            let credentials = Credentials::new(smtp_username.clone(), smtp_password.0.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        Ok(connection)
    }
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> OutgoingMail {
        OutgoingMail {
            id: 17,
            subject: "Grüße".to_owned(),
            message: "<p>Hello &amp; welcome</p>".to_owned(),
            to: "ann@example.com".to_owned(),
            cc: String::new(),
            bcc: String::new(),
            written: "20261120123000".to_owned(),
        }
    }

    fn sent(mail: &OutgoingMail, is_plain: bool) -> String {
        let from = sender("Müller, Inc.", "billing@example.com").unwrap();
        String::from_utf8(compose(mail, is_plain, from, "").unwrap().bytes).unwrap()
    }

    #[test]
    fn a_mail_has_both_html_and_text() {
        let sent = sent(&mail(), false);
        for line in [
            "Message-ID: <17.20261120123000.whmcs-api@example.com>\r\n",
            "Subject: =?utf-8?b?R3LDvMOfZQ==?=\r\n",
            "To: ann@example.com\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "\r\n\r\nHello & welcome\r\n",
            "\r\n\r\n<p>Hello &amp; welcome</p>\r\n",
            "multipart/alternative",
        ] {
            assert!(sent.contains(line), "{line} is not in\n{sent}");
        }
        assert!(sent.is_ascii());
        let plain = OutgoingMail { message: "1 < 2, für alle".to_owned(), ..mail() };
        let sent = super::tests::sent(&plain, true);
        assert!(sent.contains("text/plain; charset=utf-8") && !sent.contains("text/html"), "{sent}");
    }

    #[test]
    fn nothing_begins_another_header() {
        let injected = "\r\nBcc: eve@example.com\r\n\r\nBody";
        let mail = OutgoingMail { subject: format!("Hello{injected}"), ..mail() };
        let sent = sent(&mail, false);
        assert!(sent.contains("Subject: Hello Bcc: eve@example.com Body\r\n"), "{sent}");
        assert!(!sent.contains("\r\nBcc"), "{sent}");
        let from = sender(&format!("Company{injected}"), "billing@example.com").unwrap();
        let sent = String::from_utf8(compose(&mail, false, from, "").unwrap().bytes).unwrap();
        assert!(!sent.contains("\r\nBcc"), "{sent}");
        assert!(sender("Company", &format!("billing@example.com{injected}")).is_err());
        for to in [format!("ann@example.com{injected}"), "nobody".to_owned(), String::new(), " , ".to_owned()] {
            let mail = OutgoingMail { to, ..super::tests::mail() };
            compose(&mail, false, sender("", "billing@example.com").unwrap(), "").unwrap_err();
        }
    }

    #[test]
    fn copies_that_cannot_be_sent_are_left_out() {
        let mail = OutgoingMail {
            to: "Ann <ann@example.com>, nobody at all, bob@example.com".to_owned(),
            cc: "nobody, carl@example.com,x@y@z".to_owned(),
            bcc: "dora@example.com, eve\r\n@example.com".to_owned(),
            ..mail()
        };
        let composed = compose(&mail, false, sender("", "billing@example.com").unwrap(), "").unwrap();
        let shown = |addresses: &[Address]| addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(&composed.to), "ann@example.com bob@example.com");
        assert_eq!(shown(&composed.copies), "carl@example.com dora@example.com");
        let sent = String::from_utf8(composed.bytes).unwrap();
        assert!(sent.contains("Cc: carl@example.com\r\n") && !sent.contains("dora"), "{sent}");
    }
}
