//! Merging tickets: one of them gets the messages, files and notes of the others.

use super::sight::{Viewer, lock_ticket};
use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::TicketId;
use crate::events::{About, Event};
use crate::operations::{Context, OperationError};
use crate::store;
use crate::store::support::messages::Message;
use crate::store::support::{removal, tickets};
use crate::store::webhooks::events::raise;

/// Merges tickets into another one: their messages, replies, notes, tags and watchers become its own. They stay closed and
/// empty, and their numbers lead to it. Status, department and client of the ticket into which they are merged stay.
///
/// If one of `others`, the ids as they were sent, cannot be merged, none is.
pub async fn merge(context: Context<'_>, into: TicketId, others: &[&str], subject: Option<&str>) -> Result<()> {
    let viewer = Viewer::new(context.author, context.compat);
    // Always in the same order, so that two calls about the same tickets cannot wait for each other.
    let mut ids: Vec<TicketId> = others.iter().filter_map(|id| TicketId::parse(id)).chain([into]).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found: Vec<Message> = Vec::new();
    for &id in &ids {
        match lock_ticket(context.db, viewer, id).await {
            Ok(ticket) => found.push(ticket),
            Err(OperationError::Refused(_)) if id != into => {}
            Err(error) => return Err(error),
        }
    }
    let is_mergeable = |id: TicketId| id != into && found.iter().any(|ticket| ticket.ticket == id);
    let wrong = others.iter().filter(|id| !TicketId::parse(id).is_some_and(is_mergeable));
    let wrong: Vec<String> = wrong.map(|id| (*id).to_owned()).collect();
    if !wrong.is_empty() {
        return Err(Refusal::NotMergeable { ids: wrong }.into());
    }
    ids.retain(|id| *id != into);
    let earlier = removal::merged_into(context.db, &ids).await?;
    let master = found.iter().find(|ticket| ticket.ticket == into).ok_or(Refusal::TicketNotFound)?;
    let merged = || found.iter().filter(|ticket| ticket.ticket != into);

    let mut tx = context.write(Subject::Ticket(into)).await?;
    removal::merge(&mut tx, &ids, &earlier, into, subject).await?;
    let by = tx.author.name.clone();
    for ticket in merged() {
        let line = format!("Merged Into Ticket {} (by {by})", master.number);
        tickets::log(&mut tx, ticket.ticket, &line).await?;
    }
    let numbers: Vec<&str> = merged().map(|ticket| ticket.number.as_str()).collect();
    let line = format!("Merged Tickets {} (by {by})", numbers.join(", "));
    tickets::log(&mut tx, into, &line).await?;
    raise(&mut tx, About::Ticket(into), &Event::TicketMerge { into, merged: ids.clone() }).await?;
    let ids: Vec<String> = ids.iter().map(TicketId::to_string).collect();
    let line = format!("Merged Tickets {} Into Ticket ID: {into}", ids.join(", "));
    store::system::activity::log(&mut tx, master.client(), &line).await?;
    Ok(())
}
