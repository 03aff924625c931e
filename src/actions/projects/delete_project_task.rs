//! `DeleteProjectTask`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_REQUIRED, TASK_NOT_FOUND, TASK_REQUIRED};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ProjectId, ProjectTaskId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects;
use crate::param::Param;

/// Deletes a task of a project, with its timers. It cannot be undone.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteProjectTask {
    projectid: Param<ProjectId>,
    taskid: Param<ProjectTaskId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteProjectTaskReply {
    message: &'static str,
}

impl Action for DeleteProjectTask {
    const NAME: &'static str = "DeleteProjectTask";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["projectid", "taskid"];
    const EXAMPLE: &'static str = r#"{"projectid": 2, "taskid": 3}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(PROJECT_REQUIRED), Exact(TASK_REQUIRED), Exact(PROJECT_NOT_FOUND), Exact(TASK_NOT_FOUND)];
    type Reply = DeleteProjectTaskReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteProjectTaskReply> {
        projects::require_active(call.compat)?;
        if self.projectid == Param::Absent {
            return refuse(PROJECT_REQUIRED);
        }
        if self.taskid == Param::Absent {
            return refuse(TASK_REQUIRED);
        }
        let project = self.projectid.required(PROJECT_NOT_FOUND)?;
        projects::lock(call.db, project).await?;
        let task = self.taskid.required(TASK_NOT_FOUND)?;
        projects::delete_task(call.context(), project, task).await?;
        Ok(DeleteProjectTaskReply { message: "Task has been deleted" })
    }
}
