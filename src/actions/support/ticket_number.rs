//! The parameters that identify a ticket.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::actions::words::with_text;
use crate::domain::id::TicketId;
use crate::error::Result;
use crate::operations::support::{self, Refusal};
use crate::param::Param;

/// A ticket, identified by its number or its id; if both are given, the number is used.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct TicketParams {
    /// The ticket number that clients see.
    ticketnum: Param<String>,
    /// The id that OpenTicket returned.
    ticketid: Param<TicketId>,
}

impl TicketParams {
    /// Returns the id of the ticket. If the id itself was sent, its existence is not checked.
    pub async fn find(self, not_found: &'static str, db: &mut MySqlConnection) -> Result<TicketId> {
        let Some(number) = self.ticketnum.optional(not_found)? else { return self.ticketid.required(not_found) };
        let found = support::find_ticket_by_number(db, &number).await;
        found.map_err(|error| with_text(error, &Refusal::TicketNotFound, not_found))
    }
}
