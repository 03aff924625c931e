//! What becomes of invoices that are not paid: by their due dates, they are charged, reminded of, raised by a fee, and cancelled.

mod cancellation;
mod capture;
mod late_fee;
mod notices;

use chrono::{Days, NaiveDate};

use super::{LockedInvoice, Refusal, lock_invoice};
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::domain::time::parse_date;
use crate::operations::{Context, Result};
use crate::store::automation::overdue::{self, UnpaidRow};

pub use cancellation::cancel_overdue;
pub use capture::{capture_dates, capture_due};
pub use late_fee::add_late_fee;
pub use notices::{NoticeOutcome, due_notices, send_notice, sends_overdue_notices};

/// An unpaid invoice that is locked, with what decides on it.
struct Unpaid {
    invoice: LockedInvoice,
    row: UnpaidRow,
    due: NaiveDate,
}

/// Locks an invoice, and returns it if it is unpaid and something is left to pay.
async fn lock_unpaid(context: &mut Context<'_>, id: InvoiceId) -> Result<Option<Unpaid>, Refusal> {
    let invoice = lock_invoice(context.db, id).await?;
    if !invoice.balance.has_status(Status::Unpaid) || !invoice.state.due().is_positive() {
        return Ok(None);
    }
    let pending_days = context.settings.automation.capture_pending_days;
    let now = context.now.utc();
    let pending_since = now.checked_sub_days(Days::new(pending_days)).unwrap_or(now);
    let Some(row) = overdue::details(context.db, id, pending_since).await? else { return Ok(None) };
    Ok(parse_date(&row.due).map(|due| Unpaid { invoice, row, due }))
}

/// The first and the last day of the database's calendar.
fn calendar() -> (NaiveDate, NaiveDate) {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    (day(1000, 1, 1), day(9999, 12, 31))
}

/// The day this many days after another, or the last one of the calendar.
fn after(day: NaiveDate, days: u64) -> NaiveDate {
    let (_, last) = calendar();
    day.checked_add_days(Days::new(days)).map_or(last, |day| day.min(last))
}

/// The day this many days before another, or the first one of the calendar.
fn before(day: NaiveDate, days: u64) -> NaiveDate {
    let (first, _) = calendar();
    day.checked_sub_days(Days::new(days)).map_or(first, |day| day.max(first))
}
