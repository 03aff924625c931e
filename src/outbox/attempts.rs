//! Attempts at one entry: it is claimed and attempted, and the outcome is recorded.
//!
//! A claim is an update that only one server can make, committed before the attempt. Whether the claim succeeded is
//! decided by reading the entry afterwards and not by the update's result: on a cluster, an update may be undone
//! without an error.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, info, warn};

use super::kind::{Attempt, AttemptRecord, EntryState, Kind, WithoutAnswer, state_after};
use crate::database::errors::{self, Retry, transact};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::time::Clock;
use crate::fault::{Fault, Result};
use crate::store::system::outbox::{self, Claim, DueEntry, Entry, EntryUpdate};

/// Time limit for one step with the database.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for recording the outcome of an attempt before the entry counts as abandoned.
const RECORD_TIMEOUT: Duration = Duration::from_mins(1);
const RECORD_ATTEMPTS: u32 = 20;
/// Delay after a failure of the database.
const DATABASE_RETRY_DELAY: Duration = Duration::from_secs(1);
/// Time until an entry is claimed again that another one about the same subject obstructs.
const OBSTRUCTED_DELAY: TimeDelta = TimeDelta::minutes(1);

/// Counts an attempt, by kind and outcome.
pub type AttemptCounter = Box<dyn Fn(&'static str, &'static str) + Send + Sync>;

/// The resources that attempts of all kinds share.
pub(super) struct Engine {
    pub hosts: Arc<Hosts>,
    pub clock: Clock,
    pub count: AttemptCounter,
}

pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A [`Kind`] as a trait object.
pub(super) trait AnyKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn reports_unknown(&self) -> bool;
    fn without_answer(&self, entry: &Entry) -> WithoutAnswer;
    fn obstacle(&self) -> Option<&'static str>;
    fn lane_width(&self) -> usize;
    fn is_ordered(&self) -> bool;
    /// Claims an entry of a target. Returns `None` if another server has claimed it.
    fn claim<'a>(&'a self, engine: &'a Engine, due: DueEntry, target: &'a str) -> BoxFuture<'a, Option<Entry>>;
    /// Attempts a claimed entry, and records the outcome.
    fn run<'a>(&'a self, engine: &'a Engine, entry: Entry, stopping: &'a CancellationToken) -> BoxFuture<'a, ()>;
    /// Records that the outcome of an abandoned entry is unknown.
    fn park<'a>(&'a self, engine: &'a Engine, entry: Entry) -> BoxFuture<'a, ()>;
}

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn reports_unknown(&self) -> bool {
        K::REPORTS_UNKNOWN
    }

    fn without_answer(&self, entry: &Entry) -> WithoutAnswer {
        Kind::without_answer(self, entry)
    }

    fn obstacle(&self) -> Option<&'static str> {
        Kind::obstacle(self)
    }

    fn lane_width(&self) -> usize {
        Kind::lane_width(self)
    }

    fn is_ordered(&self) -> bool {
        K::IS_ORDERED
    }

    fn claim<'a>(&'a self, engine: &'a Engine, due: DueEntry, target: &'a str) -> BoxFuture<'a, Option<Entry>> {
        let limit = self.time_limit(target);
        Box::pin(async move { engine.claim(due, limit, K::IS_IRREVERSIBLE).await }.instrument(span::<K>()))
    }

    fn run<'a>(&'a self, engine: &'a Engine, entry: Entry, stopping: &'a CancellationToken) -> BoxFuture<'a, ()> {
        let run = async move {
            let attempt = self.attempt(&entry, stopping).await;
            engine.record(self, &entry, attempt).await;
        };
        Box::pin(run.instrument(span::<K>()))
    }

    fn park<'a>(&'a self, engine: &'a Engine, entry: Entry) -> BoxFuture<'a, ()> {
        let park = async move {
            let new_state = EntryState::Unknown(K::INTERRUPTED.to_owned());
            let attempted = AttemptRecord { entry: &entry, exchange: None, new_state: &new_state };
            // If recording fails, the entry stays abandoned.
            let _ = engine.record_state(self, &attempted).await;
        };
        Box::pin(park.instrument(span::<K>()))
    }
}

