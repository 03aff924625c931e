//! Charges of invoices by the day.

use chrono::NaiveDate;

use super::{Unpaid, after, before, calendar, lock_unpaid};
use crate::config::Automation;
use crate::domain::id::InvoiceId;
use crate::domain::time::parse_date;
use crate::operations::billing::{Refusal, capture};
use crate::operations::{Context, OperationError, Result};
use crate::store::automation::overdue::UnpaidRow;

/// Queues a charge of an invoice that is due for one. Returns whether it did: not without a gateway and a way to pay through which
/// the invoice can be charged.
pub async fn capture_due(mut context: Context<'_>, id: InvoiceId, today: NaiveDate) -> Result<bool, Refusal> {
    let Some(Unpaid { invoice, row, due }) = lock_unpaid(&mut context, id).await? else { return Ok(false) };
    if row.has_no_charges || row.is_pending || !is_due(&context.settings.automation, &row, due, today) {
        return Ok(false);
    }
    match capture(context, &invoice, None).await {
        Ok(()) => Ok(true),
        Err(OperationError::Refused(Refusal::NoPayMethod | Refusal::GatewayNotSetUp { .. } | Refusal::ChargeOpen)) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Returns the first and last due date of the invoices that can be charged on a day.
pub fn capture_dates(settings: &Automation, today: NaiveDate) -> (NaiveDate, NaiveDate) {
    let until = after(today, settings.capture_days);
    match settings.capture_weeks {
        0 => (calendar().0, until),
        weeks => (before(until, weeks.saturating_mul(7).saturating_add(6)), until),
    }
}

/// Whether an invoice is charged today: from some days before its due date on, once in all, once a week for some weeks, or once a
/// day.
fn is_due(settings: &Automation, row: &UnpaidRow, due: NaiveDate, today: NaiveDate) -> bool {
    let first = before(due, settings.capture_days);
    let attempted = row.charged_at.get(..10).and_then(parse_date);
    let Ok(days) = u64::try_from((today - first).num_days()) else { return false };
    let since = match (settings.capture_once, settings.capture_weeks) {
        (true, _) => NaiveDate::MIN,
        (false, 0) => today,
        (false, weeks) if days / 7 > weeks => return false,
        (false, _) => after(first, days / 7 * 7),
    };
    attempted.is_none_or(|attempted| attempted < since)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(charged_at: &str) -> UnpaidRow {
        UnpaidRow {
            date: String::new(),
            due: String::new(),
            charged_at: charged_at.to_owned(),
            has_no_late_fees: false,
            has_no_overdue_notices: false,
            has_no_charges: false,
            has_late_fee: false,
            moves_money: false,
            is_pending: false,
        }
    }

    /// Returns the days after the due date on which an invoice is charged that is looked at on each of these.
    fn charged(settings: &Automation, days: impl Iterator<Item = i64>) -> Vec<i64> {
        let due = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let mut charged = Vec::new();
        let mut row = row("0000-00-00 00:00:00");
        for day in days {
            let today = due + chrono::TimeDelta::days(day);
            let (from, until) = capture_dates(settings, today);
            if is_due(settings, &row, due, today) {
                assert!((from..=until).contains(&due), "{day}: it would not be found");
                row.charged_at = format!("{today} 09:00:00");
                charged.push(day);
            }
        }
        charged
    }

    #[test]
    fn charges_are_repeated_as_the_settings_say() {
        let with = |capture_days, capture_weeks, capture_once| Automation {
            capture_days,
            capture_weeks,
            capture_once,
            ..Automation::default()
        };
        assert_eq!(charged(&with(0, 0, false), -3..4), [0, 1, 2, 3]);
        assert_eq!(charged(&with(2, 0, true), -5..40), [-2]);
        assert_eq!(charged(&with(0, 2, false), -5..60), [0, 7, 14]);
        assert_eq!(charged(&with(1, 1, false), -5..60), [-1, 6]);
        assert_eq!(charged(&with(0, 2, false), [3, 8, 20, 21].into_iter()), [3, 8, 20], "after a standstill");
        assert_eq!(charged(&with(0, 2, false), [30].into_iter()), [0; 0], "its time is over");
    }
}
