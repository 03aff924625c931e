//! When tasks run, and on which server.

use std::fmt;
use std::sync::atomic::AtomicU64;

use chrono::{Days, NaiveDate, TimeDelta, Timelike};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, debug_span, info};

use super::TASKS;
use super::run::{AnyTask, Run, TaskResult, Tools};
use super::task::{Counts, Day, Schedule};
use crate::config::AutomationRun;
use crate::database::lease::Lease;
use crate::domain::time::{Moment, parse_date, parse_date_time};
use crate::fault::{self, Fault};
use crate::store::automation::runs;
use crate::store::system::inspection;

/// The name of the daily run as a whole in the record of runs.
const WHOLE_DAY: &str = "day";
/// The hour of the daily run if the operator has set none.
const DEFAULT_HOUR: u32 = 9;
/// A cron job of a WHMCS that ran within this time still runs.
pub const CRON_IS_ALIVE: TimeDelta = TimeDelta::hours(26);
/// How long a server that was killed keeps others from running.
const LEASE: TimeDelta = TimeDelta::minutes(10);

/// Why the automation does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// `automation.run` is `never`.
    Off,
    /// The database is that of a WHMCS, which has its own.
    OfWhmcs,
    /// The cron job of a WHMCS ran at this time.
    CronRuns { at: String },
    /// `automation.starts_on` is a later day.
    Before(NaiveDate),
    /// Another server runs it now.
    OnAnotherServer,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Off => f.write_str("automation.run is \"never\""),
            Refused::OfWhmcs => f.write_str(
                "the database is that of a WHMCS, whose cron job does this; if that runs no more, set automation.run = \
                 \"in_place_of_whmcs\"",
            ),
            Refused::CronRuns { at } => write!(
                f,
                "the cron job of a WHMCS ran at {at} (lastDailyCronInvocationTime in tblconfiguration): both would invoice \
                 everything, so stop it, and wait until 26 hours have passed"
            ),
            Refused::Before(day) => write!(f, "it starts on {day} (automation.starts_on)"),
            Refused::OnAnotherServer => f.write_str("another server runs it now"),
        }
    }
}

/// The automation of one server.
pub struct Automation {
    tools: Tools,
    /// Identifies this server while it has the lease.
    holder: [u8; 16],
}

/// What is run besides what the schedule says.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only this task.
    pub task: Option<&'static str>,
    pub is_dry: bool,
    pub is_confirmed: bool,
    /// Whether the day has passed: then it is no record of that day, and what tells clients something or ends services is left out.
    pub is_past: bool,
}

/// Which tasks are run.
#[derive(Clone, Copy)]
struct Scope<'s> {
    /// Whether they are all those of the day, so that it has run once they have ended.
    is_whole_day: bool,
    is_wanted: &'s (dyn Fn(&dyn AnyTask) -> bool + Sync),
}

