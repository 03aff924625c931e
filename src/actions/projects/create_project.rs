//! `CreateProject`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::{STATUS_BYTES, ids};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::projects::NOT_ACTIVE;
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ClientId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects;
use crate::param::{CommaSeparated, Param, schema};
use crate::store::projects::project::NewProject;

/// Creates a project, of a client or of none.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateProject {
    title: Param<String>,
    /// The member of staff to whom the project is assigned.
    adminid: Param<AdminId>,
    /// The id of the client.
    userid: Param<ClientId>,
    /// Any text; by default, the setting `compat.project_status`.
    status: Param<String>,
    /// `YYYY-MM-DD`; by default, today.
    #[schemars(with = "schema::Date")]
    created: Param<NaiveDate>,
    /// `YYYY-MM-DD`; by default, the day on which it was created.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    completed: Param<bool>,
    /// Ids of tickets, separated by commas. What is no id is left out.
    #[schemars(with = "schema::IdsInText")]
    ticketids: Param<CommaSeparated>,
    /// Ids of invoices, likewise.
    #[schemars(with = "schema::IdsInText")]
    invoiceids: Param<CommaSeparated>,
    /// Not documented, but sent by published clients.
    notes: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateProjectReply {
    message: &'static str,
    projectid: i64,
}

const NO_STAFF: &str = "Admin ID not Set";
const NO_TITLE: &str = "Project Title is Required.";

impl Action for CreateProject {
    const NAME: &'static str = "CreateProject";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["title", "adminid"];
    const EXAMPLE: &'static str = r#"{"title": "Move the shop", "adminid": 1, "userid": 1, "duedate": "2026-12-15"}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(CLIENT_NOT_FOUND), Exact(NO_STAFF), Exact(STAFF_NOT_FOUND), Exact(NOT_ACTIVE), Exact(NO_TITLE)];
    type Reply = CreateProjectReply;

    async fn run(self, call: Call<'_>) -> Result<CreateProjectReply> {
        projects::lock_all(call.db).await?;
        let client = self.userid.optional(CLIENT_NOT_FOUND)?;
        if let Some(client) = client {
            projects::keep_client(call.db, client).await?;
        }
        let staff = self.adminid.required_or(NO_STAFF, STAFF_NOT_FOUND)?;
        projects::check_staff(call.db, staff).await?;
        projects::require_active(call.compat)?;
        let title = self.title.text("title", TEXT_BYTES)?;
        if title.trim().is_empty() {
            return refuse(NO_TITLE);
        }
        let status = self.status.text("status", STATUS_BYTES)?;
        let created = self.created.optional(NOT_A_DATE)?.unwrap_or(call.now.date());
        let new = NewProject {
            client,
            title,
            tickets: self.ticketids.optional("ticketids must be a list")?.map(ids).unwrap_or_default(),
            invoices: self.invoiceids.optional("invoiceids must be a list")?.map(ids).unwrap_or_default(),
            notes: self.notes.text("notes", TEXT_BYTES)?,
            staff,
            status: if status.is_empty() { call.compat.project_status.clone() } else { status },
            created,
            due: self.duedate.optional(NOT_A_DATE)?.unwrap_or(created),
            is_completed: self.completed.is_set(),
        };
        let id = projects::create(call.context(), &new).await?;
        Ok(CreateProjectReply { message: "Project has been created", projectid: id.0 })
    }
}
