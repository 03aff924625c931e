//! Ends of services whose products end them after a number of days.

use crate::automation::task::{Day, Task, UnitResult, count_ending};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::ServiceId;
use crate::fault;
use crate::operations::Context;
use crate::operations::services::endings::end_fixed_term;
use crate::store::automation::endings;

pub struct FixedTerms;

impl Task for FixedTerms {
    const NAME: &'static str = "fixed_terms";
    const SUMMARY: &'static str = "Terminates services whose products end them after a number of days.";
    const COUNTS: &'static [&'static str] = &["terminated"];
    const ENDS_SERVICES: bool = true;

    fn is_on(&self, _: &Automation) -> bool {
        true
    }

    async fn due(&self, db: &mut Lease, _: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        if day.is_catching_up {
            return Ok(Vec::new());
        }
        Ok(endings::fixed_terms(db, day.date).await?)
    }

    /// The unit is a service.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        Ok(count_ending("terminated", end_fixed_term(context, ServiceId(unit)).await?))
    }
}
