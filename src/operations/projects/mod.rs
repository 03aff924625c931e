//! Projects with their tasks, timers and messages, as staff plan their work.
//!
//! They are in the tables of WHMCS's addon Project Management. A database without these, or a setting, makes every operation
//! refuse.

mod tasks;
mod timers;

use sqlx::MySqlConnection;

use crate::config::Compat;
use crate::database::errors::is_missing_table;
use crate::database::lease::Lease;
use crate::database::page::{Listed, Page};
use crate::database::writer::Subject;
use crate::domain::id::{AdminId, ClientId, ProjectId};
use crate::operations::{self, Context, OperationError, clients};
use crate::store;
use crate::store::projects::project::{self, NewProject, ProjectChanges, ProjectFilter, ProjectMessage, ProjectRow};
use crate::store::projects::tasks::TaskRow;
use crate::store::projects::timers::TimerRow;

pub use tasks::{add_task, delete_task, lock_task, update_task};
pub use timers::{TimerKey, TimerStart, end_timer, start_timer};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a project is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The settings or the database are without projects.
    NotActive,
    ProjectNotFound,
    TaskNotFound,
    TimerNotFound,
    ClientNotFound,
    StaffNotFound,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotActive => "projects_not_active",
            Refusal::ProjectNotFound => "project_not_found",
            Refusal::TaskNotFound => "task_not_found",
            Refusal::TimerNotFound => "timer_not_found",
            Refusal::ClientNotFound => "client_not_found",
            Refusal::StaffNotFound => "staff_not_found",
        }
    }
}

/// Rejects every call if the settings are without projects.
pub fn require_active(compat: &Compat) -> Result<()> {
    if compat.project_management { Ok(()) } else { Err(Refusal::NotActive.into()) }
}

/// Returns what a statement about projects returned; a database without their tables is one without projects.
fn if_active<T>(done: sqlx::Result<T>) -> Result<T> {
    done.map_err(|error| match is_missing_table(&error) {
        true => Refusal::NotActive.into(),
        false => error.into(),
    })
}

/// A project with everything that belongs to it.
#[derive(Debug)]
pub struct ProjectDetails {
    pub project: ProjectRow,
    /// In their order.
    pub tasks: Vec<TaskRow>,
    pub timers: Vec<TimerRow>,
    pub messages: Vec<ProjectMessage>,
}

/// Returns a page of projects.
pub async fn list(db: &mut MySqlConnection, filter: &ProjectFilter, page: Page) -> Result<Listed<ProjectRow>> {
    if_active(project::list(db, filter, page).await)
}

/// Reads a project with its tasks, timers and messages.
pub async fn read(db: &mut MySqlConnection, id: ProjectId) -> Result<ProjectDetails> {
    Ok(ProjectDetails {
        project: if_active(project::find(db, id).await)?.ok_or(Refusal::ProjectNotFound)?,
        tasks: if_active(store::projects::tasks::of_project(db, id).await)?,
        timers: if_active(store::projects::timers::of_project(db, id).await)?,
        messages: if_active(project::messages(db, id).await)?,
    })
}

/// Rejects a project that does not exist, and locks one that does until the transaction ends.
pub async fn lock(db: &mut Lease, id: ProjectId) -> Result<()> {
    let db = db.lock(Subject::Project(id)).await?;
    if if_active(project::exists(db, id).await)? { Ok(()) } else { Err(Refusal::ProjectNotFound.into()) }
}

/// Reads a project, and locks it until the transaction ends.
pub async fn lock_to_change(db: &mut Lease, id: ProjectId) -> Result<ProjectRow> {
    let db = db.lock(Subject::Project(id)).await?;
    Ok(if_active(project::find(db, id).await)?.ok_or(Refusal::ProjectNotFound)?)
}

/// Rejects a member of staff who does not exist or whose account is disabled.
pub async fn check_staff(db: &mut MySqlConnection, id: AdminId) -> Result<()> {
    if store::system::staff::is_active(db, id).await? { Ok(()) } else { Err(Refusal::StaffNotFound.into()) }
}

/// Rejects a client who does not exist, and keeps one who does until the transaction ends, in which something is locked.
pub async fn keep_client(db: &mut Lease, id: ClientId) -> Result<()> {
    clients::keep(db, id).await.map_err(|error| match error {
        OperationError::Refused(_) => Refusal::ClientNotFound.into(),
        OperationError::Fault(fault) => OperationError::Fault(fault),
    })
}

/// Locks what a new project needs.
pub async fn lock_all(db: &mut Lease) -> Result<()> {
    db.lock(Subject::Staff).await?;
    Ok(())
}

/// Adds a project, and returns its id.
pub async fn create(context: Context<'_>, new: &NewProject) -> Result<ProjectId> {
    let mut tx = context.write(Subject::Staff).await?;
    let id = if_active(project::add(&mut tx, new).await)?;
    project::log(&mut tx, id, "Project Created").await?;
    let line = format!("Created Project - Project ID: {id}");
    store::system::activity::log(&mut tx, new.client, &line).await?;
    Ok(id)
}

/// Changes a project that is locked.
pub async fn update(context: Context<'_>, id: ProjectId, changes: &ProjectChanges) -> Result<()> {
    let mut tx = context.write(Subject::Project(id)).await?;
    project::update(&mut tx, id, changes).await?;
    project::log(&mut tx, id, "Project Updated").await?;
    store::system::activity::log(&mut tx, None, &format!("Modified Project - Project ID: {id}")).await?;
    Ok(())
}

/// Adds a message to a project that is locked, and returns its id.
pub async fn add_message(context: Context<'_>, id: ProjectId, staff: AdminId, message: &str) -> Result<i64> {
    let mut tx = context.write(Subject::Project(id)).await?;
    let message = project::add_message(&mut tx, id, staff, message).await?;
    project::touch(&mut tx, id).await?;
    project::log(&mut tx, id, "Message Added").await?;
    Ok(message)
}
