//! The end of invoices that nobody pays.

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::InvoiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::billing::cancel_overdue;
use crate::store::automation::overdue;

pub struct InvoiceCancellations;

impl Task for InvoiceCancellations {
    const NAME: &'static str = "invoice_cancellations";
    const SUMMARY: &'static str = "Cancels invoices that have been overdue for long.";
    const COUNTS: &'static [&'static str] = &["cancelled"];

    fn is_on(&self, settings: &Automation) -> bool {
        settings.cancel_invoice_days > 0
    }

    /// None after days on which nothing ran, since the clients could not be reminded.
    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        if day.is_catching_up {
            return Ok(Vec::new());
        }
        Ok(overdue::unpaid_until(db, day.minus(settings.cancel_invoice_days)).await?)
    }

    /// The unit is an invoice.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        Ok(counted("cancelled", cancel_overdue(context, InvoiceId(unit), day.date).await?))
    }
}
