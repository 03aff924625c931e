//! Tasks of projects.

use super::{Refusal, Result, if_active};
use crate::database::writer::Subject;
use crate::domain::id::{ProjectId, ProjectTaskId};
use crate::operations::Context;
use crate::store::projects::project;
use crate::store::projects::tasks::{self, NewTask, TaskChanges, TaskKey};

/// Adds a task to a project that is locked, as its last one, and returns its id.
pub async fn add_task(context: Context<'_>, project: ProjectId, new: &NewTask) -> Result<ProjectTaskId> {
    let mut tx = context.write(Subject::Project(project)).await?;
    let id = tasks::add(&mut tx, project, new).await?;
    project::touch(&mut tx, project).await?;
    project::log(&mut tx, project, &format!("Task Added: {}", new.task)).await?;
    Ok(id)
}

/// Reads a task, and locks its project.
pub async fn lock_task(context: &mut Context<'_>, id: ProjectTaskId) -> Result<TaskKey> {
    let task = if_active(tasks::find(context.db, id).await)?.ok_or(Refusal::TaskNotFound)?;
    context.db.lock(Subject::Project(task.project)).await?;
    // Until it was locked, the task may have been deleted or moved.
    match tasks::find(context.db, id).await? {
        Some(now) if now.project == task.project => Ok(now),
        _ => Err(Refusal::TaskNotFound.into()),
    }
}

/// Changes a task; one that is moved to another project, which is locked, takes its timers along.
pub async fn update_task(mut context: Context<'_>, id: ProjectTaskId, changes: &TaskChanges) -> Result<()> {
    let project = lock_task(&mut context, id).await?.project;
    if let Some(staff) = changes.staff.filter(|staff| staff.0 != 0) {
        super::check_staff(context.db, staff).await?;
    }
    let mut tx = context.write(Subject::Project(project)).await?;
    tasks::update(&mut tx, id, changes).await?;
    let project = changes.project.unwrap_or(project);
    project::touch(&mut tx, project).await?;
    project::log(&mut tx, project, &format!("Task Updated (ID: {id})")).await?;
    Ok(())
}

/// Deletes a task of a project that is locked, with its timers.
pub async fn delete_task(context: Context<'_>, project: ProjectId, id: ProjectTaskId) -> Result<()> {
    if tasks::project_of(context.db, id).await? != Some(project) {
        return Err(Refusal::TaskNotFound.into());
    }
    let mut tx = context.write(Subject::Project(project)).await?;
    tasks::delete(&mut tx, id).await?;
    project::touch(&mut tx, project).await?;
    project::log(&mut tx, project, &format!("Task Deleted (ID: {id})")).await?;
    Ok(())
}
