//! The status of domains after their day of expiry.

use crate::automation::task::{Counts, Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::domains::status::DomainStatus;
use crate::domain::id::DomainId;
use crate::fault;
use crate::operations::Context;
use crate::operations::domains::expiry;

pub struct DomainStatuses;

impl Task for DomainStatuses {
    const NAME: &'static str = "domain_status";
    const SUMMARY: &'static str = "Sets domains that have expired to Grace, Redemption and Expired.";
    const COUNTS: &'static [&'static str] = &["grace", "redemption", "expired"];

    fn is_on(&self, _: &Automation) -> bool {
        true
    }

    async fn due(&self, db: &mut Lease, _: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let expired = expiry::expired(db, day.date).await?;
        Ok(expired.into_iter().map(|domain| domain.0).collect())
    }

    /// The unit is a domain.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        let count = match expiry::expire(context, DomainId(unit), day.date).await? {
            Some(DomainStatus::Grace) => "grace",
            Some(DomainStatus::Redemption) => "redemption",
            Some(_) => "expired",
            None => return Ok(Counts::new()),
        };
        Ok(Counts::from([(count, 1)]))
    }
}
