//! Which ticket is meant.

use schemars::JsonSchema;
use serde::Deserialize;
use sqlx::MySqlConnection;

use crate::domain::id::TicketId;
use crate::error::{Error, Result};
use crate::param::Param;
use crate::store;

pub const TICKET_NOT_FOUND: &str = "Ticket ID Not Found";

/// A ticket, by either of its numbers; where both are given, the public one counts.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Which {
    /// The number that clients see.
    ticketnum: Param<String>,
    /// The id that OpenTicket returned.
    ticketid: Param<TicketId>,
}

impl Which {
    pub async fn find(self, not_found: &'static str, db: &mut MySqlConnection) -> Result<TicketId> {
        match self.ticketnum.optional(not_found)? {
            Some(number) => store::support::tickets::id(db, &number).await?.ok_or(Error::Refused(not_found)),
            None => self.ticketid.required(not_found),
        }
    }
}
