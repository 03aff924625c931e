//! `DeleteTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::TicketId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::support::{self, Refusal};
use crate::param::Param;

/// Deletes a ticket with its replies, notes and files, and the tickets that were merged into it. It cannot be undone.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteTicket {
    ticketid: Param<TicketId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeletedTicket {}

/// Spelled with a small `f`, unlike in other actions.
const TICKET_NOT_FOUND: &str = "Ticket ID not found";

impl Action for DeleteTicket {
    const NAME: &'static str = "DeleteTicket";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["ticketid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 10}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(TICKET_NOT_FOUND)];
    type Reply = DeletedTicket;

    async fn run(self, call: Call<'_>) -> Result<DeletedTicket> {
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        let deleted = support::delete_ticket(call.context(), id).await;
        deleted.map_err(|error| with_text(error, &Refusal::TicketNotFound, TICKET_NOT_FOUND))?;
        Ok(DeletedTicket {})
    }
}
