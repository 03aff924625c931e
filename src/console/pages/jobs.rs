//! Jobs that take longer than a page: how far the last one is, and its result.

use chrono::NaiveDateTime;
use maud::{Markup, html};

use crate::api::{JOB_IS_ALIVE, NewJob};
use crate::console::Console;
use crate::console::html::time;
use crate::console::visit::{Answer, Result, Visit, refuse};
use crate::database::errors::is_missing_table;
use crate::store::console::jobs::{self, Job, JobKind};

/// After how many seconds a page with a job that runs is loaded again.
const REFRESH_SECONDS: &str = "2";

/// The last job of a kind, and the last one with a result.
pub struct LastJob {
    last: Option<Job>,
    result: Option<Job>,
    now: NaiveDateTime,
}

pub async fn last(console: &Console, visit: &Visit, kind: JobKind) -> Result<LastJob> {
    let now = visit.now.utc();
    let read = console.api.look(async |db| match jobs::last(&mut *db, kind).await {
        Ok(last) => {
            let has_result = last.as_ref().is_some_and(|job| job.finished_at.is_some() && job.error.is_empty());
            let result = if has_result { last.clone() } else { jobs::last_result(db, kind).await? };
            Ok(LastJob { last, result, now })
        }
        Err(error) if is_missing_table(&error) => Ok(LastJob { last: None, result: None, now }),
        Err(error) => Err(error),
    });
    Ok(read.await?)
}

impl LastJob {
    /// The last one with a result.
    pub fn result(&self) -> Option<&Job> {
        self.result.as_ref()
    }

    fn is_running(&self) -> bool {
        let is_alive = |job: &Job| job.finished_at.is_none() && self.now - job.seen_at <= JOB_IS_ALIVE;
        self.last.as_ref().is_some_and(is_alive)
    }

    /// What became of the job, in an element with this id. `result` shows the result of one.
    pub fn shown(&self, id: &str, visit: &Visit, result: impl Fn(&Job) -> Markup) -> Markup {
        html! {
            div id=(id) data-refresh=[self.is_running().then_some(REFRESH_SECONDS)] {
                @if let Some(job) = &self.last { (self.state(visit, job)) }
                @match &self.result {
                    Some(job) => {
                        p {
                            "Result of " @if let Some(at) = job.finished_at { (time(visit, at)) }
                            ", started by " (job.started_by) ":"
                        }
                        (result(job))
                    }
                    None => p { "There is no result yet." },
                }
            }
        }
    }

    fn state(&self, visit: &Visit, job: &Job) -> Markup {
        let started = html! { "The run that " (job.started_by) " started at " (time(visit, job.started_at)) };
        match job.finished_at {
            None if self.is_running() => running(visit, job),
            None => html! { p class="problem" { (started) " has not ended: its server stopped." } },
            Some(_) if !job.error.is_empty() => html! { p class="problem" { (started) " failed: " (job.error) } },
            Some(_) => html! {},
        }
    }
}

fn running(visit: &Visit, job: &Job) -> Markup {
    html! {
        div role="status" {
            p {
                "Running since " (time(visit, job.started_at)) ", started by " (job.started_by) "."
                @if !job.step.is_empty() { " Now: " (job.step) "." }
            }
            @if job.total > 0 {
                p {
                    label for="progress" { "Progress: " (job.done) " of " (job.total) } " "
                    progress id="progress" value=(job.done) max=(job.total) {}
                }
            }
            noscript { p { "Load this page again to see how far it is." } }
        }
    }
}

/// Starts a job, and leads back to the page that shows it.
pub async fn start(console: &Console, visit: &Visit, job: NewJob, page: &str) -> Result {
    match console.api.start_job(job, visit.sender()).await? {
        true => Ok(Answer::to(page)),
        false => refuse("One is running already. Nothing was started."),
    }
}
