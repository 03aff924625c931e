//! Running tasks: unit by unit, each in a transaction that is run again while others are in its way.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::task::{Counts, Day, Schedule, Task, UnitError};
use crate::attachments::Attachments;
use crate::config::{self, Automation, Settings};
use crate::database::errors::{Retry, retry_policy, transact};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::documents::Renderer;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::keyring::Keyring;
use crate::operations::Context;
use crate::outbox::fraud;
use crate::outbox::gateways::{self, Gateways};
use crate::outbox::modules::Modules;
use crate::outbox::registrars::{Questions, Registrars};
use crate::outbox::webhooks::relay;
use crate::store::automation::runs;

/// Number of attempts at a unit that others are in the way of.
const MAX_ATTEMPTS: u32 = 10;
/// Time limit of an attempt.
const UNIT_TIMEOUT: Duration = Duration::from_mins(1);
/// Delay before the second attempt, which doubles after each further one.
const BACKOFF: Duration = Duration::from_millis(20);

/// What tasks work with.
pub struct Tools {
    pub hosts: Arc<Hosts>,
    pub settings: Settings,
    pub modules: Arc<Modules>,
    pub registrars: Arc<Registrars>,
    pub gateways: Arc<Gateways>,
    pub keyring: Arc<Keyring>,
    pub attachments: Arc<config::Attachments>,
    pub documents: Renderer,
    pub sends_mail: bool,
}

/// What a task has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskResult {
    pub counts: Counts,
    /// The number of units that failed; they are due again at the next run.
    pub failures: u32,
    /// Whether it was stopped: too many services were to be suspended or ended, or the server stops.
    pub is_stopped: bool,
}

/// A run of tasks for a day.
pub struct Run<'r> {
    pub tools: &'r Tools,
    pub now: Moment,
    pub day: Day,
    /// Whether each transaction is rolled back at its end.
    pub is_dry: bool,
    /// How many services it has suspended or ended so far.
    pub endings: AtomicU64,
    pub stopping: &'r CancellationToken,
    /// Is told about each unit: the task's name, how many have ended, and how many there are.
    pub progress: &'r (dyn Fn(&'static str, usize, usize) + Sync),
}

/// A [`Task`] as a list has it.
pub trait AnyTask: Send + Sync {
    fn name(&self) -> &'static str;
    fn summary(&self) -> &'static str;
    fn counts(&self) -> &'static [&'static str];
    fn schedule(&self) -> Schedule;
    /// As [`Task::IS_OF_TODAY`].
    fn is_of_today(&self) -> bool;
    fn is_on(&self, settings: &Automation) -> bool;
    /// Runs it for a day.
    fn run<'r>(&'r self, run: &'r Run<'r>) -> Pin<Box<dyn Future<Output = fault::Result<TaskResult>> + Send + 'r>>;
}

impl<T: Task> AnyTask for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn summary(&self) -> &'static str {
        T::SUMMARY
    }

    fn counts(&self) -> &'static [&'static str] {
        T::COUNTS
    }

    fn schedule(&self) -> Schedule {
        T::SCHEDULE
    }

    fn is_of_today(&self) -> bool {
        T::IS_OF_TODAY
    }

    fn is_on(&self, settings: &Automation) -> bool {
        Task::is_on(self, settings)
    }

    fn run<'r>(&'r self, run: &'r Run<'r>) -> Pin<Box<dyn Future<Output = fault::Result<TaskResult>> + Send + 'r>> {
        Box::pin(run.task(self))
    }
}

