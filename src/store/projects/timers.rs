//! Timers of tasks (`mod_projecttimes`). Times are seconds since 1970, as texts; `0` is no time.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId, ProjectTimerId};

const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(projectid AS SIGNED) AS project, \
            CAST(COALESCE(start, '0') AS SIGNED) AS start, COALESCE(`end`, '') AS end \
     FROM mod_projecttimes WHERE id = ?";
const RUNNING: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(projectid AS SIGNED) AS project, \
            CAST(COALESCE(start, '0') AS SIGNED) AS start, '' AS end \
     FROM mod_projecttimes WHERE taskid = ? AND COALESCE(`end`, '') IN ('', '0') ORDER BY mod_projecttimes.id DESC LIMIT 1";
const START: &str =
    "INSERT INTO mod_projecttimes (projectid, taskid, adminid, start, `end`, donotbill) VALUES (?, ?, ?, ?, ?, 0)";
const END: &str = "UPDATE mod_projecttimes SET `end` = ?, adminid = COALESCE(?, adminid) WHERE id = ?";

/// A timer with its task.
#[derive(Debug)]
pub struct TimerRow {
    pub id: ProjectTimerId,
    pub task: ProjectTaskId,
    pub staff: i64,
    pub start: i64,
    /// 0 while it runs.
    pub end: i64,
    pub is_not_billed: bool,
}

from_row!(TimerRow { id, task, staff, start, end, is_not_billed });

/// Returns the timers of a project by id.
pub async fn of_project(db: &mut MySqlConnection, project: ProjectId) -> sqlx::Result<Vec<TimerRow>> {
    let statement = "SELECT CAST(z.id AS SIGNED) AS id, CAST(z.taskid AS SIGNED) AS task, CAST(z.adminid AS SIGNED) AS staff, \
                            CAST(COALESCE(z.start, '0') AS SIGNED) AS start, CAST(COALESCE(z.`end`, '0') AS SIGNED) AS `end`, \
                            z.donotbill <> 0 AS is_not_billed \
                     FROM mod_projecttimes z WHERE z.projectid = ? ORDER BY z.id";
    sqlx::query_as(statement).bind(project).fetch_all(db).await
}

/// A timer that is to be ended.
#[derive(Debug)]
pub struct Timer {
    pub id: ProjectTimerId,
    pub project: ProjectId,
    pub start: i64,
    end: String,
}

from_row!(Timer { id, project, start, end });

impl Timer {
    pub fn is_running(&self) -> bool {
        ["", "0"].contains(&self.end.trim())
    }
}

pub async fn find(db: &mut MySqlConnection, id: ProjectTimerId) -> sqlx::Result<Option<Timer>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// Returns the timer of a task that runs; of several, the latest.
pub async fn running(db: &mut MySqlConnection, task: ProjectTaskId) -> sqlx::Result<Option<Timer>> {
    sqlx::query_as(RUNNING).bind(task).fetch_optional(db).await
}

/// A timer to insert.
#[derive(Debug)]
pub struct NewTimer {
    pub project: ProjectId,
    pub task: ProjectTaskId,
    pub staff: AdminId,
    pub start: i64,
    /// 0 if it runs on.
    pub end: i64,
}

/// Inserts a timer and returns its id.
pub async fn start(tx: &mut Writer<'_>, new: &NewTimer) -> sqlx::Result<ProjectTimerId> {
    let insert = sqlx::query(START)
        .bind(new.project)
        .bind(new.task)
        .bind(new.staff)
        .bind(new.start.to_string())
        .bind(new.end.to_string());
    tx.insert(insert).await.map(ProjectTimerId)
}

/// Ends a timer; it is then of the member of staff if one is given.
pub async fn end(tx: &mut Writer<'_>, id: ProjectTimerId, end: i64, staff: Option<AdminId>) -> sqlx::Result<()> {
    tx.execute(sqlx::query(END).bind(end.to_string()).bind(staff).bind(id)).await.map(|_| ())
}
