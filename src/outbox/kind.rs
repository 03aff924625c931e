//! The interface that each kind of side effect implements. The engine is the same for all kinds.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use crate::database::lease::Lease;
use crate::domain::time::Moment;
use crate::fault::{Fault, Result};
use crate::store::system::outbox::Entry;

/// A kind of side effect. A new kind is one file that implements this trait, and a line in [`super::Outbox::new`].
pub trait Kind: Send + Sync + 'static {
    /// The name in the outbox, in metrics and in the log.
    const NAME: &'static str;
    /// The reason stored for an entry whose server died before it recorded the outcome.
    const INTERRUPTED: &'static str;
    /// Whether an entry supersedes earlier ones about the same subject.
    const SUPERSEDES: bool = false;
    /// Whether finished entries are kept, for callers that ask for the outcome again.
    const KEEPS_DONE: bool = false;
    /// Whether a call that waits for an entry without an answer gets the error that its outcome is unknown, rather than
    /// the reason.
    const REPORTS_UNKNOWN: bool = false;
    /// Whether the side effect can neither be taken back nor repeated without harm. What an attempt without an answer did
    /// must then become known before anything else happens to the subject: of the entries about one subject, one is
    /// attempted at a time, and none while the outcome of another is unknown; an entry that is withdrawn stays unknown if
    /// an attempt got no answer; and an operator's retry of an unknown entry first looks up what happened.
    const IS_IRREVERSIBLE: bool = false;

    /// Whether the entries of a target about one subject are attempted one at a time, in the order of their ids. One that has ended,
    /// in whatever way, makes room for the next.
    const IS_ORDERED: bool = false;

    /// Data of an attempt that is recorded with its outcome.
    type Exchange: Send + Sync;

    /// Why this server makes no attempts; `None` if it makes them.
    fn obstacle(&self) -> Option<&'static str> {
        None
    }

    /// What to do about an attempt at an entry whose effect is unknown.
    fn without_answer(&self, entry: &Entry) -> WithoutAnswer;

    /// Number of concurrent attempts of the worker for each target.
    fn lane_width(&self) -> usize;

    /// Maximum duration of an attempt.
    fn time_limit(&self, target: &str) -> Duration;

    /// Time from a failed attempt, counted from 1, to the next one; `None` gives up.
    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta>;

    /// Carries out the side effect. If `stopping` is cancelled, the attempt ends early if that does no harm.
    fn attempt(
        &self,
        entry: &Entry,
        stopping: &CancellationToken,
    ) -> impl Future<Output = Attempt<Self::Exchange>> + Send;

    /// Updates the row of WHMCS's tables that shows the entry, in the transaction that records the outcome, and returns
    /// the id of that row, or 0 if there is none. `attempted` has no exchange if the server stopped or failed during
    /// the attempt.
    fn record(
        &self,
        db: &mut Lease,
        attempted: &AttemptRecord<'_, Self::Exchange>,
        now: Moment,
    ) -> impl Future<Output = Result<i64>> + Send;

    /// Removes values that the database cannot store from the exchange of a successful attempt, and returns the reason
    /// for which the entry counts as failed, or as unknown if it is irreversible. Returns `None` if nothing can be removed.
    fn drop_unstorable(_exchange: &mut Self::Exchange) -> Option<String> {
        None
    }

    /// Whether a payload contains secrets. It is then deleted when the entry fails, so that the entry cannot be
    /// retried.
    fn has_secrets(_payload: &str) -> bool {
        false
    }

    /// Returns what is kept of the payload of an entry that is done or withdrawn; by default nothing.
    fn kept_when_ended(_payload: &str) -> String {
        String::new()
    }

    /// Updates the row of WHMCS's tables that shows the entry when an operator drops it, in the same transaction.
    fn give_up(
        _db: &mut MySqlConnection,
        _record_id: i64,
        _reason: &str,
        _now: NaiveDateTime,
    ) -> impl Future<Output = sqlx::Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Updates the row of WHMCS's tables that shows the entry when an operator retries it, in the same transaction, and
    /// returns the id of the row that shows it from now on, or 0 if there is none.
    fn reopen(
        db: &mut MySqlConnection,
        record_id: i64,
        now: NaiveDateTime,
    ) -> impl Future<Output = sqlx::Result<i64>> + Send;
}

/// How to continue after an attempt whose effect is unknown. No engine can promise that a side effect happens exactly
/// once, so each kind declares this for its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutAnswer {
    /// Another attempt with the same id, which the receiver recognizes.
    AskAgain,
    /// Another attempt, which first asks the receiver for the outcome of earlier ones: [`Entry::is_unanswered`] is set.
    LookUp,
    /// No further attempt: the outcome stays unknown until an operator decides.
    Park,
}

