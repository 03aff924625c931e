//! The end of invoices that nobody pays.

use chrono::NaiveDate;

use super::{Unpaid, after, lock_unpaid};
use crate::database::writer::Subject;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::operations::billing::{Refusal, raise_status};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::invoices;

/// Cancels an invoice that has been overdue for as long as the settings say, unless money belongs to it. Returns whether it was
/// cancelled.
pub async fn cancel_overdue(mut context: Context<'_>, id: InvoiceId, today: NaiveDate) -> Result<bool, Refusal> {
    let Some(Unpaid { invoice, due, .. }) = lock_unpaid(&mut context, id).await? else { return Ok(false) };
    let days = context.settings.automation.cancel_invoice_days;
    let client = invoice.client.id;
    let is_time = days > 0 && today >= after(due, days);
    if !is_time || !invoices::is_without_payments(context.db, id, client).await? {
        return Ok(false);
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    let is_cancelled = invoices::cancel_unpaid(&mut tx, id, client).await?;
    if is_cancelled {
        let line = format!("Cancelled Invoice - Invoice ID: {id}");
        store::system::activity::log(&mut tx, Some(client), &line).await?;
        raise_status(&mut tx, client, id, Status::Cancelled).await?;
    }
    Ok(is_cancelled)
}
