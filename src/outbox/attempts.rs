//! The life of one entry: it is claimed, attempted, and what became of it is recorded.
//!
//! A claim is a change that only one server can make, and it is committed before the attempt. What the change itself is
//! answered does not count, only what is there afterwards: on a cluster, it may have been undone without a word.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, info, warn};

use super::kind::{Attempt, Attempted, Ending, Kind, WithoutAnswer, ending};
use crate::database::errors::{self, Remedy};
use crate::database::hosts::Hosts;
use crate::domain::time::Clock;
use crate::fault::{Fault, Result};
use crate::lease::Lease;
use crate::store::system::outbox::{self, Claim, Due, Ended, Entry};

/// How long the database may take for one step.
const STEP: Duration = Duration::from_secs(10);
/// How long it may take to record how an attempt ended, before the entry counts as abandoned.
const TIME_TO_RECORD: Duration = Duration::from_mins(1);
const ATTEMPTS_TO_RECORD: u32 = 20;
/// How long a database that failed is left alone.
const DATABASE_PAUSE: Duration = Duration::from_secs(1);

/// Counts an attempt, by kind and by how it ended.
pub type Count = Box<dyn Fn(&'static str, &'static str) + Send + Sync>;

/// What attempts of all kinds work with.
pub(super) struct Base {
    pub hosts: Arc<Hosts>,
    pub clock: Clock,
    pub count: Count,
}

pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A [`Kind`], whichever it is.
pub(super) trait AnyKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn without_answer(&self) -> WithoutAnswer;
    fn obstacle(&self) -> Option<&'static str>;
    fn lane_width(&self) -> usize;
    /// Claims an entry of a target, unless somebody else does.
    fn claim<'a>(&'a self, base: &'a Base, due: Due, target: &'a str) -> BoxFuture<'a, Option<Entry>>;
    /// Attempts a claimed entry, and records how that ended.
    fn run<'a>(&'a self, base: &'a Base, entry: Entry, stopping: &'a CancellationToken) -> BoxFuture<'a, ()>;
    /// Records of an abandoned entry that its outcome is unknown.
    fn park<'a>(&'a self, base: &'a Base, entry: Entry) -> BoxFuture<'a, ()>;
}

impl<K: Kind> AnyKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn without_answer(&self) -> WithoutAnswer {
        K::WITHOUT_ANSWER
    }

    fn obstacle(&self) -> Option<&'static str> {
        Kind::obstacle(self)
    }

    fn lane_width(&self) -> usize {
        Kind::lane_width(self)
    }

    fn claim<'a>(&'a self, base: &'a Base, due: Due, target: &'a str) -> BoxFuture<'a, Option<Entry>> {
        let limit = self.time_limit(target);
        Box::pin(async move { base.claim(due, limit).await }.instrument(span::<K>()))
    }

    fn run<'a>(&'a self, base: &'a Base, entry: Entry, stopping: &'a CancellationToken) -> BoxFuture<'a, ()> {
        let run = async move {
            let attempt = self.attempt(&entry, stopping).await;
            base.record(self, &entry, attempt).await;
        };
        Box::pin(run.instrument(span::<K>()))
    }

    fn park<'a>(&'a self, base: &'a Base, entry: Entry) -> BoxFuture<'a, ()> {
        let park = async move {
            let ending = Ending::Unknown(K::INTERRUPTED.to_owned());
            let attempted = Attempted { entry: &entry, exchange: None, ending: &ending };
            // Where that fails, it is abandoned still.
            let _ = base.record_ending(self, &attempted).await;
        };
        Box::pin(park.instrument(span::<K>()))
    }
}

/// The part of the server that runs its statements.
fn span<K: Kind>() -> tracing::Span {
    debug_span!("outbox", part = K::NAME)
}