/// The span of an attempt's statements.
fn span<K: Kind>() -> tracing::Span {
    debug_span!("outbox", part = K::NAME)
}

impl Engine {
    /// Runs work with a connection, which is closed if the work fails or takes too long.
    pub async fn with_database<T>(
        &self,
        work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let result = timeout(DATABASE_TIMEOUT, Lease::with_connection(&self.hosts, work)).await;
        result.unwrap_or_else(|_| Err(sqlx::Error::Protocol("the database took too long".into())))
    }

    /// Claims an entry. If only one about its subject may be attempted at a time, an obstructed one is put back.
    async fn claim(&self, due: DueEntry, time_limit: Duration, is_one_at_a_time: bool) -> Option<Entry> {
        let entry = self.claim_in_any_case(due, time_limit).await?;
        if !(is_one_at_a_time && entry.is_obstructed) {
            return Some(entry);
        }
        let due_at = self.clock.now().utc() + OBSTRUCTED_DELAY;
        let put_back = self.with_database(async |db| outbox::put_back(db, &entry, due_at).await).await;
        if let Err(error) = put_back {
            warn!(entry = entry.id, %error, "an obstructed outbox entry could not be put back");
        }
        None
    }

    async fn claim_in_any_case(&self, due: DueEntry, time_limit: Duration) -> Option<Entry> {
        let claim = random_claim()?;
        let until = self.clock.now().utc() + TimeDelta::from_std(time_limit + RECORD_TIMEOUT).ok()?;
        let claimed = self.with_database(async |db| {
            let changed = outbox::claim(db, due, claim, until).await;
            match changed {
                Err(error) if errors::retry_policy(&error) == Retry::NewConnection => Err(error),
                _ => outbox::claimed(db, due.id, claim).await,
            }
        });
        match claimed.await {
            Ok(entry) => entry,
            // The claim may have been committed: reading the entry on another connection shows that.
            Err(error) => {
                warn!(entry = due.id, %error, "an outbox entry could not be claimed");
                sleep(DATABASE_RETRY_DELAY).await;
                self.with_database(async |db| outbox::claimed(db, due.id, claim).await).await.ok().flatten()
            }
        }
    }

    async fn record<K: Kind>(&self, kind: &K, entry: &Entry, attempt: Attempt<K::Exchange>) {
        let Attempt { outcome, mut exchange } = attempt;
        let new_state = state_after(kind, outcome, entry, self.clock.now().utc());
        let attempted = AttemptRecord { entry, exchange: Some(&exchange), new_state: &new_state };
        let Err(error) = self.record_state(kind, &attempted).await else { return };
        let is_unfit = matches!(&error, Fault::Database(error) if errors::is_invalid_value(error));
        if is_unfit
            && new_state == EntryState::Done
            && let Some(reason) = K::drop_unstorable(&mut exchange)
        {
            let new_state = match K::IS_IRREVERSIBLE {
                true => EntryState::Unknown(reason),
                false => EntryState::Failed(reason),
            };
            let attempted = AttemptRecord { entry, exchange: Some(&exchange), new_state: &new_state };
            let _ = self.record_state(kind, &attempted).await;
        }
    }

