//! Notes on tickets, which only staff read.

use super::message::editor;
use super::{NewMessage, Result};
use crate::database::writer::Subject;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::store;
use crate::store::support::replies::NewNote;
use crate::store::support::tickets::LockedTicket;
use crate::store::webhooks::events::raise;

/// Adds a note by the author of the call to a ticket that [`lock`](super::lock) has locked.
pub async fn add_note(context: Context<'_>, ticket: &LockedTicket, message: NewMessage) -> Result<()> {
    let NewMessage { text, is_markdown, created, files } = message;
    let staff = store::system::staff::member(context.db, context.author.admin).await?.map(|member| member.name());

    let attachment = files.store(context.attachments).await?;
    let mut tx = context.write(Subject::Ticket(ticket.id)).await?;
    let note = NewNote {
        ticket: ticket.id,
        staff: staff.as_ref().unwrap_or(&tx.author.name),
        date: created.local(),
        message: &text,
        attachment: &attachment,
        editor: editor(is_markdown),
    };
    store::support::replies::add_note(&mut tx, &note).await?;
    store::support::tickets::touch(&mut tx, ticket.id).await?;
    store::support::tickets::log(&mut tx, ticket.id, &format!("Ticket Note Added (by {})", note.staff)).await?;
    let line = format!("Added Ticket Note - Ticket ID: {}", ticket.id);
    store::system::activity::log(&mut tx, ticket.client(), &line).await?;
    let event = Event::TicketAddNote { ticket: ticket.id, message: &text, staff: tx.author.admin };
    raise(&mut tx, About::Ticket(ticket.id), &event).await?;
    Ok(())
}
