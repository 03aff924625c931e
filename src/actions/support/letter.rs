//! Mails about tickets.

use sqlx::MySqlConnection;

use crate::domain::id::ClientId;
use crate::domain::time::Moment;
use crate::error::Result;
use crate::outbox::mail::Letter;
use crate::store::clients::client::Addressee;

/// How much of a subject and of a message a mail has room for, whatever must be escaped in them.
const SUBJECT_CHARACTERS: usize = 250;
const MESSAGE_CHARACTERS: usize = 8_000;

/// What a mail tells of a ticket.
#[derive(Debug)]
pub struct Told<'a> {
    /// Whose it is; a guest's has a name and an address instead.
    pub client: Option<ClientId>,
    pub name: &'a str,
    pub email: &'a str,
    pub number: &'a str,
    pub access_code: &'a str,
    /// When it was opened.
    pub opened: &'a str,
    pub department: &'a str,
    pub subject: &'a str,
    pub message: &'a str,
    pub status: &'a str,
    pub priority: &'a str,
}

/// Prepares a mail about a ticket to the client or the guest whose it is.
pub async fn letter(db: &mut MySqlConnection, template: &str, told: &Told<'_>, now: Moment) -> Result<Option<Letter>> {
    let letter = match told.client {
        Some(client) => Letter::to_client(db, template, client, now).await?,
        None => {
            let (first_name, email) = (told.name.to_owned(), told.email.to_owned());
            let guest = Addressee { first_name, email, ..Addressee::default() };
            Letter::to_addressee(db, template, guest, "", now).await?
        }
    };
    let Some(mut letter) = letter else { return Ok(None) };
    letter.set("ticket_id", told.number);
    letter.set("ticket_tid", told.number);
    letter.set("ticket_department", told.department);
    letter.set("ticket_subject", cut(told.subject, SUBJECT_CHARACTERS));
    letter.set("ticket_message", cut(told.message, MESSAGE_CHARACTERS));
    letter.set("ticket_status", told.status);
    letter.set("ticket_priority", told.priority);
    letter.set("ticket_code", told.access_code);
    letter.set_date("ticket_date_opened", told.opened);
    letter.set_ticket_link();
    Ok(Some(letter))
}

fn cut(text: &str, characters: usize) -> String {
    let end = text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    let dots = if end < text.len() { "..." } else { "" };
    format!("{}{dots}", &text[..end])
}