/// What became of each task.
pub type Results = Vec<(&'static str, TaskResult)>;

impl Automation {
    pub fn new(tools: Tools) -> fault::Result<Automation> {
        let mut holder = [0; 16];
        getrandom::fill(&mut holder).map_err(Fault::internal)?;
        Ok(Automation { tools, holder })
    }

    /// Whether the settings and the database allow it to run.
    pub async fn check(&self, now: Moment) -> fault::Result<Result<(), Refused>> {
        let mut lease = Lease::acquire(&self.tools.hosts).await?;
        let checked = self.checked(&mut lease, now).await;
        lease.release();
        checked
    }

    async fn checked(&self, db: &mut Lease, now: Moment) -> fault::Result<Result<(), Refused>> {
        let setting = self.tools.settings.automation.run;
        if setting == AutomationRun::Never {
            return Ok(Err(Refused::Off));
        }
        if inspection::whmcs_version(db).await?.is_none() {
            return Ok(Ok(()));
        }
        if setting == AutomationRun::OnOwnDatabase {
            return Ok(Err(Refused::OfWhmcs));
        }
        let marker = runs::marker(db).await?;
        let is_alive = parse_date_time(&marker).is_some_and(|at| now.local() - at < CRON_IS_ALIVE);
        let is_own = runs::is_own(db, &marker).await?;
        Ok(if is_alive && !is_own { Err(Refused::CronRuns { at: marker }) } else { Ok(()) })
    }

    /// Whether it may run by itself, too.
    pub async fn check_scheduled(&self, now: Moment) -> fault::Result<Result<(), Refused>> {
        let starts_later = self.tools.settings.automation.starts_later(now.date());
        Ok(self.check(now).await?.and(starts_later.map_or(Ok(()), |first| Err(Refused::Before(first)))))
    }

    /// Runs what is due at this time: the tasks of each run, and from the operator's hour on those of the day that have not
    /// ended on it.
    pub async fn run_scheduled(
        &self,
        now: Moment,
        stopping: &CancellationToken,
    ) -> fault::Result<Result<Results, Refused>> {
        self.scheduled(now, stopping).instrument(span()).await
    }

    async fn scheduled(&self, now: Moment, stopping: &CancellationToken) -> fault::Result<Result<Results, Refused>> {
        if let Err(refused) = self.check_scheduled(now).await? {
            return Ok(Err(refused));
        }
        let mut lease = Lease::acquire(&self.tools.hosts).await?;
        let hour = self.tools.settings.automation.hour.or(runs::hour(&mut lease).await?).unwrap_or(DEFAULT_HOUR);
        let whole_day = runs::find(&mut lease, now.date(), WHOLE_DAY).await?;
        lease.release();
        let is_after = whole_day.is_some_and(|row| !row.finished_at.is_empty());
        let is_daily = now.local().hour() >= hour && !is_after;
        let is_wanted = |task: &dyn AnyTask| match task.schedule() {
            Schedule::Daily => is_daily,
            Schedule::EachRun => true,
            Schedule::DailyAndAfter => is_daily || is_after,
        };
        let day = Day { is_after, ..self.day(now, false).await? };
        let run = self.new_run(now, day, false, stopping, &|_, _, _| {});
        self.run(run, Scope { is_whole_day: is_daily, is_wanted: &is_wanted }).await
    }

    /// Runs the tasks of a day, whether they ran on it or not.
    pub async fn run_day(
        &self,
        now: Moment,
        request: &Request,
        stopping: &CancellationToken,
        progress: &(dyn Fn(&'static str, usize, usize) + Sync),
    ) -> fault::Result<Result<Results, Refused>> {
        if let Err(refused) = self.check(now).await? {
            return Ok(Err(refused));
        }
        let is_wanted = |task: &dyn AnyTask| {
            request.task.is_none_or(|name| task.name() == name) && !(request.is_past && task.is_of_today())
        };
        let is_whole_day = request.task.is_none() && !request.is_dry && !request.is_past;
        let day = self.day(now, request.is_confirmed).await?;
        let day = Day { is_catching_up: day.is_catching_up || request.is_past, ..day };
        let run = self.new_run(now, day, request.is_dry, stopping, progress);
        self.run(run, Scope { is_whole_day, is_wanted: &is_wanted }).instrument(span()).await
    }

    fn new_run<'r>(
        &'r self,
        now: Moment,
        day: Day,
        is_dry: bool,
        stopping: &'r CancellationToken,
        progress: &'r (dyn Fn(&'static str, usize, usize) + Sync),
    ) -> Run<'r> {
        Run { tools: &self.tools, now, day, is_dry, endings: AtomicU64::new(0), stopping, progress }
    }

    /// Runs tasks while this server has the lease, and gives that back.
    async fn run(&self, run: Run<'_>, scope: Scope<'_>) -> fault::Result<Result<Results, Refused>> {
        if run.is_dry {
            return self.run_tasks(&run, scope).await;
        }
        if !self.take_lease().await? {
            return Ok(Err(Refused::OnAnotherServer));
        }
        let ran = self.run_tasks(&run, scope).await;
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        runs::give_lease_back(&mut db, &self.holder).await?;
        db.release();
        ran
    }

    async fn run_tasks(&self, run: &Run<'_>, scope: Scope<'_>) -> fault::Result<Result<Results, Refused>> {
        if scope.is_whole_day {
            let mut db = Lease::acquire(&self.tools.hosts).await?;
            runs::begin(&mut db, run.day.date, WHOLE_DAY, &marker(run.now), run.now).await?;
            runs::set_marker(&mut db, run.now).await?;
            db.release();
        }
        let mut results = Vec::new();
        for task in TASKS.iter().copied().filter(|task| (scope.is_wanted)(*task)) {
            if run.stopping.is_cancelled() || !task.is_on(&self.tools.settings.automation) {
                continue;
            }
            if !run.is_dry && !self.take_lease().await? {
                return Ok(Err(Refused::OnAnotherServer));
            }
            results.push((task.name(), self.run_task(task, run).await?));
        }
        if scope.is_whole_day && !run.stopping.is_cancelled() {
            self.finish_day(run, &results).await?;
        }
        Ok(Ok(results))
    }

    async fn finish_day(&self, run: &Run<'_>, results: &Results) -> fault::Result<()> {
        let (date, now) = (run.day.date, run.now);
        let failures = results.iter().map(|(_, result)| result.failures).sum();
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        runs::finish(&mut db, date, WHOLE_DAY, failures, &marker(now), now).await?;
        self.prune(&mut db, date).await?;
        db.release();
        info!(%date, failures, "the daily automation has run");
        Ok(())
    }

    /// Runs a task, and records what it has done.
    async fn run_task(&self, task: &dyn AnyTask, run: &Run<'_>) -> fault::Result<TaskResult> {
        if run.is_dry {
            return task.run(run).await;
        }
        let (date, now) = (run.day.date, run.now);
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        let before = runs::counts(&mut db, date, task.name()).await?;
        runs::begin(&mut db, date, task.name(), before.as_deref().unwrap_or("{}"), now).await?;
        db.release();
        let result = task.run(run).await?;
        let sum = sum(task, before.as_deref(), &result.counts);
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        let counts = serde_json::to_string(&sum).map_err(Fault::internal)?;
        runs::finish(&mut db, date, task.name(), result.failures, &counts, now).await?;
        for (name, count) in &sum {
            let namespace = format!("{}.{name}", task.name());
            runs::register(&mut db, date, task.summary(), &namespace, *count, now).await?;
        }
        db.release();
        Ok(result)
    }

    /// The day of this time.
    async fn day(&self, now: Moment, is_confirmed: bool) -> fault::Result<Day> {
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        let is_catching_up = is_after_standstill(&mut db, now.date()).await?;
        db.release();
        Ok(Day { date: now.date(), now, is_catching_up, is_after: false, is_confirmed })
    }

    /// Takes or extends the lease. It counts by the clock of the machine: the automation's own may stand still.
    async fn take_lease(&self) -> fault::Result<bool> {
        let mut db = Lease::acquire(&self.tools.hosts).await?;
        let now = chrono::Utc::now().naive_utc();
        let is_taken = runs::take_lease(&mut db, &self.holder, now, now + LEASE).await?;
        db.release();
        Ok(is_taken)
    }

    async fn prune(&self, db: &mut Lease, date: NaiveDate) -> fault::Result<()> {
        let keep_days = self.tools.settings.automation.keep_days;
        if keep_days > 0
            && let Some(day) = date.checked_sub_days(Days::new(keep_days))
        {
            runs::forget_before(db, day).await?;
        }
        Ok(())
    }
}

/// The part of the server that a run's statements belong to.
fn span() -> Span {
    debug_span!("automation", part = "automation")
}

/// The mark by which the daily run recognizes the time that it has stored as its own.
fn marker(now: Moment) -> String {
    serde_json::json!({ "marker": now.local().format("%Y-%m-%d %H:%M:%S").to_string() }).to_string()
}

/// Whether the daily run of the day before is missing.
async fn is_after_standstill(db: &mut Lease, date: NaiveDate) -> fault::Result<bool> {
    let last = runs::last_day(db, WHOLE_DAY, date).await?.as_deref().and_then(parse_date);
    Ok(last.is_none_or(|last| Some(last) != date.pred_opt()))
}

/// Returns what a task has done on a day: before, and now.
fn sum<'t>(task: &'t dyn AnyTask, before: Option<&str>, now: &Counts) -> std::collections::BTreeMap<&'t str, u64> {
    let before: std::collections::BTreeMap<String, u64> =
        before.and_then(|before| serde_json::from_str(before).ok()).unwrap_or_default();
    let count = |name: &'static str| (name, before.get(name).unwrap_or(&0) + now.get(name).unwrap_or(&0));
    task.counts().iter().copied().map(count).collect()
}
