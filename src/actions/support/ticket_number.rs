//! The parameters that name a ticket.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::actions::words::respelled;
use crate::domain::id::TicketId;
use crate::error::Result;
use crate::operations::support::{self, Refusal};
use crate::param::Param;

/// A ticket, by either of its numbers; where both are given, the public one counts.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct TicketParams {
    /// The number that clients see.
    ticketnum: Param<String>,
    /// The id that OpenTicket returned.
    ticketid: Param<TicketId>,
}

impl TicketParams {
    /// The id of the ticket, which need not exist where it was sent as such.
    pub async fn find(self, not_found: &'static str, db: &mut MySqlConnection) -> Result<TicketId> {
        let Some(number) = self.ticketnum.optional(not_found)? else { return self.ticketid.required(not_found) };
        let found = support::find_ticket_by_number(db, &number).await;
        found.map_err(|error| respelled(error, &Refusal::TicketNotFound, not_found))
    }
}
