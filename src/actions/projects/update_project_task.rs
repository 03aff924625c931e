//! `UpdateProjectTask`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_A_DATE;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, TASK_NOT_FOUND, TASK_REQUIRED};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects;
use crate::param::{Clearable, Param, schema};
use crate::store::projects::tasks::TaskChanges;

/// Changes the given fields of a task. `notes` is emptied by an empty text, and `adminid` by 0 or `null`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateProjectTask {
    taskid: Param<ProjectTaskId>,
    /// The project to which the task is moved, with its timers.
    projectid: Param<ProjectId>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    /// The member of staff who has to do it.
    adminid: Clearable<AdminId>,
    /// What is to be done.
    task: Param<String>,
    notes: Clearable<String>,
    completed: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateProjectTaskReply {
    message: &'static str,
}

impl Action for UpdateProjectTask {
    const NAME: &'static str = "UpdateProjectTask";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["taskid"];
    const EXAMPLE: &'static str = r#"{"taskid": 1, "completed": true}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(TASK_REQUIRED), Exact(PROJECT_NOT_FOUND), Exact(TASK_NOT_FOUND), Exact(STAFF_NOT_FOUND)];
    type Reply = UpdateProjectTaskReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateProjectTaskReply> {
        projects::require_active(call.compat)?;
        if self.taskid == Param::Absent {
            return refuse(TASK_REQUIRED);
        }
        let project = self.projectid.optional(PROJECT_NOT_FOUND)?;
        if let Some(project) = project {
            projects::lock(call.db, project).await?;
        }
        let id = self.taskid.required(TASK_NOT_FOUND)?;
        let mut context = call.context();
        let stored = projects::lock_task(&mut context, id).await?;
        let task = self.task.text("task", TEXT_BYTES)?;
        let changes = TaskChanges {
            project,
            task: (!task.trim().is_empty()).then_some(task),
            notes: self.notes.text("notes", TEXT_BYTES)?,
            staff: self.adminid.unless_stored(&stored.staff.to_string()).value(AdminId(0), STAFF_NOT_FOUND)?,
            due: self.duedate.optional(NOT_A_DATE)?,
            is_completed: self.completed.lenient(),
        };
        projects::update_task(context, id, &changes).await?;
        Ok(UpdateProjectTaskReply { message: "Task has been updated" })
    }
}
