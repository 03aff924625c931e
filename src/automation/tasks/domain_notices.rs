//! Notices that domains are due.

use tracing::warn;

use super::counted;
use crate::automation::task::{Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::DomainId;
use crate::fault;
use crate::operations::Context;
use crate::operations::domains::notices;

pub struct DomainNotices;

impl Task for DomainNotices {
    const NAME: &'static str = "domain_notices";
    const SUMMARY: &'static str = "Tells clients that domains are due for renewal.";
    const COUNTS: &'static [&'static str] = &["sent"];
    const IS_OF_TODAY: bool = true;

    fn is_on(&self, settings: &Automation) -> bool {
        !settings.domain_notice_days.is_empty()
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let due = notices::due_notices(db, settings, day.date).await?;
        if due.is_none() {
            let template = &settings.domain_notice_template;
            warn!(template, "notices about domains are not sent: their template is not there, or disabled");
        }
        Ok(due.unwrap_or_default())
    }

    /// The unit is a domain.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        Ok(counted("sent", notices::send_notice(context, DomainId(unit), day.date).await?))
    }
}
