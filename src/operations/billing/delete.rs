//! Deleting invoices.

use super::update::{InvoiceUpdate, update_invoice};
use super::{LockedInvoice, Refusal};
use crate::database::writer::Subject;
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::charges;

/// What became of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    Deleted,
    Cancelled,
}

/// Deletes a draft, an unpaid or a cancelled invoice with its lines. One with payments, refunds or credit is part of the books: it
/// is cancelled instead, and its credit returns to the balance.
pub async fn delete_invoice(context: Context<'_>, invoice: &LockedInvoice) -> Result<Removal, Refusal> {
    let LockedInvoice { client, balance, .. } = invoice;
    let id = balance.id;
    let is = |status| balance.has_status(status);
    if ![Status::Draft, Status::Unpaid, Status::Cancelled].into_iter().any(is) {
        return Err(Refusal::InvoiceNotDeletable.into());
    }
    if charges::is_open(context.db, Command::Capture, id.0).await? {
        return Err(Refusal::ChargeOpen.into());
    }
    if !store::billing::invoices::is_without_payments(context.db, id, client.id).await? {
        if !is(Status::Cancelled) {
            let (status, credit) = (Some(Status::Cancelled), Some(Money::ZERO));
            let cancellation = InvoiceUpdate { status, credit, ..InvoiceUpdate::default() };
            update_invoice(context, invoice, cancellation).await?;
        }
        return Ok(Removal::Cancelled);
    }
    let mut tx = context.write(Subject::Client(client.id)).await?;
    store::billing::invoices::delete_if_without_payments(&mut tx, id, client.id).await?;
    store::billing::terms::forget_billed(&mut tx, id).await?;
    store::system::activity::log(&mut tx, Some(client.id), &format!("Deleted Invoice - Invoice ID: {id}")).await?;
    Ok(Removal::Deleted)
}
