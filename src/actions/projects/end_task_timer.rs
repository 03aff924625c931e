//! `EndTaskTimer`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::unix_time;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, TIMER_NOT_FOUND, TIMER_NOT_SET};
use crate::actions::words::support::STAFF_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId, ProjectTimerId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::projects::{self, TimerKey};
use crate::param::Param;

/// Ends a timer. One that has ended already keeps its end.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct EndTaskTimer {
    /// The id of the timer, as GetProject returns it.
    timerid: Param<ProjectTimerId>,
    /// The id of a task, whose running timer is ended; only without `timerid`. Published clients send it.
    taskid: Param<ProjectTaskId>,
    /// The project to which the timer must belong.
    projectid: Param<ProjectId>,
    /// The member of staff whose time it is; by default, that does not change.
    adminid: Param<AdminId>,
    /// Seconds since 1970; by default, now. An end before the start counts as the start.
    end_time: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct EndTaskTimerReply {
    message: &'static str,
}

impl Action for EndTaskTimer {
    const NAME: &'static str = "EndTaskTimer";
    const ACCESS: Access = Access::Write;
    const EXAMPLE: &'static str = r#"{"timerid": 2}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(PROJECT_NOT_FOUND), Exact(TIMER_NOT_SET), Exact(TIMER_NOT_FOUND), Exact(STAFF_NOT_FOUND)];
    type Reply = EndTaskTimerReply;

    async fn run(self, call: Call<'_>) -> Result<EndTaskTimerReply> {
        projects::require_active(call.compat)?;
        let project = self.projectid.optional(PROJECT_NOT_FOUND)?;
        if let Some(project) = project {
            projects::lock(call.db, project).await?;
        }
        let key = match (self.timerid.is_sent(), self.taskid.is_sent()) {
            (true, _) => TimerKey::Timer(self.timerid.required(TIMER_NOT_FOUND)?),
            (false, true) => TimerKey::RunningOf(self.taskid.required(TIMER_NOT_FOUND)?),
            (false, false) => return refuse(TIMER_NOT_SET),
        };
        let staff = self.adminid.optional(STAFF_NOT_FOUND)?;
        let end = unix_time(self.end_time)?;
        projects::end_timer(call.context(), key, project, staff, end).await?;
        Ok(EndTaskTimerReply { message: "Timer Has Ended" })
    }
}
