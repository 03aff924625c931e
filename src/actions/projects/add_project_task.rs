//! `AddProjectTask`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_A_DATE;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_NOT_SET_SMALL};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ProjectId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects;
use crate::param::{Param, schema};
use crate::store::projects::tasks::NewTask;

/// Adds a task to a project, as its last one.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddProjectTask {
    projectid: Param<ProjectId>,
    /// `YYYY-MM-DD`; by default, none.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    /// The member of staff who has to do it; by default, nobody.
    adminid: Param<AdminId>,
    /// What is to be done.
    task: Param<String>,
    notes: Param<String>,
    completed: Param<bool>,
    billed: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddProjectTaskReply {
    message: &'static str,
    /// The id of the task. WHMCS lacks this field.
    taskid: i64,
}

const NO_TASK: &str = "A task description must be specified";

impl Action for AddProjectTask {
    const NAME: &'static str = "AddProjectTask";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["projectid", "task"];
    const EXAMPLE: &'static str = r#"{"projectid": 1, "duedate": "2026-12-01", "task": "Copy the database"}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(PROJECT_NOT_SET_SMALL), Exact(PROJECT_NOT_FOUND), Exact(STAFF_NOT_FOUND), Exact(NO_TASK)];
    type Reply = AddProjectTaskReply;

    async fn run(self, call: Call<'_>) -> Result<AddProjectTaskReply> {
        projects::require_active(call.compat)?;
        let project = self.projectid.required_or(PROJECT_NOT_SET_SMALL, PROJECT_NOT_FOUND)?;
        projects::lock(call.db, project).await?;
        let staff = self.adminid.optional(STAFF_NOT_FOUND)?;
        if let Some(staff) = staff {
            projects::check_staff(call.db, staff).await?;
        }
        let task = self.task.text("task", TEXT_BYTES)?;
        if task.trim().is_empty() {
            return refuse(NO_TASK);
        }
        let new = NewTask {
            task,
            notes: self.notes.text("notes", TEXT_BYTES)?,
            staff: staff.unwrap_or(AdminId(0)),
            due: self.duedate.optional(NOT_A_DATE)?,
            is_completed: self.completed.is_set(),
            is_billed: self.billed.is_set(),
        };
        let id = projects::add_task(call.context(), project, &new).await?;
        Ok(AddProjectTaskReply { message: "Task has been added", taskid: id.0 })
    }
}
