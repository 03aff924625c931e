//! Jobs that operators start in the console and that take longer than a page: audits of the books, and dry runs of the automation.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, warn};

use super::super::Api;
use super::{Sender, Surroundings, Work};
use crate::audit::{self, Report};
use crate::automation::{Counts, Request, Results};
use crate::database::lease::Lease;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::error::Result;
use crate::fault;
use crate::operations::OperationError;
use crate::store::authentication::console::SentForm;
use crate::store::console::jobs::{self, JobKind, Progress};
use crate::store::system::activity;

/// How often a job records how far it is.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// A job that has not shown itself for this long has ended with its server.
pub const JOB_IS_ALIVE: TimeDelta = TimeDelta::seconds(30);

/// A job to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewJob {
    /// An audit of the books.
    Audit,
    /// A dry run of the automation: of this task, or of all.
    DryRun(Option<&'static str>),
}

impl NewJob {
    pub fn kind(self) -> JobKind {
        match self {
            NewJob::Audit => JobKind::Audit,
            NewJob::DryRun(_) => JobKind::DryRun,
        }
    }

    /// The line of the activity log.
    fn line(self) -> String {
        match self {
            NewJob::Audit => "Audit of the Books Started".to_owned(),
            NewJob::DryRun(None) => "Dry Run of the Automation Started".to_owned(),
            NewJob::DryRun(Some(task)) => format!("Dry Run of the Automation Started - Task: {task}"),
        }
    }
}

/// What a task would do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DryTask {
    pub task: String,
    pub counts: std::collections::BTreeMap<String, u64>,
    pub failures: u32,
}

impl Api {
    /// Starts a job, which runs in the background. Returns `false` if one of its kind is running already.
    pub async fn start_job(self: &Arc<Self>, job: NewJob, sender: impl Into<Sender>) -> Result<bool> {
        let surroundings = self.surroundings_of(sender)?;
        let now = surroundings.now;
        let Ok(id) = self.commit(&Starting { surroundings, job }, now).await? else { return Ok(false) };
        let api = Arc::clone(self);
        // It ends with the server: the record of the job then stays without an end.
        tokio::spawn(async move { api.run_job(id, job).await }.instrument(debug_span!("console", part = "console")));
        Ok(true)
    }

    async fn run_job(&self, id: i64, job: NewJob) {
        let progress = SharedProgress::default();
        let stopping = CancellationToken::new();
        let outcome = tokio::select! {
            outcome = self.job_outcome(job, &progress, &stopping) => outcome,
            () = self.show_progress(id, &progress, &stopping) => return,
        };
        let now = self.clock.now().utc();
        let result = outcome.as_deref().map_err(|reason| &**reason);
        let recorded = Lease::with_connection(&self.hosts, async |db| {
            jobs::finish(&mut *db, id, result, now).await?;
            // The last result stays until there is another one.
            if result.is_ok() { jobs::forget_before(db, job.kind(), id).await } else { Ok(()) }
        });
        if let Err(error) = recorded.await {
            warn!(%error, "the result of a job could not be stored");
        }
    }

    /// Runs a job, and returns its result as JSON, or why it has failed.
    async fn job_outcome(
        &self,
        job: NewJob,
        progress: &SharedProgress,
        stopping: &CancellationToken,
    ) -> std::result::Result<String, String> {
        match job {
            NewJob::Audit => {
                let report = self.audited(progress).await.map_err(|error| error.to_string())?;
                self.record_audit(&report);
                serde_json::to_string(&report.summary()).map_err(|error| error.to_string())
            }
            NewJob::DryRun(task) => {
                let request = Request { task, is_dry: true, ..Request::default() };
                let show = |step: &'static str, done: usize, total: usize| {
                    progress.set(Progress { step, done: count(done), total: count(total) });
                };
                let automation = self.automation().map_err(|error| error.to_string())?;
                let ran = automation.run_day(self.clock.now(), &request, stopping, &show).await;
                match ran.map_err(|error| error.to_string())? {
                    Ok(results) => serde_json::to_string(&dry_tasks(results)).map_err(|error| error.to_string()),
                    Err(refused) => Err(format!("the automation does not run: {refused}")),
                }
            }
        }
    }

    async fn audited(&self, progress: &SharedProgress) -> fault::Result<Report> {
        // A lease closes its connection if the audit is dropped in the middle of a statement, when the server stops.
        let mut lease = Lease::acquire(&self.hosts).await?;
        let show = |done, total| progress.set(Progress { step: "", done, total });
        let report = audit::run(&mut lease, show).await;
        match report {
            Ok(_) => lease.release(),
            Err(ref error) => lease.discard(error),
        }
        Ok(report?)
    }

    /// Records how far a job is, until the server stops.
    async fn show_progress(&self, id: i64, progress: &SharedProgress, stopping: &CancellationToken) {
        let mut ticks = interval(SIGN_OF_LIFE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if self.is_draining() {
                stopping.cancel();
                return;
            }
            let (progress, now) = (progress.get(), self.clock.now().utc());
            let shown = Lease::with_connection(&self.hosts, async |db| jobs::advance(db, id, progress, now).await);
            if let Err(error) = shown.await {
                warn!(%error, "the progress of a job could not be stored");
            }
        }
    }

    /// Keeps the result of an audit that nobody has asked for.
    pub(super) async fn keep_audit(&self, report: &Report) {
        let now = self.clock.now().utc();
        let Ok(result) = serde_json::to_string(&report.summary()) else { return };
        let kept = Lease::with_connection(&self.hosts, async |db| {
            let id = jobs::add_finished(&mut *db, JobKind::Audit, "System", &result, now).await?;
            jobs::forget_before(db, JobKind::Audit, id).await
        });
        if let Err(error) = kept.await {
            warn!(%error, "the result of an audit could not be stored");
        }
    }
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn dry_tasks(results: Results) -> Vec<DryTask> {
    let named = |counts: Counts| counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    let task = |(task, result): (&str, crate::automation::TaskResult)| DryTask {
        task: task.to_owned(),
        counts: named(result.counts),
        failures: result.failures,
    };
    results.into_iter().map(task).collect()
}

/// How far a job is, for those who look.
#[derive(Default)]
struct SharedProgress(Mutex<Progress>);

impl SharedProgress {
    fn set(&self, progress: Progress) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    fn get(&self) -> Progress {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Starting {
    surroundings: Surroundings,
    job: NewJob,
}

/// Another job of the kind is running.
#[derive(Debug)]
struct RunsAlready;

impl Work for Starting {
    type Done = i64;
    type Refusal = RunsAlready;

    fn form(&self) -> Option<SentForm> {
        self.surroundings.form
    }

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> std::result::Result<i64, OperationError<RunsAlready>> {
        let Starting { surroundings: Surroundings { now, author, .. }, job } = self;
        let mut tx = Writer::begin(lease, author, *now, key, Subject::Staff).await?;
        let alive_since = now.utc() - JOB_IS_ALIVE;
        let Some(id) = jobs::begin(&mut tx, job.kind(), alive_since).await? else {
            return Err(OperationError::Refused(RunsAlready));
        };
        activity::log(&mut tx, None, &job.line()).await?;
        Ok(id)
    }
}
