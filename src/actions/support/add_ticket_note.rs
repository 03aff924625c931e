//! `AddTicketNote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::MessageParams;
use super::ticket_number::TicketParams;
use crate::actions::words::support::{CREATED_IN_FUTURE, NO_MESSAGE, NOT_A_TIME};
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::support::{self, Refusal, Viewer};

/// Adds a note to a ticket, which only staff read. Its author is the member of staff to whom the credential belongs.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTicketNote {
    #[serde(flatten)]
    ticket: TicketParams,
    #[serde(flatten)]
    message: MessageParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddTicketNoteReply {}

/// Spelled with a small `f`, unlike in other actions.
const TICKET_NOT_FOUND: &str = "Ticket ID not found";

impl Action for AddTicketNote {
    const NAME: &'static str = "AddTicketNote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["message"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "message": "A disk was exchanged."}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(TICKET_NOT_FOUND), Exact(NO_MESSAGE), Exact(NOT_A_TIME), Exact(CREATED_IN_FUTURE)];
    type Reply = AddTicketNoteReply;

    async fn run(self, call: Call<'_>) -> Result<AddTicketNoteReply> {
        let viewer = Viewer::new(call.author, call.compat);
        let id = self.ticket.find(TICKET_NOT_FOUND, viewer, call.db).await?;
        let ticket = support::lock(call.db, id).await;
        let ticket = ticket.map_err(|error| with_text(error, &Refusal::TicketNotFound, TICKET_NOT_FOUND))?;
        let text = self.message.text()?;
        let created = self.message.created(call.now, CREATED_IN_FUTURE)?;
        let message = self.message.read(text, created, &call)?;
        support::add_note(call.context(), &ticket, message).await?;
        Ok(AddTicketNoteReply {})
    }
}
