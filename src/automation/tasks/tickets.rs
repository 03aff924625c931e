//! Tickets that clients do not answer.

use super::counted;
use crate::automation::task::{Day, Schedule, Task, UnitResult};
use crate::config::Automation;
use crate::database::lease::Lease;
use crate::domain::id::TicketId;
use crate::fault;
use crate::operations::Context;
use crate::operations::support::{close_inactive, inactive_since};
use crate::store::automation::upkeep;

pub struct Tickets;

impl Task for Tickets {
    const NAME: &'static str = "tickets";
    const SUMMARY: &'static str = "Closes tickets that clients have not answered for long.";
    const COUNTS: &'static [&'static str] = &["closed"];
    const SCHEDULE: Schedule = Schedule::EachRun;

    fn is_on(&self, settings: &Automation) -> bool {
        settings.close_ticket_hours > 0
    }

    async fn due(&self, db: &mut Lease, settings: &Automation, day: &Day) -> fault::Result<Vec<i64>> {
        let Some(until) = inactive_since(settings, day.now) else { return Ok(Vec::new()) };
        Ok(upkeep::inactive_tickets(db, until).await?)
    }

    /// The unit is a ticket.
    async fn carry_out(&self, context: Context<'_>, _: &Day, unit: i64) -> UnitResult {
        Ok(counted("closed", close_inactive(context, TicketId(unit)).await?))
    }
}
