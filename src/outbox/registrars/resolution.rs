//! What an operator has found out about a command whose outcome was unknown.

use super::instruction::{Exchange, Instruction};
use super::recording;
use super::sending::moves_due_date;
use crate::config::Compat;
use crate::database::lease::Lease;
use crate::domain::Author;
use crate::domain::domains::registrar::CarriedOut;
use crate::domain::id::{AdminId, DomainId};
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::kind::EntryState;
use crate::store::domains::registered;
use crate::store::system::outbox::Entry;

/// Records that a command was carried out, as if the registrar had said so, or that it was not. Returns the id of its row in the
/// queue, or `None` if this version cannot read the command.
pub async fn record(
    db: &mut Lease,
    entry: &Entry,
    new_state: &EntryState,
    compat: &Compat,
    now: Moment,
) -> Result<Option<i64>> {
    let Some(mut instruction) = Instruction::read(&entry.payload) else { return Ok(None) };
    instruction.author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let done = match (new_state, registered::find(db, DomainId(entry.subject_id)).await?) {
        (EntryState::Done, Some(domain)) => Some(CarriedOut {
            command: instruction.command,
            years: instruction.years(db, &domain).await?,
            is_pending: false,
            expires: None,
            moves_due_date: moves_due_date(compat.renewal_due_date, instruction.command, &instruction.payload),
        }),
        _ => None,
    };
    let exchange = Exchange::new(Some(instruction), done);
    Ok(Some(recording::record(db, entry, &exchange, new_state, compat, now).await?))
}