impl Run<'_> {
    /// Runs a task.
    pub(super) async fn task<T: Task>(&self, task: &T) -> fault::Result<TaskResult> {
        let settings = &self.tools.settings.automation;
        let mut lease = Lease::acquire(&self.tools.hosts).await?;
        let units = task.due(&mut lease, settings, &self.day).await;
        lease.release();
        let units = units?;
        let mut result = TaskResult::default();
        let endings = self.endings.load(Ordering::Relaxed) + units.len() as u64;
        let is_too_many = T::ENDS_SERVICES && endings > settings.max_endings.into();
        if is_too_many && !self.day.is_confirmed && !self.is_dry {
            warn!(
                task = T::NAME,
                services = endings,
                "nothing is suspended or ended, because these are more services than automation.max_endings: look at them with \
                 `whmcs-api automation run --dry-run`, and run it with --confirm"
            );
            return Ok(TaskResult { is_stopped: true, ..result });
        }
        for (number, unit) in units.iter().enumerate() {
            if self.stopping.is_cancelled() {
                result.is_stopped = true;
                break;
            }
            match self.unit(task, *unit).await {
                Ok(counts) => add(&mut result.counts, counts),
                Err(UnitError::Refused(code)) => {
                    warn!(task = T::NAME, unit, %code, "a unit was rejected; it is tried again at the next run");
                    result.failures += 1;
                }
                Err(UnitError::Fault(error)) => {
                    warn!(task = T::NAME, unit, %error, "a unit failed; it is tried again at the next run");
                    result.failures += 1;
                }
            }
            (self.progress)(T::NAME, number + 1, units.len());
        }
        if T::ENDS_SERVICES {
            self.endings.fetch_add(result.counts.values().sum(), Ordering::Relaxed);
        }
        Ok(result)
    }

    /// Runs the transaction of a unit until it is committed or fails for good.
    async fn unit<T: Task>(&self, task: &T, unit: i64) -> Result<Counts, UnitError> {
        let mut attempt = 1;
        loop {
            let error = match self.timed_attempt(task, unit).await {
                Err(UnitError::Fault(fault)) => fault,
                ended => return ended,
            };
            let may_succeed = match &error {
                Fault::Database(error) => retry_policy(error) != Retry::Never,
                Fault::Vanished | Fault::Busy => true,
                _ => false,
            };
            if attempt == MAX_ATTEMPTS || !may_succeed || self.stopping.is_cancelled() {
                return Err(error.into());
            }
            sleep(BACKOFF * 2_u32.pow(attempt)).await;
            attempt += 1;
        }
    }

    /// Attempts the transaction on a connection of its own. One whose state is unknown after the time limit is closed.
    async fn timed_attempt<T: Task>(&self, task: &T, unit: i64) -> Result<Counts, UnitError> {
        relay::renew_listeners(&self.tools.hosts).await?;
        let mut lease = Lease::acquire_to_write(&self.tools.hosts).await?;
        let attempt = async { transact!(self.attempt(&mut lease, task, unit).await) };
        let Ok(attempted) = timeout(UNIT_TIMEOUT, attempt).await else {
            drop(lease);
            return Err(Fault::Busy.into());
        };
        match &attempted {
            Err(UnitError::Fault(Fault::Database(error))) => lease.discard(error),
            _ => lease.release(),
        }
        attempted
    }

    async fn attempt<T: Task>(&self, lease: &mut Lease, task: &T, unit: i64) -> Result<Counts, UnitError> {
        let mut key = RequestKey([0; 32]);
        getrandom::fill(&mut key.0).map_err(Fault::internal)?;
        let tools = self.tools;
        let author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
        let attachments = Attachments::new(Arc::clone(&tools.attachments));
        let (questions, gateway_questions) = (Questions::default(), gateways::Questions::default());
        let fraud_questions = fraud::Questions::default();
        let context = Context {
            db: lease,
            author: &author,
            now: self.now,
            settings: &tools.settings,
            compat: &tools.settings.compat,
            modules: &tools.modules,
            registrars: &tools.registrars,
            questions: &questions,
            gateways: &tools.gateways,
            gateway_questions: &gateway_questions,
            fraud_questions: &fraud_questions,
            keyring: &tools.keyring,
            attachments: &attachments,
            documents: &tools.documents,
            sends_mail: tools.sends_mail,
            has_own_tables: true,
            take_note: || None,
            outside: None,
            key: Some(&key),
        };
        let carried_out = task.carry_out(context, &self.day, unit).await;
        if carried_out.is_err() || self.is_dry || lease.proof().is_none() {
            let _ = lease.roll_back().await;
            attachments.discard().await;
            return carried_out;
        }
        // The last statement of a transaction looks whether the database has lost the transaction.
        if !runs::prove(lease).await? {
            return Err(Fault::Vanished.into());
        }
        lease.commit().await?;
        attachments.remove_deleted().await;
        carried_out
    }
}

fn add(sum: &mut Counts, counts: Counts) {
    for (name, count) in counts {
        *sum.entry(name).or_default() += count;
    }
}
