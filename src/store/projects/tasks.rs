//! Tasks of projects (`mod_projecttasks`).

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId};
use crate::domain::time::NO_DATE;

const FIND: &str =
    "SELECT CAST(projectid AS SIGNED) AS project, CAST(adminid AS SIGNED) AS staff FROM mod_projecttasks WHERE id = ?";
const ADD: &str = "INSERT INTO mod_projecttasks (projectid, task, notes, adminid, created, duedate, completed, billed, `order`) \
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, COALESCE(MAX(t.`order`), 0) + 1 FROM mod_projecttasks t WHERE t.projectid = ?";
const UPDATE: &str = "UPDATE mod_projecttasks SET projectid = COALESCE(?, projectid), task = COALESCE(?, task), \
            notes = COALESCE(?, notes), adminid = COALESCE(?, adminid), duedate = COALESCE(?, duedate), \
            completed = COALESCE(?, completed) WHERE id = ?";
const MOVE_TIMERS: &str = "UPDATE mod_projecttimes SET projectid = ? WHERE taskid = ?";
const DELETE: &str = "DELETE FROM mod_projecttasks WHERE id = ?";
const DELETE_TIMERS: &str = "DELETE FROM mod_projecttimes WHERE taskid = ?";

/// A task of a project.
#[derive(Debug)]
pub struct TaskRow {
    pub id: ProjectTaskId,
    pub task: String,
    pub notes: String,
    /// 0 for nobody.
    pub staff: i64,
    pub created: String,
    pub due: String,
    pub is_completed: bool,
    pub is_billed: bool,
    pub position: i64,
}

from_row!(TaskRow { id, task, notes, staff, created, due, is_completed, is_billed, position });

/// Returns the tasks of a project in their order.
pub async fn of_project(db: &mut MySqlConnection, project: ProjectId) -> sqlx::Result<Vec<TaskRow>> {
    let statement = "SELECT CAST(t.id AS SIGNED) AS id, t.task, t.notes, CAST(t.adminid AS SIGNED) AS staff, \
                            COALESCE(CAST(t.created AS CHAR), '0000-00-00 00:00:00') AS created, \
                            COALESCE(CAST(t.duedate AS CHAR), '0000-00-00') AS due, t.completed <> 0 AS is_completed, \
                            t.billed <> 0 AS is_billed, CAST(t.`order` AS SIGNED) AS position \
                     FROM mod_projecttasks t WHERE t.projectid = ? ORDER BY t.`order`, t.id";
    sqlx::query_as(statement).bind(project).fetch_all(db).await
}

/// What a change of a task must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskKey {
    pub project: ProjectId,
    /// 0 for nobody.
    pub staff: i64,
}

from_row!(TaskKey { project, staff });

pub async fn find(db: &mut MySqlConnection, task: ProjectTaskId) -> sqlx::Result<Option<TaskKey>> {
    sqlx::query_as(FIND).bind(task).fetch_optional(db).await
}

/// Returns the project to which a task belongs.
pub async fn project_of(db: &mut MySqlConnection, task: ProjectTaskId) -> sqlx::Result<Option<ProjectId>> {
    Ok(find(db, task).await?.map(|task| task.project))
}

/// A task to insert.
#[derive(Debug)]
pub struct NewTask {
    pub task: String,
    pub notes: String,
    /// 0 for nobody.
    pub staff: AdminId,
    pub due: Option<NaiveDate>,
    pub is_completed: bool,
    pub is_billed: bool,
}

/// Inserts a task as the last one of a project, and returns its id.
pub async fn add(tx: &mut Writer<'_>, project: ProjectId, new: &NewTask) -> sqlx::Result<ProjectTaskId> {
    let insert = sqlx::query(ADD)
        .bind(project)
        .bind(&new.task)
        .bind(&new.notes)
        .bind(new.staff)
        .bind(tx.now.local())
        .bind(new.due.map_or(NO_DATE.to_owned(), |due| due.to_string()))
        .bind(i32::from(new.is_completed))
        .bind(i32::from(new.is_billed))
        .bind(project);
    tx.insert(insert).await.map(ProjectTaskId)
}

/// Changes to a task; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct TaskChanges {
    /// The project to which it is moved.
    pub project: Option<ProjectId>,
    pub task: Option<String>,
    pub notes: Option<String>,
    /// 0 for nobody.
    pub staff: Option<AdminId>,
    pub due: Option<NaiveDate>,
    pub is_completed: Option<bool>,
}

pub async fn update(tx: &mut Writer<'_>, id: ProjectTaskId, changes: &TaskChanges) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(changes.project)
        .bind(&changes.task)
        .bind(&changes.notes)
        .bind(changes.staff)
        .bind(changes.due)
        .bind(changes.is_completed.map(i32::from))
        .bind(id);
    tx.execute(change).await?;
    if let Some(project) = changes.project {
        tx.execute(sqlx::query(MOVE_TIMERS).bind(project).bind(id)).await?;
    }
    Ok(())
}

/// Deletes a task with its timers.
pub async fn delete(tx: &mut Writer<'_>, id: ProjectTaskId) -> sqlx::Result<()> {
    for statement in [DELETE_TIMERS, DELETE] {
        tx.execute(sqlx::query(statement).bind(id)).await?;
    }
    Ok(())
}
