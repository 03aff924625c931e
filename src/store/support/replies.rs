//! New replies and notes of tickets (`tblticketreplies`, `tblticketnotes`).

use chrono::NaiveDateTime;

use crate::database::writer::Writer;
use crate::domain::id::{ClientId, ContactId, TicketId};

const ADD: &str = "INSERT INTO tblticketreplies (tid, userid, contactid, name, email, `date`, message, admin, \
                                  attachment, rating, editor) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
const ADD_NOTE: &str =
    "INSERT INTO tblticketnotes (ticketid, admin, `date`, message, attachments, editor) VALUES (?, ?, ?, ?, ?, ?)";

/// A reply to insert.
#[derive(Debug)]
pub struct NewReply<'a> {
    pub ticket: TicketId,
    pub client: Option<ClientId>,
    pub contact: Option<ContactId>,
    /// For guests only.
    pub name: &'a str,
    /// For guests only.
    pub email: &'a str,
    pub date: NaiveDateTime,
    pub message: &'a str,
    /// The name of the member of staff who wrote it, or empty.
    pub staff: &'a str,
    /// The names of the stored files, as [`crate::attachments`] returns them.
    pub attachment: &'a str,
    pub editor: &'a str,
}

/// Inserts a reply and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewReply<'_>) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD)
        .bind(new.ticket)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(new.contact.map_or(0, |contact| contact.0))
        .bind(new.name)
        .bind(new.email)
        .bind(new.date)
        .bind(new.message)
        .bind(new.staff)
        .bind(new.attachment)
        .bind(new.editor);
    tx.insert(insert).await
}

/// A note to insert.
#[derive(Debug)]
pub struct NewNote<'a> {
    pub ticket: TicketId,
    /// The name of the member of staff who wrote it.
    pub staff: &'a str,
    pub date: NaiveDateTime,
    pub message: &'a str,
    /// The names of the stored files, as [`crate::attachments`] returns them.
    pub attachment: &'a str,
    pub editor: &'a str,
}

pub async fn add_note(tx: &mut Writer<'_>, new: &NewNote<'_>) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_NOTE)
        .bind(new.ticket)
        .bind(new.staff)
        .bind(new.date)
        .bind(new.message)
        .bind(new.attachment)
        .bind(new.editor);
    tx.execute(insert).await.map(|_| ())
}
