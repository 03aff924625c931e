//! `AddClientNote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::EMPTY_NOTE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::OperationError;
use crate::operations::clients::{self, Refusal};
use crate::param::Param;

/// Adds a note about a client for staff to read. Its author is the member of staff to whom the credential belongs.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddClientNote {
    /// The client's id.
    userid: Param<ClientId>,
    notes: Param<String>,
    /// Whether the note is shown on all pages about the client.
    sticky: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddClientNoteReply {
    noteid: i64,
}

/// Spelled with a small `f`, unlike in other actions.
const CLIENT_NOT_FOUND: &str = "Client ID not found";

impl Action for AddClientNote {
    const NAME: &'static str = "AddClientNote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["userid", "notes"];
    const EXAMPLE: &'static str = r#"{"userid": 1, "notes": "Prefers to be called in the morning."}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND), Exact(EMPTY_NOTE)];
    type Reply = AddClientNoteReply;

    async fn run(self, call: Call<'_>) -> Result<AddClientNoteReply> {
        let client = self.userid.required(CLIENT_NOT_FOUND)?;
        let note = self.notes.lenient().map_or(Param::Absent, Param::Given).text("notes", TEXT_BYTES)?;
        let added = clients::add_note(call.context(), client, &note, self.sticky.is_set()).await;
        Ok(AddClientNoteReply { noteid: added.map_err(with_own_texts)? })
    }
}

/// Converts errors, with the texts of this action where they differ from those of other actions.
fn with_own_texts(error: OperationError<Refusal>) -> Error {
    match error {
        OperationError::Refused(Refusal::ClientNotFound) => Error::Refused(CLIENT_NOT_FOUND),
        other => other.into(),
    }
}
