//! Replies and notes of tickets (`tblticketreplies`, `tblticketnotes`).

use chrono::NaiveDateTime;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::page::Direction;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, ContactId, TicketId};
use crate::store::support::views::{AUTHORS, AUTHORS_FROM, WithAuthors};

statements! {
    ADD = "INSERT INTO tblticketreplies (tid, userid, contactid, name, email, `date`, message, admin, \
                                      attachment, rating, editor) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)";
    ADD_NOTE = "INSERT INTO tblticketnotes (ticketid, admin, `date`, message, attachments, editor) VALUES (?, ?, ?, ?, ?, ?)";
}

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

/// A reply of a ticket.
#[derive(Debug)]
pub struct TicketReplyRow {
    pub id: i64,
    pub client: i64,
    pub contact: i64,
    /// As stored: empty if a client wrote it.
    pub name: String,
    /// As stored: empty if a client wrote it.
    pub email: String,
    pub date: String,
    pub message: String,
    pub attachment: String,
    pub attachments_removed: bool,
    /// The name of the member of staff who wrote it, or empty.
    pub staff: String,
    pub rating: i64,
}

from_row!(TicketReplyRow {
    id,
    client,
    contact,
    name,
    email,
    date,
    message,
    attachment,
    attachments_removed,
    staff,
    rating
});

/// Returns a ticket's replies, ordered by id.
pub async fn list(
    db: &mut MySqlConnection,
    ticket: TicketId,
    order: Direction,
) -> sqlx::Result<Vec<WithAuthors<TicketReplyRow>>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(m.id AS SIGNED) AS id, CAST(m.userid AS SIGNED) AS client, \
                CAST(m.contactid AS SIGNED) AS contact, m.name, m.email, \
                COALESCE(CAST(m.date AS CHAR), '0000-00-00 00:00:00') AS `date`, m.message, m.attachment, \
                m.attachments_removed <> 0 AS attachments_removed, m.admin AS staff, \
                CAST(m.rating AS SIGNED) AS rating, ",
    );
    query.push(AUTHORS).push(" FROM tblticketreplies m ").push(AUTHORS_FROM);
    query.push(" WHERE m.tid = ").push_bind(ticket);
    query.push(if order == Direction::Ascending { " ORDER BY m.id" } else { " ORDER BY m.id DESC" });
    query.build_query_as().fetch_all(db).await
}

/// A note of a ticket.
#[derive(Debug)]
pub struct TicketNoteRow {
    pub id: i64,
    pub date: String,
    pub message: String,
    pub attachment: String,
    pub attachments_removed: bool,
    /// The name of the member of staff who wrote it.
    pub staff: String,
}

from_row!(TicketNoteRow { id, date, message, attachment, attachments_removed, staff });

/// Returns a ticket's notes, ordered by id.
pub async fn notes(db: &mut MySqlConnection, ticket: TicketId) -> sqlx::Result<Vec<TicketNoteRow>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(`date` AS CHAR), '0000-00-00 00:00:00') AS `date`, message, \
                attachments AS attachment, attachments_removed <> 0 AS attachments_removed, admin AS staff \
         FROM tblticketnotes WHERE ticketid = ? ORDER BY id",
    )
    .bind(ticket)
    .fetch_all(db)
    .await
}
