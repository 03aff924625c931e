//! `DeleteTicketNote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::NOTE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::TicketNoteId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::support;
use crate::param::Param;

/// Deletes a note of a ticket, with its files. It cannot be undone.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteTicketNote {
    noteid: Param<TicketNoteId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteTicketNoteReply {}

impl Action for DeleteTicketNote {
    const NAME: &'static str = "DeleteTicketNote";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["noteid"];
    const EXAMPLE: &'static str = r#"{"noteid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOTE_NOT_FOUND)];
    type Reply = DeleteTicketNoteReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteTicketNoteReply> {
        let id = self.noteid.required(NOTE_NOT_FOUND)?;
        support::delete_note(call.context(), id).await?;
        Ok(DeleteTicketNoteReply {})
    }
}
