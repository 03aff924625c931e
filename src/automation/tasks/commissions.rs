//! Commissions of affiliates that clear.

use crate::automation::task::{Counts, Day, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::fault;
use crate::operations::Context;
use crate::operations::clients::{Clearing, clear_commission};
use crate::store::automation::upkeep;

pub struct Commissions;

impl Task for Commissions {
    const NAME: &'static str = "commissions";
    const SUMMARY: &'static str = "Credits commissions of affiliates that clear.";
    const COUNTS: &'static [&'static str] = &["credited", "dropped"];

    fn is_on(&self, _: &Automation) -> bool {
        true
    }

    async fn due(&self, db: &mut Lease, _: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        Ok(upkeep::clearing(db, day.date).await?)
    }

    /// The unit is a commission that is not credited yet.
    async fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> UnitResult {
        let count = match clear_commission(context, unit, day.date).await? {
            Clearing::NotDue => return Ok(Counts::new()),
            Clearing::Credited => "credited",
            Clearing::Dropped => "dropped",
        };
        Ok(Counts::from([(count, 1)]))
    }
}
