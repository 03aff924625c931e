//! Timers of tasks.

use super::{Refusal, Result, if_active, lock};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::{AdminId, ProjectId, ProjectTaskId, ProjectTimerId};
use crate::operations::Context;
use crate::store::projects::timers::{self, NewTimer, Timer};
use crate::store::projects::{project, tasks};

/// A timer that is to be started.
#[derive(Debug)]
pub struct TimerStart {
    pub project: ProjectId,
    pub task: ProjectTaskId,
    pub staff: AdminId,
    /// Seconds since 1970; now by default.
    pub start: Option<i64>,
    /// Seconds since 1970 if it has ended already. No timer ends before its start: it would take time from the others.
    pub end: Option<i64>,
}

/// Starts a timer of a task whose project is locked, and returns its id. A task may have several that run.
pub async fn start_timer(context: Context<'_>, new: &TimerStart) -> Result<ProjectTimerId> {
    if tasks::project_of(context.db, new.task).await? != Some(new.project) {
        return Err(Refusal::TimerNotFound.into());
    }
    super::check_staff(context.db, new.staff).await?;
    let mut tx = context.write(Subject::Project(new.project)).await?;
    let start = new.start.unwrap_or(tx.now.utc().and_utc().timestamp());
    let end = new.end.map_or(0, |end| end.max(start));
    let timer = NewTimer { project: new.project, task: new.task, staff: new.staff, start, end };
    let id = timers::start(&mut tx, &timer).await?;
    project::touch(&mut tx, new.project).await?;
    project::log(&mut tx, new.project, &format!("Timer Started (ID: {id})")).await?;
    Ok(id)
}

/// The timer that is to be ended.
#[derive(Debug, Clone, Copy)]
pub enum TimerKey {
    Timer(ProjectTimerId),
    /// The one of a task that runs.
    RunningOf(ProjectTaskId),
}

async fn find(db: &mut Lease, key: TimerKey) -> Result<Timer> {
    let found = match key {
        TimerKey::Timer(id) => timers::find(db, id).await,
        TimerKey::RunningOf(task) => timers::running(db, task).await,
    };
    Ok(if_active(found)?.ok_or(Refusal::TimerNotFound)?)
}

/// Ends a timer now, or at this time in seconds since 1970, but not before its start. One that has ended already keeps its end.
pub async fn end_timer(
    context: Context<'_>,
    key: TimerKey,
    project: Option<ProjectId>,
    staff: Option<AdminId>,
    end: Option<i64>,
) -> Result<ProjectTimerId> {
    let found = find(context.db, key).await?.project;
    if project.is_some_and(|project| project != found) {
        return Err(Refusal::TimerNotFound.into());
    }
    lock(context.db, found).await?;
    // Until the project was locked, another call may have ended it.
    let timer = find(context.db, key).await?;
    if let Some(staff) = staff {
        super::check_staff(context.db, staff).await?;
    }
    let mut tx = context.write(Subject::Project(found)).await?;
    if timer.is_running() {
        let end = end.unwrap_or(tx.now.utc().and_utc().timestamp()).max(timer.start);
        timers::end(&mut tx, timer.id, end, staff).await?;
        project::touch(&mut tx, found).await?;
        project::log(&mut tx, found, &format!("Timer Ended (ID: {})", timer.id)).await?;
    }
    Ok(timer.id)
}
