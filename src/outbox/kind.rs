//! What a kind of side effect says of itself. The engine does the rest.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use crate::domain::time::Moment;
use crate::fault::Result;
use crate::store::system::outbox::Entry;

/// A kind of side effect. A new one is one file that implements this, and a line in [`super::Outbox::new`].
pub trait Kind: Send + Sync + 'static {
    /// The name in the outbox, in metrics and in the log.
    const NAME: &'static str;
    /// What an attempt calls for of which nobody knows whether it had its effect.
    const WITHOUT_ANSWER: WithoutAnswer;
    /// What is told of an entry whose server was gone before it could record how the attempt ended.
    const INTERRUPTED: &'static str;
    /// Whether an entry takes the place of earlier ones about the same subject.
    const SUPERSEDES: bool = false;
    /// Whether entries that are done are kept, for callers that ask for the outcome again.
    const KEEPS_DONE: bool = false;

    /// What was exchanged in an attempt, as far as it has to be recorded.
    type Exchange: Send + Sync;

    /// Why no attempts are made from this server; `None` where they are.
    fn obstacle(&self) -> Option<&'static str> {
        None
    }

    /// Number of attempts that the worker makes at a time for each target.
    fn lane_width(&self) -> usize;

    /// The longest that an attempt takes.
    fn time_limit(&self, target: &str) -> Duration;

    /// Time from the failure of an attempt, counted from 1, to the next one; `None` gives up.
    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta>;

    /// Has the side effect happen. `stopping` asks to give up what can be given up without harm.
    fn attempt(
        &self,
        entry: &Entry,
        stopping: &CancellationToken,
    ) -> impl Future<Output = Attempt<Self::Exchange>> + Send;

    /// Writes what WHMCS shows of an attempt, in the transaction that records how it ended, and returns the row in which WHMCS
    /// shows the entry, or 0. There is no exchange where the attempt's server was gone.
    fn record(
        &self,
        db: &mut MySqlConnection,
        attempted: &Attempted<'_, Self::Exchange>,
        now: Moment,
    ) -> impl Future<Output = Result<i64>> + Send;

    /// Takes out of an exchange what the database cannot store, and returns why the entry has failed although its side effect
    /// happened. `None` where nothing can be taken out.
    fn drop_unstorable(_exchange: &mut Self::Exchange) -> Option<String> {
        None
    }

    /// Whether a payload holds secrets. Those are not kept where an entry has failed, so that it cannot be attempted again.
    fn has_secrets(_payload: &str) -> bool {
        false
    }

    /// Writes that an operator has an entry attempted again, in the transaction that does so, and returns the row in which
    /// WHMCS shows the entry from now on, or 0.
    fn reopen(
        db: &mut MySqlConnection,
        record_id: i64,
        now: NaiveDateTime,
    ) -> impl Future<Output = sqlx::Result<i64>> + Send;
}

/// What an attempt calls for of which nobody knows whether it had its effect. No engine can promise that a side effect happens
/// exactly once, so each kind declares this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutAnswer {
    /// Another attempt: the receiver recognizes the same id.
    AskAgain,
    /// Another attempt, which first asks the receiver what became of this one: it finds [`Entry::is_unanswered`] set.
    LookUp,
    /// None: the entry's outcome stays unknown until an operator decides.
    Park,
}

/// An attempt that has ended.
#[derive(Debug)]
pub struct Attempt<X> {
    pub outcome: Outcome,
    pub exchange: X,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The side effect has happened.
    Done,
    /// It has certainly not happened.
    Failed {
        reason: String,
        /// Whether it may happen another time.
        may_retry: bool,
    },
    /// Nobody knows whether it has happened.
    Unanswered(String),
    /// It was given up because the server stops.
    Stopped,
    /// It is not wanted any more, and was not attempted.
    Withdrawn,
}

impl Outcome {
    /// It has not happened now, and may happen another time.
    pub fn failed_for_now(reason: String) -> Outcome {
        Outcome::Failed { reason, may_retry: true }
    }

    /// It has not happened, and never will.
    pub fn failed_for_good(reason: String) -> Outcome {
        Outcome::Failed { reason, may_retry: false }
    }
}

/// What becomes of an entry after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    Done,
    /// There will be another attempt.
    Retry {
        due_at: NaiveDateTime,
        reason: String,
        /// Whether this one got no answer.
        is_unanswered: bool,
    },
    Failed(String),
    Unknown(String),
    Superseded,
}

impl Ending {
    /// As the column `state` has it.
    pub fn state(&self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Retry { .. } => "pending",
            Ending::Failed(_) => "failed",
            Ending::Unknown(_) => "unknown",
            Ending::Superseded => "superseded",
        }
    }

    /// The label of the metric.
    pub fn label(&self) -> &'static str {
        match self {
            Ending::Retry { .. } => "retried",
            other => other.state(),
        }
    }

    /// Why it has not happened, or may not have; empty where it has.
    pub fn reason(&self) -> &str {
        match self {
            Ending::Done | Ending::Superseded => "",
            Ending::Retry { reason, .. } | Ending::Failed(reason) | Ending::Unknown(reason) => reason,
        }
    }
}

/// Works out what becomes of an entry.
pub fn ending<K: Kind>(kind: &K, outcome: Outcome, attempts: i64, now: NaiveDateTime) -> Ending {
    let retry = |delay, reason, is_unanswered| Ending::Retry { due_at: now + delay, reason, is_unanswered };
    let delay = kind.retry_delay(attempts);
    match outcome {
        Outcome::Done => Ending::Done,
        Outcome::Withdrawn => Ending::Superseded,
        Outcome::Stopped => retry(TimeDelta::zero(), "The server stopped".to_owned(), false),
        Outcome::Failed { reason, may_retry } => match delay.filter(|_| may_retry) {
            Some(delay) => retry(delay, reason, false),
            None => Ending::Failed(reason),
        },
        Outcome::Unanswered(reason) => match delay.filter(|_| K::WITHOUT_ANSWER != WithoutAnswer::Park) {
            Some(delay) => retry(delay, reason, true),
            None => Ending::Unknown(reason),
        },
    }
}

/// An attempt that is to be recorded.
pub struct Attempted<'a, X> {
    pub entry: &'a Entry,
    /// `None` where the attempt's server was gone.
    pub exchange: Option<&'a X>,
    pub ending: &'a Ending,
}