    /// Records the outcome of an attempt, retrying on failure. If recording fails for good, the entry counts as
    /// abandoned once its claim expires.
    async fn record_state<K: Kind>(&self, kind: &K, attempted: &AttemptRecord<'_, K::Exchange>) -> Result<()> {
        let mut pause = Duration::from_millis(20);
        for recording in 1.. {
            match self.record_once(kind, attempted).await {
                Ok(false) => return Ok(()),
                Ok(true) => break,
                Err(error) if recording == RECORD_ATTEMPTS || !is_transient(&error) => {
                    let entry = attempted.entry.id;
                    warn!(kind = K::NAME, entry, %error, "the outcome of an outbox attempt could not be recorded");
                    return Err(error);
                }
                Err(_) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(4));
                }
            }
        }
        (self.count)(K::NAME, attempted.new_state.label());
        log_state(K::NAME, attempted.entry, attempted.new_state);
        Ok(())
    }

    /// Records the outcome once. Returns `false` if the claim no longer holds: the outcome was recorded before, or the
    /// claim has expired.
    async fn record_once<K: Kind>(&self, kind: &K, attempted: &AttemptRecord<'_, K::Exchange>) -> Result<bool> {
        let mut lease = Lease::acquire_to_write(&self.hosts).await?;
        let write = async { transact!(self.write(&mut lease, kind, attempted).await) };
        match timeout(DATABASE_TIMEOUT, write).await {
            Ok(Ok(is_recorded)) => {
                lease.release_clean();
                Ok(is_recorded)
            }
            Ok(Err(Fault::Database(error))) => {
                lease.discard(&error);
                Err(error.into())
            }
            Ok(Err(fault)) => Err(fault),
            Err(_) => Err(Fault::Busy),
        }
    }

    async fn write<K: Kind>(
        &self,
        lease: &mut Lease,
        kind: &K,
        attempted: &AttemptRecord<'_, K::Exchange>,
    ) -> Result<bool> {
        let (now, entry, new_state) = (self.clock.now(), attempted.entry, attempted.new_state);
        let record_id = match new_state {
            EntryState::Superseded => entry.record_id,
            _ => kind.record(lease, attempted, now).await?,
        };
        let (due_at, is_unanswered) = match new_state {
            EntryState::Retry { due_at, is_unanswered, .. } => (*due_at, *is_unanswered),
            _ => (now.utc(), false),
        };
        let payload = match new_state {
            EntryState::Done | EntryState::Superseded => Some(K::kept_when_ended(&entry.payload)),
            EntryState::Unknown(_) if K::IS_IRREVERSIBLE => None,
            EntryState::Failed(_) | EntryState::Unknown(_) if K::has_secrets(&entry.payload) => Some(String::new()),
            EntryState::Retry { .. } | EntryState::Failed(_) | EntryState::Unknown(_) => None,
        };
        let (state, error) = (new_state.name(), new_state.reason());
        let update = EntryUpdate { state, is_unanswered, error, due_at, record_id, payload: payload.as_deref() };
        let is_recorded = match new_state {
            EntryState::Done if !K::KEEPS_DONE => outbox::remove(lease, entry).await?,
            _ => outbox::end(lease, entry, &update).await?,
        };
        match is_recorded {
            true => lease.commit().await?,
            false => lease.roll_back().await?,
        }
        Ok(is_recorded)
    }
}

fn log_state(kind: &str, entry: &Entry, new_state: &EntryState) {
    let Entry { id, target, attempts, .. } = entry;
    let (reason, outcome) = (new_state.reason(), new_state.label());
    match new_state {
        EntryState::Done | EntryState::Superseded => {
            info!(kind, entry = id, target, attempts, outcome, "an outbox attempt has ended");
        }
        EntryState::Retry { .. } | EntryState::Failed(_) | EntryState::Unknown(_) => {
            warn!(kind, entry = id, target, attempts, outcome, reason, "an outbox attempt did not succeed");
        }
    }
}

/// Whether recording the outcome again may succeed.
fn is_transient(fault: &Fault) -> bool {
    match fault {
        Fault::Busy | Fault::Vanished => true,
        Fault::Database(error) => errors::retry_policy(error) != Retry::Never,
        Fault::AnswerNeeded | Fault::Internal(_) => false,
    }
}

/// A random claim; `None` if the machine has no randomness.
pub(super) fn random_claim() -> Option<Claim> {
    let mut claim = Claim([0; 16]);
    getrandom::fill(&mut claim.0).ok()?;
    Some(claim)
}
