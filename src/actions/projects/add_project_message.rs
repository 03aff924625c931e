//! `AddProjectMessage`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_NOT_SET_SMALL};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ProjectId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects;
use crate::param::Param;

/// Adds a message to a project, for staff to read.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddProjectMessage {
    projectid: Param<ProjectId>,
    message: Param<String>,
    /// The member of staff who wrote it; by default, the owner of the credential.
    adminid: Param<AdminId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddProjectMessageReply {
    message: &'static str,
    /// The id of the message. WHMCS lacks this field.
    messageid: i64,
}

const NO_MESSAGE: &str = "Message not Entered";

impl Action for AddProjectMessage {
    const NAME: &'static str = "AddProjectMessage";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["projectid", "message"];
    const EXAMPLE: &'static str = r#"{"projectid": 1, "message": "The client wants it before Christmas."}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(PROJECT_NOT_SET_SMALL), Exact(PROJECT_NOT_FOUND), Exact(NO_MESSAGE), Exact(STAFF_NOT_FOUND)];
    type Reply = AddProjectMessageReply;

    async fn run(self, call: Call<'_>) -> Result<AddProjectMessageReply> {
        projects::require_active(call.compat)?;
        let project = self.projectid.required_or(PROJECT_NOT_SET_SMALL, PROJECT_NOT_FOUND)?;
        projects::lock(call.db, project).await?;
        let message = self.message.text("message", TEXT_BYTES)?;
        if message.trim().is_empty() {
            return refuse(NO_MESSAGE);
        }
        let staff = self.adminid.optional(STAFF_NOT_FOUND)?;
        if let Some(staff) = staff {
            projects::check_staff(call.db, staff).await?;
        }
        let staff = staff.unwrap_or(call.author.admin);
        let id = projects::add_message(call.context(), project, staff, &message).await?;
        Ok(AddProjectMessageReply { message: "Message has been added", messageid: id })
    }
}