impl Base {
    /// Does something with a connection, which is thrown away when that fails or takes too long.
    pub async fn with_database<T>(
        &self,
        work: impl AsyncFnOnce(&mut MySqlConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let worked = timeout(STEP, Lease::using(&self.hosts, work)).await;
        worked.unwrap_or_else(|_| Err(sqlx::Error::Protocol("the database took too long".into())))
    }

    async fn claim(&self, due: Due, time_limit: Duration) -> Option<Entry> {
        let claim = random_claim()?;
        let until = self.clock.now().utc() + TimeDelta::from_std(time_limit + TIME_TO_RECORD).ok()?;
        let claimed = self.with_database(async |db| {
            let changed = outbox::claim(db, due, claim, until).await;
            match changed {
                Err(error) if errors::remedy(&error) == Remedy::Reconnect => Err(error),
                _ => outbox::claimed(db, due.id, claim).await,
            }
        });
        match claimed.await {
            Ok(entry) => entry,
            // It may have been claimed: that is told by what is there, to another connection.
            Err(error) => {
                warn!(entry = due.id, %error, "an entry of the outbox could not be claimed");
                sleep(DATABASE_PAUSE).await;
                self.with_database(async |db| outbox::claimed(db, due.id, claim).await).await.ok().flatten()
            }
        }
    }

    async fn record<K: Kind>(&self, kind: &K, entry: &Entry, attempt: Attempt<K::Exchange>) {
        let Attempt { outcome, mut exchange } = attempt;
        let ending = ending(kind, outcome, entry.attempts, self.clock.now().utc());
        let attempted = Attempted { entry, exchange: Some(&exchange), ending: &ending };
        let Err(error) = self.record_ending(kind, &attempted).await else { return };
        let is_unfit = matches!(&error, Fault::Database(error) if errors::is_unfit_value(error));
        if is_unfit
            && ending == Ending::Done
            && let Some(reason) = K::drop_unstorable(&mut exchange)
        {
            let ending = Ending::Failed(reason);
            let attempted = Attempted { entry, exchange: Some(&exchange), ending: &ending };
            let _ = self.record_ending(kind, &attempted).await;
        }
    }

    /// Records how an attempt ended, as often as it takes. Where that cannot be done, the entry counts as abandoned in the end.
    async fn record_ending<K: Kind>(&self, kind: &K, attempted: &Attempted<'_, K::Exchange>) -> Result<()> {
        let mut pause = Duration::from_millis(20);
        for recording in 1.. {
            match self.record_once(kind, attempted).await {
                Ok(false) => return Ok(()),
                Ok(true) => break,
                Err(error) if recording == ATTEMPTS_TO_RECORD || !is_passing(&error) => {
                    let entry = attempted.entry.id;
                    warn!(kind = K::NAME, entry, %error, "how an attempt of the outbox ended could not be recorded");
                    return Err(error);
                }
                Err(_) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(4));
                }
            }
        }
        (self.count)(K::NAME, attempted.ending.label());
        log_ending(K::NAME, attempted.entry, attempted.ending);
        Ok(())
    }

    /// `false` where the claim does not hold any more: it was recorded before, or its time was over.
    async fn record_once<K: Kind>(&self, kind: &K, attempted: &Attempted<'_, K::Exchange>) -> Result<bool> {
        let mut lease = Lease::take(&self.hosts).await?;
        match timeout(STEP, self.write(&mut lease, kind, attempted)).await {
            Ok(Ok(is_recorded)) => {
                lease.give_back();
                Ok(is_recorded)
            }
            Ok(Err(Fault::Database(error))) => {
                lease.failed(&error);
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
        attempted: &Attempted<'_, K::Exchange>,
    ) -> Result<bool> {
        let (now, entry, ending) = (self.clock.now(), attempted.entry, attempted.ending);
        let mut transaction = lease.begin_to_write().await?;
        let record_id = match ending {
            Ending::Superseded => entry.record_id,
            _ => kind.record(&mut transaction, attempted, now).await?,
        };
        let (due_at, is_unanswered) = match ending {
            Ending::Retry { due_at, is_unanswered, .. } => (*due_at, *is_unanswered),
            _ => (now.utc(), false),
        };
        let keeps_payload = match ending {
            Ending::Done | Ending::Superseded => false,
            Ending::Retry { .. } => true,
            Ending::Failed(_) | Ending::Unknown(_) => !K::has_secrets(&entry.payload),
        };
        let (state, error) = (ending.state(), ending.reason());
        let ended = Ended { state, is_unanswered, error, due_at, record_id, keeps_payload };
        let is_recorded = match ending {
            Ending::Done if !K::KEEPS_DONE => outbox::remove(&mut transaction, entry).await?,
            _ => outbox::end(&mut transaction, entry, &ended).await?,
        };
        match is_recorded {
            true => transaction.commit().await?,
            false => transaction.rollback().await?,
        }
        Ok(is_recorded)
    }
}

fn log_ending(kind: &str, entry: &Entry, ending: &Ending) {
    let Entry { id, target, attempts, .. } = entry;
    let (reason, outcome) = (ending.reason(), ending.label());
    match ending {
        Ending::Done | Ending::Superseded => {
            info!(kind, entry = id, target, attempts, outcome, "an attempt of the outbox has ended");
        }
        Ending::Retry { .. } | Ending::Failed(_) | Ending::Unknown(_) => {
            warn!(kind, entry = id, target, attempts, outcome, reason, "an attempt of the outbox did not succeed");
        }
    }
}

/// Whether recording it again may help.
fn is_passing(fault: &Fault) -> bool {
    match fault {
        Fault::Busy | Fault::Vanished => true,
        Fault::Database(error) => errors::remedy(error) != Remedy::None,
        Fault::Internal(_) => false,
    }
}

/// `None` where the machine has no randomness.
pub(super) fn random_claim() -> Option<Claim> {
    let mut claim = Claim([0; 16]);
    getrandom::fill(&mut claim.0).ok()?;
    Some(claim)
}
