//! Mails about tickets, to the client or guest to whom the ticket belongs.

use sqlx::MySqlConnection;

use crate::config::Links;
use crate::domain::entities::floor_boundary;
use crate::domain::id::ClientId;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::mail::MailDraft;
use crate::store::clients::client::Addressee;
use crate::store::support::departments::Department;

/// Maximum lengths of a subject and a message in a mail, which fit even if every character is escaped.
const SUBJECT_CHARACTERS: usize = 250;
const MESSAGE_CHARACTERS: usize = 8_000;

/// The fields of a mail about a ticket.
#[derive(Debug)]
pub struct TicketMail<'a> {
    /// The client to whom the ticket belongs; a guest has a name and an address instead.
    pub client: Option<ClientId>,
    pub name: &'a str,
    pub email: &'a str,
    pub number: &'a str,
    pub access_code: &'a str,
    /// When the ticket was opened.
    pub opened: &'a str,
    pub department: Option<&'a Department>,
    pub subject: &'a str,
    pub message: &'a str,
    pub status: &'a str,
    pub priority: &'a str,
}

impl TicketMail<'_> {
    /// Prepares the mail from the template with this name. Returns `None` if there is no recipient.
    pub async fn prepare(
        &self,
        db: &mut MySqlConnection,
        template: &str,
        links: &Links,
        now: Moment,
    ) -> Result<Option<MailDraft>> {
        let draft = match self.client {
            Some(client) => MailDraft::to_client(db, template, client, now).await?,
            None => {
                let (first_name, email) = (self.name.to_owned(), self.email.to_owned());
                let guest = Addressee { first_name, email, ..Addressee::default() };
                MailDraft::to_addressee(db, template, guest, "", now).await?
            }
        };
        let Some(mut draft) = draft else { return Ok(None) };
        draft.set("ticket_id", self.number);
        draft.set("ticket_tid", self.number);
        draft.set("ticket_department", self.department.map_or("", |department| &department.name));
        draft.set("ticket_subject", shortened(self.subject, SUBJECT_CHARACTERS));
        draft.set("ticket_message", shortened(self.message, MESSAGE_CHARACTERS));
        draft.set("ticket_status", self.status);
        draft.set("ticket_priority", self.priority);
        draft.set("ticket_code", self.access_code);
        draft.set_date("ticket_date_opened", self.opened);
        draft.set_ticket_link(links);
        draft.set_reply_to(self.department.map_or("", |department| &department.email));
        Ok(Some(draft))
    }
}

fn shortened(text: &str, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| floor_boundary(text, at));
    let dots = if end < text.len() { "..." } else { "" };
    format!("{}{dots}", &text[..end])
}
