//! `UpdateProject`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::{STATUS_BYTES, ids};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_NOT_SET};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ClientId, ProjectId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::projects;
use crate::param::{Clearable, CommaSeparated, Param, schema};
use crate::store::projects::project::ProjectChanges;

/// Changes the given fields of a project. `userid` is emptied by 0 or `null`; `notes`, `ticketids` and `invoiceids` also by
/// an empty text.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateProject {
    projectid: Param<ProjectId>,
    /// The member of staff to whom the project is assigned.
    adminid: Param<AdminId>,
    /// The id of the client.
    userid: Clearable<ClientId>,
    /// Any text.
    status: Param<String>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    created: Param<NaiveDate>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    completed: Param<bool>,
    title: Param<String>,
    /// Ids of tickets, separated by commas. What is no id is left out.
    #[schemars(with = "Clearable<schema::IdsInText>")]
    ticketids: Clearable<CommaSeparated>,
    /// Ids of invoices, likewise.
    #[schemars(with = "Clearable<schema::IdsInText>")]
    invoiceids: Clearable<CommaSeparated>,
    notes: Clearable<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateProjectReply {
    message: &'static str,
}

impl Action for UpdateProject {
    const NAME: &'static str = "UpdateProject";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["projectid"];
    const EXAMPLE: &'static str = r#"{"projectid": 1, "status": "In Progress"}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(PROJECT_NOT_SET), Exact(PROJECT_NOT_FOUND), Exact(CLIENT_NOT_FOUND), Exact(STAFF_NOT_FOUND)];
    type Reply = UpdateProjectReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateProjectReply> {
        projects::require_active(call.compat)?;
        let id = self.projectid.required_or(PROJECT_NOT_SET, PROJECT_NOT_FOUND)?;
        let stored = projects::lock_to_change(call.db, id).await?;
        let client = self.userid.unless_stored(&stored.client.to_string()).value(ClientId(0), CLIENT_NOT_FOUND)?;
        if let Some(client) = client.filter(|client| client.0 != 0) {
            projects::keep_client(call.db, client).await?;
        }
        let staff = self.adminid.unless_stored(&stored.staff.to_string()).optional(STAFF_NOT_FOUND)?;
        if let Some(staff) = staff {
            projects::check_staff(call.db, staff).await?;
        }
        let changes = ProjectChanges {
            client,
            title: text(self.title, "title", TEXT_BYTES)?,
            tickets: list(self.ticketids.unless_stored(&stored.tickets), "ticketids must be a list")?,
            invoices: list(self.invoiceids.unless_stored(&stored.invoices), "invoiceids must be a list")?,
            notes: self.notes.text("notes", TEXT_BYTES)?,
            staff,
            status: text(self.status, "status", STATUS_BYTES)?,
            created: self.created.optional(NOT_A_DATE)?,
            due: self.duedate.optional(NOT_A_DATE)?,
            is_completed: self.completed.lenient(),
        };
        projects::update(call.context(), id, &changes).await?;
        Ok(UpdateProjectReply { message: "Project Has Been Updated" })
    }
}

/// Returns a text that cannot be emptied.
fn text(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = text.text(name, limit)?;
    Ok((!text.trim().is_empty()).then_some(text))
}

fn list(list: Clearable<CommaSeparated>, malformed: &'static str) -> Result<Option<String>> {
    Ok(list.or_by_empty_text().value(CommaSeparated(String::new()), malformed)?.map(ids))
}
