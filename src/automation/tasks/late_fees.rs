//! Fees for paying late.

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::InvoiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::billing::add_late_fee;
use crate::store::automation::overdue;

pub struct LateFees;

impl Task for LateFees {
    const NAME: &'static str = "late_fees";
    const SUMMARY: &'static str = "Adds late fees to overdue invoices.";
    const COUNTS: &'static [&'static str] = &["added"];
    const IS_OF_TODAY: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        let is_free = settings.late_fee.0.is_zero() && settings.late_fee_percentage.0.decimal().is_zero();
        settings.late_fee_days > 0 && !is_free
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let until = day.minus(settings.late_fee_days);
        let from = day.minus(settings.late_fee_days.saturating_add(settings.notice_catch_up_days));
        Ok(overdue::without_fee(db, from, until).await?)
    }

    /// The unit is an invoice.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        Ok(counted("added", add_late_fee(context, InvoiceId(unit), day.date).await?))
    }
}
