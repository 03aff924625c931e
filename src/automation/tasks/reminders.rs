//! Reminders of invoices, and notices that they are overdue.

use tracing::warn;

use crate::automation::task::{Counts, Day, Schedule, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::InvoiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::billing::{NoticeOutcome, due_notices, send_notice};

pub struct Reminders;

impl Task for Reminders {
    const NAME: &'static str = "reminders";
    const SUMMARY: &'static str = "Reminds clients of unpaid invoices, before and after they are due.";
    /// A notice waits while its invoice is being charged, and is sent at the run after the gateway has answered.
    const SCHEDULE: Schedule = Schedule::DailyAndAfter;
    const COUNTS: &'static [&'static str] = &["reminders", "overdue_notices", "without_recipient"];
    const IS_OF_TODAY: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.reminder_days > 0 || settings.overdue_days.iter().any(|days| *days > 0)
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let (invoices, missing) = due_notices(db, settings, day.date).await?;
        if !missing.is_empty() && !day.is_after {
            warn!(
                templates = missing.join(", "),
                "mails that are on are not sent: their templates are not there, or disabled"
            );
        }
        Ok(invoices)
    }

    /// The unit is an invoice.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        let count = match send_notice(context, InvoiceId(unit), day.date).await? {
            NoticeOutcome::NotDue => return Ok(Counts::new()),
            NoticeOutcome::Reminded => "reminders",
            NoticeOutcome::OverdueNoticeSent => "overdue_notices",
            NoticeOutcome::Nobody => "without_recipient",
        };
        Ok(Counts::from([(count, 1)]))
    }
}
