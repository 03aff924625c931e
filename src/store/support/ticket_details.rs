//! One ticket with its replies and notes (`tbltickets`, `tblticketreplies`, `tblticketnotes`).

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, QueryBuilder, Row};

use super::views::{AUTHORS, AUTHORS_FROM, DEPARTMENT, TICKET, TicketRow, WithAuthors};
use crate::domain::id::TicketId;
use crate::domain::ticket::Authors;

/// A ticket with its replies, the oldest first, and its notes by id.
#[derive(Debug)]
pub struct TicketDetails {
    pub ticket: WithAuthors<TicketRow>,
    pub replies: Vec<WithAuthors<TicketReplyRow>>,
    pub notes: Vec<TicketNoteRow>,
}

/// A reply of a ticket.
#[derive(Debug)]
pub struct TicketReplyRow {
    pub id: i64,
    pub client: i64,
    pub contact: i64,
    pub date: String,
    pub message: String,
    pub attachment: String,
    pub attachments_removed: bool,
    /// The name of the member of staff who wrote it, or empty.
    pub staff: String,
    pub rating: i64,
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

/// A row of the statement.
enum Part {
    Ticket(Box<WithAuthors<TicketRow>>),
    Reply(Box<WithAuthors<TicketReplyRow>>),
    Note(TicketNoteRow),
}

impl<'r> FromRow<'r, MySqlRow> for Part {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        match row.try_get::<&str, _>("part")? {
            "ticket" => WithAuthors::from_row(row).map(Box::new).map(Part::Ticket),
            "reply" => {
                let reply = WithAuthors { row: reply(row)?, authors: Authors::from_row(row)? };
                Ok(Part::Reply(Box::new(reply)))
            }
            _ => note(row).map(Part::Note),
        }
    }
}

fn reply(row: &MySqlRow) -> sqlx::Result<TicketReplyRow> {
    Ok(TicketReplyRow {
        id: row.try_get("id")?,
        client: row.try_get("client")?,
        contact: row.try_get("contact")?,
        date: row.try_get("date")?,
        message: row.try_get("message")?,
        attachment: row.try_get("attachment")?,
        attachments_removed: row.try_get("attachments_removed")?,
        staff: row.try_get("staff")?,
        rating: row.try_get("rating")?,
    })
}

fn note(row: &MySqlRow) -> sqlx::Result<TicketNoteRow> {
    Ok(TicketNoteRow {
        id: row.try_get("id")?,
        date: row.try_get("date")?,
        message: row.try_get("message")?,
        attachment: row.try_get("attachment")?,
        attachments_removed: row.try_get("attachments_removed")?,
        staff: row.try_get("staff")?,
    })
}

/// The columns of a reply before those of its authors, in the order of [`TICKET`].
const REPLY: &str = "SELECT CAST(m.id AS SIGNED), NULL, NULL, NULL, NULL, CAST(m.userid AS SIGNED), \
            CAST(m.contactid AS SIGNED), NULL, COALESCE(CAST(m.date AS CHAR), '0000-00-00 00:00:00'), NULL, NULL, NULL, \
            CONVERT(m.admin USING utf8mb4) COLLATE utf8mb4_unicode_ci, \
            CONVERT(m.attachment USING utf8mb4) COLLATE utf8mb4_unicode_ci, m.attachments_removed <> 0, NULL, NULL, NULL, \
            CONVERT(m.message USING utf8mb4) COLLATE utf8mb4_unicode_ci, ";

/// A note, likewise.
const NOTE: &str = "SELECT CAST(id AS SIGNED), NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
            COALESCE(CAST(`date` AS CHAR), '0000-00-00 00:00:00'), NULL, NULL, NULL, admin, attachments, \
            attachments_removed <> 0, NULL, NULL, NULL, message, \
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'note' \
     FROM tblticketnotes WHERE ticketid = ";

/// Returns the notes of a ticket, the oldest first.
pub async fn notes(db: &mut MySqlConnection, ticket: TicketId) -> sqlx::Result<Vec<TicketNoteRow>> {
    let statement = "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(`date` AS CHAR), '0000-00-00 00:00:00') AS `date`, message, \
                            attachments AS attachment, attachments_removed <> 0 AS attachments_removed, admin AS staff \
                     FROM tblticketnotes WHERE ticketid = ? ORDER BY tblticketnotes.`date`, id";
    let rows = sqlx::query(statement).bind(ticket).fetch_all(db).await?;
    rows.iter().map(note).collect()
}

/// Reads a ticket with its replies and notes.
///
/// Each row is the ticket, a reply or a note, as `part` says; see [`crate::store::billing::invoice_details`].
pub async fn find(db: &mut MySqlConnection, id: TicketId) -> sqlx::Result<Option<TicketDetails>> {
    let mut query = QueryBuilder::new("SELECT ");
    query
        .push(TICKET)
        .push(", m.message, ")
        .push(AUTHORS)
        .push(", NULL AS rating, 'ticket' AS part FROM tbltickets m ");
    query.push(DEPARTMENT).push(" ").push(AUTHORS_FROM).push(" WHERE m.id = ").push_bind(id).push(" UNION ALL ");
    query.push(REPLY).push(AUTHORS).push(", CAST(m.rating AS SIGNED), 'reply' FROM tblticketreplies m ");
    query.push(AUTHORS_FROM).push(" WHERE m.tid = ").push_bind(id).push(" UNION ALL ");
    query.push(NOTE).push_bind(id);
    let parts: Vec<Part> = query.build_query_as().fetch_all(db).await?;

    let (mut ticket, mut replies, mut notes) = (None, Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Ticket(row) => ticket = Some(*row),
            Part::Reply(reply) => replies.push(*reply),
            Part::Note(note) => notes.push(note),
        }
    }
    // A merged ticket's messages have later ids than earlier messages of the ticket into which it was merged.
    replies.sort_unstable_by(|a, b| (&a.row.date, a.row.id).cmp(&(&b.row.date, b.row.id)));
    notes.sort_unstable_by_key(|note| note.id);
    Ok(ticket.map(|ticket| TicketDetails { ticket, replies, notes }))
}
