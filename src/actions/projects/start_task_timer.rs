//! `StartTaskTimer`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::unix_time;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_REQUIRED, TIMER_NOT_FOUND, TIMER_NOT_SET};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects::{self, TimerStart};
use crate::param::Param;

/// Starts a timer of a task of a project. A task may have several timers that run.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct StartTaskTimer {
    /// The id of the task. The documentation has it as `timerid`; published clients send `taskid`.
    taskid: Param<ProjectTaskId>,
    /// The id of the task, too; only without `taskid`.
    timerid: Param<ProjectTaskId>,
    projectid: Param<ProjectId>,
    /// The member of staff whose time it is; by default, the owner of the credential.
    adminid: Param<AdminId>,
    /// Seconds since 1970; by default, now.
    start_time: Param<u32>,
    /// Seconds since 1970, if the timer has ended already. An end before the start counts as the start.
    end_time: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct StartTaskTimerReply {
    message: &'static str,
    /// The id of the timer. WHMCS lacks this field.
    timerid: i64,
}

impl Action for StartTaskTimer {
    const NAME: &'static str = "StartTaskTimer";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["projectid"];
    const EXAMPLE: &'static str = r#"{"projectid": 1, "timerid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(PROJECT_REQUIRED),
        Exact(PROJECT_NOT_FOUND),
        Exact(TIMER_NOT_SET),
        Exact(TIMER_NOT_FOUND),
        Exact(STAFF_NOT_FOUND),
    ];
    type Reply = StartTaskTimerReply;

    async fn run(self, call: Call<'_>) -> Result<StartTaskTimerReply> {
        projects::require_active(call.compat)?;
        let project = self.projectid.required_or(PROJECT_REQUIRED, PROJECT_NOT_FOUND)?;
        projects::lock(call.db, project).await?;
        let task = self.taskid.or(self.timerid);
        if !task.is_sent() {
            return refuse(TIMER_NOT_SET);
        }
        let start = TimerStart {
            project,
            task: task.required(TIMER_NOT_FOUND)?,
            staff: self.adminid.optional(STAFF_NOT_FOUND)?.unwrap_or(call.author.admin),
            start: unix_time(self.start_time)?,
            end: unix_time(self.end_time)?,
        };
        let timer = projects::start_timer(call.context(), &start).await?;
        Ok(StartTaskTimerReply { message: "Start Timer Has Been Set", timerid: timer.0 })
    }
}
