//! Suspensions of services that are not paid.

use crate::automation::task::{Day, Task, UnitResult, count_ending};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ServiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::services::endings::suspend_late;
use crate::store::automation::endings;

pub struct Suspensions;

impl Task for Suspensions {
    const NAME: &'static str = "suspensions";
    const SUMMARY: &'static str = "Suspends services that are not paid.";
    const COUNTS: &'static [&'static str] = &["suspended"];
    const ENDS_SERVICES: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.suspend_days > 0
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        if day.is_catching_up {
            return Ok(Vec::new());
        }
        Ok(endings::to_suspend(db, day.minus(settings.suspend_days), day.date).await?)
    }

    /// The unit is a service.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        let days = context.settings.automation.suspend_days;
        Ok(count_ending("suspended", suspend_late(context, ServiceId(unit), days).await?))
    }
}
