//! Requests to cancel services.

use crate::automation::task::{Day, Task, UnitResult, count_ending};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::fault;
use crate::operations::Context;
use crate::operations::services::endings::carry_out_request;
use crate::store::automation::endings;

pub struct Cancellations;

impl Task for Cancellations {
    const NAME: &'static str = "cancellations";
    const SUMMARY: &'static str = "Carries out requests to cancel services.";
    const COUNTS: &'static [&'static str] = &["cancelled"];
    const ENDS_SERVICES: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.cancellations
    }

    async fn due(&self, db: &mut Lease, _: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        if day.is_catching_up {
            return Ok(Vec::new());
        }
        Ok(endings::to_cancel(db, day.date).await?)
    }

    /// The unit is a request.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        Ok(count_ending("cancelled", carry_out_request(context, unit).await?))
    }
}
