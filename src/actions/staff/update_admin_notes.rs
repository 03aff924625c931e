//! `UpdateAdminNotes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::{Error, Result};
use crate::operations::system;
use crate::param::Clearable;

/// Replaces the notes of the member of staff to whom the credential belongs, which GetAdminDetails returns. WHMCS documents no
/// error; a call without `notes` is rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateAdminNotes {
    /// The new notes; empty for none.
    notes: Clearable<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateAdminNotesReply {}

const NO_NOTES: &str = "notes is required";

impl Action for UpdateAdminNotes {
    const NAME: &'static str = "UpdateAdminNotes";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["notes"];
    const EXAMPLE: &'static str = r#"{"notes": "Call James about the invoice."}"#;
    type Reply = UpdateAdminNotesReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateAdminNotesReply> {
        let notes = self.notes.text("notes", TEXT_BYTES)?.ok_or(Error::Refused(NO_NOTES))?;
        system::set_own_notes(call.context(), &notes).await?;
        Ok(UpdateAdminNotesReply {})
    }
}
