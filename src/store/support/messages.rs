//! The messages of tickets: those that opened them, replies and notes, each with what decides who may see it.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId, TicketNoteId, TicketReplyId};

/// The columns of a message: `$id` and its files are in the table with the alias `$own`.
macro_rules! message {
    ($own:literal, $files:literal, $from:literal) => {
        concat!(
            "SELECT CAST(t.id AS SIGNED) AS ticket, COALESCE(t.tid, '') AS number, CAST(t.did AS SIGNED) AS department, \
                    CAST(t.userid AS SIGNED) AS client, t.email, t.merged_ticket_id <> 0 AS is_merged, ",
            $own, ".", $files, " AS files, ", $own, ".attachments_removed <> 0 AS are_files_removed, \
                    COALESCE((SELECT a.supportdepts FROM tbladmins a WHERE a.id = ?), '') AS assigned \
             FROM ", $from, " WHERE ", $own, ".id = ?"
        )
    };
}

const OF_TICKET: &str = message!("t", "attachment", "tbltickets t");
const OF_REPLY: &str = message!("r", "attachment", "tblticketreplies r JOIN tbltickets t ON t.id = r.tid");
const OF_NOTE: &str = message!("n", "attachments", "tblticketnotes n JOIN tbltickets t ON t.id = n.ticketid");
const UPDATE_REPLY: &str = "UPDATE tblticketreplies SET message = ?, editor = COALESCE(?, editor), `date` = COALESCE(?, `date`) \
     WHERE id = ?";
const DELETE_REPLY: &str = "DELETE FROM tblticketreplies WHERE id = ?";
const DELETE_NOTE: &str = "DELETE FROM tblticketnotes WHERE id = ?";
const LAST_REPLY: &str = "UPDATE tbltickets SET lastreply = COALESCE((SELECT MAX(r.date) FROM tblticketreplies r WHERE r.tid = ?), `date`), \
            updated_at = ? WHERE id = ?";

/// A message of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKey {
    /// The message that opened the ticket.
    Opening(TicketId),
    Reply(TicketReplyId),
    Note(TicketNoteId),
}

/// A message with what decides who may see it.
#[derive(Debug)]
pub struct Message {
    pub ticket: TicketId,
    /// The number that clients see.
    pub number: String,
    pub department: DepartmentId,
    /// The client to whom the ticket belongs, or 0.
    pub client: i64,
    /// The address of the guest who opened the ticket.
    pub email: String,
    /// Whether the ticket was merged into another one.
    pub is_merged: bool,
    /// The names of the stored files, separated by `|`.
    pub files: String,
    pub are_files_removed: bool,
    /// The departments of the member of staff who asks, separated by commas.
    pub assigned: String,
}

from_row!(Message { ticket, number, department, client, email, is_merged, files, are_files_removed, assigned });

impl Message {
    /// The client; `None` if a guest opened the ticket.
    pub fn client(&self) -> Option<ClientId> {
        (self.client != 0).then_some(ClientId(self.client))
    }
}

/// Finds a message, for this member of staff.
pub async fn find(db: &mut MySqlConnection, key: MessageKey, staff: AdminId) -> sqlx::Result<Option<Message>> {
    let (statement, id) = match key {
        MessageKey::Opening(id) => (OF_TICKET, id.0),
        MessageKey::Reply(id) => (OF_REPLY, id.0),
        MessageKey::Note(id) => (OF_NOTE, id.0),
    };
    sqlx::query_as(statement).bind(staff).bind(id).fetch_optional(db).await
}

/// Changes to a reply; `None` leaves a field as it is.
#[derive(Debug)]
pub struct ReplyChanges<'a> {
    pub message: &'a str,
    pub editor: Option<&'static str>,
    pub date: Option<NaiveDateTime>,
}

pub async fn update_reply(tx: &mut Writer<'_>, id: TicketReplyId, changes: &ReplyChanges<'_>) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE_REPLY).bind(changes.message).bind(changes.editor).bind(changes.date).bind(id);
    tx.execute(change).await.map(|_| ())
}

pub async fn delete_reply(tx: &mut Writer<'_>, id: TicketReplyId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE_REPLY).bind(id)).await.map(|_| ())
}

pub async fn delete_note(tx: &mut Writer<'_>, id: TicketNoteId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE_NOTE).bind(id)).await.map(|_| ())
}

/// Updates the time of a ticket's last reply after one was changed or deleted.
pub async fn refresh_last_reply(tx: &mut Writer<'_>, ticket: TicketId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(LAST_REPLY).bind(ticket).bind(utc).bind(ticket)).await.map(|_| ())
}
