//! Changing replies.

use super::message::editor;
use super::sight::{Viewer, lock_message};
use super::{CreationTime, Result};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::TicketReplyId;
use crate::operations::Context;
use crate::store;
use crate::store::support::messages::{self, Message, MessageKey, ReplyChanges};
use crate::store::support::tickets;

/// The changes of a reply.
#[derive(Debug)]
pub struct ReplyUpdate {
    pub message: String,
    /// Whether the message is in Markdown; `None` leaves that as it is.
    pub is_markdown: Option<bool>,
    pub created: Option<CreationTime>,
}

/// Finds a reply and locks its ticket.
pub async fn lock_reply(db: &mut Lease, viewer: Viewer, id: TicketReplyId) -> Result<Message> {
    lock_message(db, viewer, MessageKey::Reply(id)).await
}

/// Changes a reply that [`lock_reply`] has locked. No mail is sent.
pub async fn update_reply(context: Context<'_>, reply: &Message, id: TicketReplyId, update: ReplyUpdate) -> Result<()> {
    let changes = ReplyChanges {
        message: &update.message,
        editor: update.is_markdown.map(editor),
        date: update.created.map(CreationTime::local),
    };
    let mut tx = context.write(Subject::Ticket(reply.ticket)).await?;
    messages::update_reply(&mut tx, id, &changes).await?;
    messages::refresh_last_reply(&mut tx, reply.ticket).await?;
    let line = format!("Modified Ticket Reply (ID: {id}) (by {})", tx.author.name);
    tickets::log(&mut tx, reply.ticket, &line).await?;
    let line = format!("Modified Ticket Reply (ID: {id}) - Ticket ID: {}", reply.ticket);
    store::system::activity::log(&mut tx, reply.client(), &line).await?;
    Ok(())
}
