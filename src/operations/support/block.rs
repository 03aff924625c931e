//! Blocking the senders of tickets.

use super::removal::Doomed;
use super::sight::{Viewer, lock_ticket};
use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::entities::decoded;
use crate::domain::id::TicketId;
use crate::operations::Context;
use crate::store;
use crate::store::support::{spam_filters, tickets};

/// Blocks the guest who opened a ticket: mails from this address are refused from then on. Deletes the ticket on request.
pub async fn block_sender(context: Context<'_>, id: TicketId, deletes: bool) -> Result<()> {
    let ticket = lock_ticket(context.db, Viewer::new(context.author, context.compat), id).await?;
    if ticket.client().is_some() {
        return Err(Refusal::SenderIsClient.into());
    }
    let email = decoded(&ticket.email).trim().to_owned();
    let doomed = if deletes { Some(Doomed::read(context.db, id).await?) } else { None };
    if !email.is_empty() {
        // Another ticket of the same guest may be blocked at the same time.
        context.db.lock(Subject::address(&email)).await?;
    }

    if let Some(doomed) = &doomed {
        context.attachments.remove_after_commit(doomed.files());
    }
    let mut tx = context.write(Subject::Ticket(id)).await?;
    // A filter without an address would match every mail.
    if !email.is_empty() {
        spam_filters::block_sender(&mut tx, &email).await?;
        let line = format!("Blocked Sender {email} (by {})", tx.author.name);
        tickets::log(&mut tx, id, &line).await?;
        let line = format!("Blocked Ticket Sender - {email} - Ticket ID: {id}");
        store::system::activity::log(&mut tx, None, &line).await?;
    }
    if let Some(doomed) = doomed {
        doomed.delete(&mut tx, &ticket).await?;
    }
    Ok(())
}
