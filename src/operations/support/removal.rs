//! Deleting tickets, replies and notes, with their files: these are removed once the transaction is committed.

use super::sight::{Viewer, lock_message, lock_ticket};
use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{TicketId, TicketNoteId, TicketReplyId};
use crate::domain::ticket::stored_files;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::store;
use crate::store::support::messages::{Message, MessageKey};
use crate::store::support::{messages, removal, tickets};
use crate::store::webhooks::events::raise;

/// A ticket that is to be deleted, with the tickets that were merged into it and the files of all.
#[derive(Debug)]
pub(super) struct Doomed {
    tickets: Vec<TicketId>,
    files: Vec<String>,
}

/// Deletes a ticket with its replies, notes and files, and the tickets that were merged into it.
pub async fn delete_ticket(context: Context<'_>, id: TicketId) -> Result<()> {
    let ticket = lock_ticket(context.db, Viewer::new(context.author, context.compat), id).await?;
    let doomed = Doomed::read(context.db, id).await?;

    context.attachments.remove_after_commit(doomed.files.clone());
    let mut tx = context.write(Subject::Ticket(id)).await?;
    doomed.delete(&mut tx, &ticket).await
}

impl Doomed {
    /// Reads what belongs to a ticket that is locked.
    pub(super) async fn read(db: &mut Lease, id: TicketId) -> Result<Doomed> {
        let mut tickets = vec![id];
        tickets.extend(removal::merged_into(db, &[id]).await?);
        let columns = removal::files(db, &tickets).await?;
        Ok(Doomed {
            tickets,
            files: columns.iter().flat_map(|column| stored_files(column)).map(str::to_owned).collect(),
        })
    }

    /// The names of the files that are to be removed after the commit.
    pub(super) fn files(&self) -> Vec<String> {
        self.files.clone()
    }

    pub(super) async fn delete(&self, tx: &mut Writer<'_>, ticket: &Message) -> Result<()> {
        removal::delete(tx, &self.tickets).await?;
        let line = format!("Deleted Ticket - Ticket ID: {} - Ticket Number: {}", ticket.ticket, ticket.number);
        store::system::activity::log(tx, ticket.client(), &line).await?;
        let (ticket, staff) = (ticket.ticket, tx.author.admin);
        Ok(raise(tx, About::Ticket(ticket), &Event::TicketDelete { ticket, staff }).await?)
    }
}

/// Deletes a reply of a ticket, with its files.
pub async fn delete_reply(context: Context<'_>, ticket: TicketId, id: TicketReplyId) -> Result<()> {
    let viewer = Viewer::new(context.author, context.compat);
    lock_ticket(context.db, viewer, ticket).await?;
    let reply = lock_message(context.db, viewer, MessageKey::Reply(id)).await?;
    if reply.ticket != ticket {
        return Err(Refusal::ReplyNotFound.into());
    }

    context.attachments.remove_after_commit(files(&reply));
    let mut tx = context.write(Subject::Ticket(ticket)).await?;
    messages::delete_reply(&mut tx, id).await?;
    messages::refresh_last_reply(&mut tx, ticket).await?;
    log(&mut tx, &reply, &format!("Deleted Ticket Reply (ID: {id})")).await?;
    let event = Event::TicketDeleteReply { ticket, reply: id, staff: tx.author.admin };
    Ok(raise(&mut tx, About::Ticket(ticket), &event).await?)
}

/// Deletes a note of a ticket, with its files.
pub async fn delete_note(context: Context<'_>, id: TicketNoteId) -> Result<()> {
    let viewer = Viewer::new(context.author, context.compat);
    let note = lock_message(context.db, viewer, MessageKey::Note(id)).await?;

    context.attachments.remove_after_commit(files(&note));
    let mut tx = context.write(Subject::Ticket(note.ticket)).await?;
    messages::delete_note(&mut tx, id).await?;
    tickets::touch(&mut tx, note.ticket).await?;
    log(&mut tx, &note, &format!("Deleted Ticket Note (ID: {id})")).await
}

fn files(message: &Message) -> Vec<String> {
    stored_files(&message.files).map(str::to_owned).collect()
}

async fn log(tx: &mut Writer<'_>, message: &Message, event: &str) -> Result<()> {
    let line = format!("{event} (by {})", tx.author.name);
    tickets::log(tx, message.ticket, &line).await?;
    let line = format!("{event} - Ticket ID: {}", message.ticket);
    store::system::activity::log(tx, message.client(), &line).await?;
    Ok(())
}
