//! What became of a command to a gateway: booked, and recorded where people look for it.

use super::Receipt;
use super::books::{Books, Charged, Settled};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::payments::Command;
use crate::domain::time::Moment;
use crate::fault::Result;
use crate::outbox::kind::EntryState;
use crate::store;
use crate::store::billing::charges::{self, Charge};
use crate::store::system::outbox::Entry;

/// The end of an attempt at a command, or of the doubt about it.
pub(super) struct ChargeEnd<'e> {
    pub charge: &'e Charge,
    pub new_state: &'e EntryState,
    /// What the gateway has answered.
    pub charged: Option<&'e Charged>,
    /// The gateway's answer for the log, without secrets.
    pub response: &'e str,
}

impl ChargeEnd<'_> {
    pub async fn record(&self, db: &mut Lease, books: &impl Books, author: &Author, now: Moment) -> Result<()> {
        let ChargeEnd { charge, new_state, charged, response } = *self;
        let settled = match (new_state, charged) {
            (EntryState::Done, Some(charged)) | (EntryState::Failed(_), Some(charged @ Charged::Declined)) => {
                Some(books.book(db, charge, charged, author, now).await?)
            }
            _ => None,
        };
        let client = ClientId(charge.client);
        let mut tx = Writer::resume(db, author, now, Subject::Client(client)).await?;
        let (state, result) = match (settled, new_state) {
            (Some(Settled::Pending), _) => ("pending", "Pending"),
            (Some(Settled::Succeeded), _) | (None, EntryState::Done) => ("succeeded", "Successful"),
            (None, EntryState::Retry { .. }) => ("sent", "Unknown"),
            (None, EntryState::Unknown(_)) => ("unknown", "Unknown"),
            (Some(Settled::Failed), _) | (None, EntryState::Failed(_) | EntryState::Superseded) => ("failed", "Failed"),
        };
        let transaction = match charged {
            Some(Charged::Done(receipt) | Charged::Pending(receipt)) => &*receipt.transaction,
            Some(Charged::Declined) | None => "",
        };
        charges::end(&mut tx, charge.id, state, transaction).await?;
        let reason = new_state.reason();
        let data = [reason, response].iter().filter(|text| !text.is_empty()).copied().collect::<Vec<_>>().join("\n");
        charges::log(&mut tx, &charge.gateway, &data, result).await?;
        let title = charge.command().map_or("Charge", Command::title);
        let about = charges::open_subject(charge).replace(':', " ");
        let line = match reason {
            "" => format!("Gateway {title} {result} - {about} - Amount: {}", charge.amount),
            reason => format!("Gateway {title} {result} - {about} - Amount: {} - Reason: {reason}", charge.amount),
        };
        store::system::activity::log(&mut tx, Some(client), &line).await?;
        Ok(())
    }
}

/// Records what an operator has found out about a command whose outcome was unknown: that the gateway has carried it out, with
/// the gateway's id of that, or that it has not. Returns the id of the charge, or `None` if it is gone.
pub async fn resolve(
    db: &mut Lease,
    entry: &Entry,
    new_state: &EntryState,
    transaction: &str,
    books: &impl Books,
    now: Moment,
) -> Result<Option<i64>> {
    let Some(charge) = charges::find(db, entry.record_id).await? else { return Ok(None) };
    let operator = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let receipt = Receipt { transaction: transaction.to_owned(), ..Receipt::default() };
    let charged = (*new_state == EntryState::Done).then_some(Charged::Done(receipt));
    let end = ChargeEnd { charge: &charge, new_state, charged: charged.as_ref(), response: "" };
    end.record(db, books, &operator, now).await?;
    Ok(Some(charge.id))
}
