//! `GetTicketNotes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::TicketId;
use crate::error::Result;
use crate::operations::support::{self, Refusal, Viewer};
use crate::param::Param;
use crate::store;
use crate::store::support::ticket_details::TicketNoteRow;

/// Returns the notes of a ticket, which only staff read, the oldest first.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTicketNotes {
    ticketid: Param<TicketId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketNotesReply {
    totalresults: usize,
    notes: Notes,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Notes {
    note: Vec<Note>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Note {
    /// The id; GetTicket calls it `noteid`.
    id: String,
    admin: String,
    date: String,
    message: String,
    /// The stored file names, which are random, separated by `|`.
    attachment: String,
    attachments_removed: bool,
}

/// WHMCS documents no errors: this is the text of other actions about tickets.
const TICKET_NOT_FOUND: &str = "Ticket ID not found";

impl Action for GetTicketNotes {
    const NAME: &'static str = "GetTicketNotes";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["ticketid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 5}"#;
    type Reply = GetTicketNotesReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketNotesReply> {
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        let found = support::find_ticket(call.db, Viewer::new(call.author, call.compat), id).await;
        let id = found.map_err(|error| with_text(error, &Refusal::TicketNotFound, TICKET_NOT_FOUND))?;
        let notes = store::support::ticket_details::notes(call.db, id).await?;
        let note: Vec<Note> = notes.into_iter().map(Note::from).collect();
        Ok(GetTicketNotesReply { totalresults: note.len(), notes: Notes { note } })
    }
}

impl From<TicketNoteRow> for Note {
    fn from(note: TicketNoteRow) -> Note {
        Note {
            id: note.id.to_string(),
            admin: note.staff,
            date: note.date,
            message: note.message,
            attachment: note.attachment,
            attachments_removed: note.attachments_removed,
        }
    }
}
