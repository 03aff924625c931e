//! Tickets that nobody answers.

use chrono::{NaiveDateTime, TimeDelta};

use super::{Result, TicketUpdate, lock, update};
use crate::config::Automation;
use crate::domain::id::TicketId;
use crate::domain::time::Moment;
use crate::operations::Context;
use crate::store::automation::upkeep;

/// Returns the local time before which staff must have answered a ticket that is closed now; `None` if none is.
pub fn inactive_since(settings: &Automation, now: Moment) -> Option<NaiveDateTime> {
    let hours = i64::try_from(settings.close_ticket_hours).ok().filter(|hours| *hours > 0)?;
    now.local().checked_sub_signed(TimeDelta::try_hours(hours)?)
}

/// Closes a ticket whose last message is an answer of staff, and older than the settings say. Returns whether it was closed.
pub async fn close_inactive(context: Context<'_>, id: TicketId) -> Result<bool> {
    let Some(until) = inactive_since(&context.settings.automation, context.now) else { return Ok(false) };
    let ticket = lock(context.db, id).await?;
    if !upkeep::is_inactive(context.db, id, until).await? {
        return Ok(false);
    }
    let closed = TicketUpdate { status: Some("Closed".to_owned()), ..TicketUpdate::default() };
    update(context, &ticket, closed).await.map(|()| true)
}