/// An attempt that has ended.
#[derive(Debug)]
pub struct Attempt<X> {
    pub outcome: Outcome,
    pub exchange: X,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The side effect has happened.
    Done,
    /// The receiver has answered that the side effect has not happened, in any attempt that it recognizes as the same.
    Refused {
        reason: String,
        /// Whether a retry may succeed.
        may_retry: bool,
    },
    /// The side effect has certainly not happened by this attempt. An earlier one that got no answer may have caused it.
    Failed {
        reason: String,
        /// Whether a retry may succeed.
        may_retry: bool,
    },
    /// It is unknown whether the side effect has happened. Holds the reason.
    Unanswered(String),
    /// The attempt was given up because the server stops.
    Stopped,
    /// The side effect is no longer wanted, and was not attempted now.
    Withdrawn,
    /// The same, and no earlier attempt has reached anybody.
    NeverSent,
}

impl Outcome {
    /// The side effect has not happened; another attempt may succeed.
    pub fn failed_for_now(reason: String) -> Outcome {
        Outcome::Failed { reason, may_retry: true }
    }

    /// The side effect has not happened, and further attempts would not help.
    pub fn failed_for_good(reason: String) -> Outcome {
        Outcome::Failed { reason, may_retry: false }
    }
}

/// The state of an entry after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryState {
    Done,
    /// There will be another attempt.
    Retry {
        due_at: NaiveDateTime,
        reason: String,
        /// Whether this attempt or an earlier one got no answer, and none has since.
        is_unanswered: bool,
    },
    Failed(String),
    Unknown(String),
    Superseded,
}

impl EntryState {
    /// The value of the column `state`.
    pub fn name(&self) -> &'static str {
        match self {
            EntryState::Done => "done",
            EntryState::Retry { .. } => "pending",
            EntryState::Failed(_) => "failed",
            EntryState::Unknown(_) => "unknown",
            EntryState::Superseded => "superseded",
        }
    }

    /// The label of the metric.
    pub fn label(&self) -> &'static str {
        match self {
            EntryState::Retry { .. } => "retried",
            other => other.name(),
        }
    }

    /// Why the side effect has not happened, or may not have; empty if it has.
    pub fn reason(&self) -> &str {
        match self {
            EntryState::Done | EntryState::Superseded => "",
            EntryState::Retry { reason, .. } | EntryState::Failed(reason) | EntryState::Unknown(reason) => reason,
        }
    }
}

/// Determines the state of an entry after an attempt.
pub fn state_after<K: Kind>(kind: &K, outcome: Outcome, entry: &Entry, now: NaiveDateTime) -> EntryState {
    let retry = |delay, reason, is_unanswered| EntryState::Retry { due_at: now + delay, reason, is_unanswered };
    let delay = kind.retry_delay(entry.attempts);
    let was_unanswered = entry.is_unanswered;
    match outcome {
        Outcome::Done => EntryState::Done,
        Outcome::Withdrawn if K::IS_IRREVERSIBLE && was_unanswered => {
            EntryState::Unknown("It is no longer wanted, but an earlier attempt got no answer".to_owned())
        }
        Outcome::Withdrawn | Outcome::NeverSent => EntryState::Superseded,
        Outcome::Stopped => retry(TimeDelta::zero(), "The server stopped".to_owned(), was_unanswered),
        Outcome::Refused { reason, may_retry } => match delay.filter(|_| may_retry) {
            Some(delay) => retry(delay, reason, false),
            None => EntryState::Failed(reason),
        },
        Outcome::Failed { reason, may_retry } => match delay.filter(|_| may_retry) {
            Some(delay) => retry(delay, reason, was_unanswered),
            None if was_unanswered => EntryState::Unknown(reason),
            None => EntryState::Failed(reason),
        },
        Outcome::Unanswered(reason) => match delay.filter(|_| kind.without_answer(entry) != WithoutAnswer::Park) {
            Some(delay) => retry(delay, reason, true),
            None => EntryState::Unknown(reason),
        },
    }
}

/// A new id by which a receiver recognizes the attempts at one command. It never comes again, unlike the ids of rows, which
/// do after a restore and in a copy of the database.
pub fn random_request_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Fault::internal)?;
    Ok(format!("command-{:032x}", u128::from_be_bytes(bytes)))
}

/// An attempt whose outcome is to be recorded.
pub struct AttemptRecord<'a, X> {
    pub entry: &'a Entry,
    /// `None` if the server stopped or failed during the attempt.
    pub exchange: Option<&'a X>,
    pub new_state: &'a EntryState,
}
