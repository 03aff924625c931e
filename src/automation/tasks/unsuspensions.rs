//! Ends of suspensions: what a payment could not end at once, because a module was busy or failed.

use crate::automation::task::{Day, Schedule, Task, UnitResult, count_ending};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ServiceId;
use crate::domain::service::OVERDUE;
use crate::fault;
use crate::operations::Context;
use crate::operations::services::endings::unsuspend_paid;
use crate::store::automation::endings;

pub struct Unsuspensions;

impl Task for Unsuspensions {
    const NAME: &'static str = "unsuspensions";
    const SUMMARY: &'static str = "Unsuspends services that were suspended for lack of payment, and are paid.";
    const COUNTS: &'static [&'static str] = &["unsuspended"];
    const IS_OF_TODAY: bool = true;
    const SCHEDULE: Schedule = Schedule::EachRun;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.unsuspend
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        Ok(endings::to_unsuspend(db, day.minus(settings.suspend_days), OVERDUE).await?)
    }

    /// The unit is a service.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        let days = context.settings.automation.suspend_days;
        Ok(count_ending("unsuspended", unsuspend_paid(context, ServiceId(unit), days).await?))
    }
}
