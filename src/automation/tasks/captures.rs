//! Charges of unpaid invoices to stored ways to pay.

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::InvoiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::billing::{capture_dates, capture_due};
use crate::store::automation::overdue;

pub struct Captures;

impl Task for Captures {
    const NAME: &'static str = "captures";
    const SUMMARY: &'static str = "Charges unpaid invoices to the ways to pay that gateways have stored.";
    const COUNTS: &'static [&'static str] = &["requested"];

    fn is_on(&self, settings: &Automation) -> bool {
        settings.captures
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let (from, until) = capture_dates(settings, day.date);
        Ok(overdue::chargeable(db, from, until, day.date, settings.capture_once).await?)
    }

    /// The unit is an invoice.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        Ok(counted("requested", capture_due(context, InvoiceId(unit), day.date).await?))
    }
}
