//! Terminations of services that were not paid for long.

use crate::automation::task::{Day, Task, UnitResult, count_ending};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ServiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::services::endings::terminate_late;
use crate::store::automation::endings;

pub struct Terminations;

impl Task for Terminations {
    const NAME: &'static str = "terminations";
    const SUMMARY: &'static str = "Terminates services that were not paid for long.";
    const COUNTS: &'static [&'static str] = &["terminated"];
    const ENDS_SERVICES: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.terminate_days > 0
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        if day.is_catching_up {
            return Ok(Vec::new());
        }
        Ok(endings::to_terminate(db, day.minus(settings.terminate_days), day.date).await?)
    }

    /// The unit is a service.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        let days = context.settings.automation.terminate_days;
        Ok(count_ending("terminated", terminate_late(context, ServiceId(unit), days).await?))
    }
}
