//! The parameters that identify a ticket.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::actions::words::with_text;
use crate::domain::id::TicketId;
use crate::error::Result;
use crate::operations::support::{self, Refusal, Viewer};
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
    /// Returns the id of the ticket, or of the one into which it was merged.
    pub async fn find(self, not_found: &'static str, viewer: Viewer, db: &mut MySqlConnection) -> Result<TicketId> {
        let found = match self.ticketnum.optional(not_found)? {
            Some(number) => support::find_ticket_by_number(db, viewer, &number).await,
            None => support::find_ticket(db, viewer, self.ticketid.required(not_found)?).await,
        };
        found.map_err(|error| with_text(error, &Refusal::TicketNotFound, not_found))
    }
}
