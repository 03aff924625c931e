//! `GetProject`.

use std::collections::HashMap;

use chrono::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project_params::ProjectFields;
use crate::actions::words::projects::{PROJECT_NOT_FOUND, PROJECT_NOT_SET};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ProjectId, ProjectTaskId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::projects::{self, ProjectDetails};
use crate::param::Param;
use crate::store::projects::project::ProjectMessage;
use crate::store::projects::tasks::TaskRow;
use crate::store::projects::timers::TimerRow;

/// Returns a project with its tasks, their timers, and its messages. Files of projects are not managed here.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetProject {
    projectid: Param<ProjectId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetProjectReply {
    projectinfo: ProjectInfo,
    tasks: Tasks,
    messages: Messages,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ProjectInfo {
    #[serde(flatten)]
    fields: ProjectFields,
    /// Always empty.
    attachments: &'static str,
    watchers: String,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Tasks {
    task: Vec<Task>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Task {
    id: i64,
    projectid: i64,
    task: String,
    notes: String,
    /// 0 for nobody.
    adminid: i64,
    created: String,
    /// `0000-00-00` for none.
    duedate: String,
    completed: i64,
    billed: i64,
    /// The position in the project, from 1.
    order: i64,
    timelogs: Timelogs,
}

/// The timers of a task; an empty text if there are none.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Timelogs {
    None(&'static str),
    Some { timelog: Vec<Timelog> },
}

#[derive(Debug, JsonSchema, Serialize)]
struct Timelog {
    id: i64,
    projectid: i64,
    taskid: i64,
    adminid: i64,
    /// Seconds since 1970.
    start: String,
    /// Seconds since 1970; `0` while it runs.
    end: String,
    donotbill: i64,
    /// The same in UTC, `YYYY-MM-DD HH:MM:SS`.
    starttime: String,
    /// Likewise; empty while it runs.
    endtime: String,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Messages {
    message: Vec<Message>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Message {
    id: i64,
    projectid: i64,
    date: String,
    message: String,
    /// Always empty.
    attachments: &'static str,
    adminid: i64,
}

impl Action for GetProject {
    const NAME: &'static str = "GetProject";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["projectid"];
    const EXAMPLE: &'static str = r#"{"projectid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(PROJECT_NOT_SET), Exact(PROJECT_NOT_FOUND)];
    type Reply = GetProjectReply;

    async fn run(self, call: Call<'_>) -> Result<GetProjectReply> {
        projects::require_active(call.compat)?;
        let id = self.projectid.required_or(PROJECT_NOT_SET, PROJECT_NOT_FOUND)?;
        let ProjectDetails { project, tasks, timers, messages } = projects::read(call.db, id).await?;
        let mut logs: HashMap<ProjectTaskId, Vec<Timelog>> = HashMap::new();
        for timer in &timers {
            logs.entry(timer.task).or_default().push(Timelog::new(id, timer));
        }
        let mut tasks_of = |task: TaskRow| Task::new(id, logs.remove(&task.id).unwrap_or_default(), task);
        let tasks = tasks.into_iter().map(&mut tasks_of).collect();
        let messages = messages.into_iter().map(|message| Message::new(id, message)).collect();
        Ok(GetProjectReply {
            projectinfo: ProjectInfo { watchers: project.watchers.clone(), attachments: "", fields: project.into() },
            tasks: Tasks { task: tasks },
            messages: Messages { message: messages },
        })
    }
}

impl Task {
    fn new(project: ProjectId, timelog: Vec<Timelog>, task: TaskRow) -> Task {
        Task {
            id: task.id.0,
            projectid: project.0,
            task: task.task,
            notes: task.notes,
            adminid: task.staff,
            created: task.created,
            duedate: task.due,
            completed: task.is_completed.into(),
            billed: task.is_billed.into(),
            order: task.position,
            timelogs: if timelog.is_empty() { Timelogs::None("") } else { Timelogs::Some { timelog } },
        }
    }
}

impl Timelog {
    fn new(project: ProjectId, timer: &TimerRow) -> Timelog {
        Timelog {
            id: timer.id.0,
            projectid: project.0,
            taskid: timer.task.0,
            adminid: timer.staff,
            start: timer.start.to_string(),
            end: timer.end.to_string(),
            donotbill: timer.is_not_billed.into(),
            starttime: written(timer.start),
            endtime: if timer.end == 0 { String::new() } else { written(timer.end) },
        }
    }
}

fn written(seconds: i64) -> String {
    DateTime::from_timestamp(seconds, 0).map(|time| time.format("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

impl Message {
    fn new(project: ProjectId, message: ProjectMessage) -> Message {
        Message {
            id: message.id,
            projectid: project.0,
            date: message.date,
            message: message.message,
            attachments: "",
            adminid: message.staff,
        }
    }
}
