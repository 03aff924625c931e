//! What a task is.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;

use chrono::NaiveDate;

use crate::config::Automation;
use crate::database::errors::TransactionError;
use crate::database::lease::Lease;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::operations::services::endings::Ending;
use crate::operations::{Context, OperationError, Refusal};

/// The day for which the automation runs.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    pub date: NaiveDate,
    pub now: Moment,
    /// Whether it did not run on the day before: then nothing is suspended or ended, and of several notices only the latest is
    /// sent.
    pub is_catching_up: bool,
    /// Whether the tasks of the day have run, so that only what has waited is left.
    pub is_after: bool,
    /// Whether more services may be suspended and ended than [`Automation::max_endings`].
    pub is_confirmed: bool,
}

impl Day {
    /// The day this many days before.
    pub fn minus(&self, days: u64) -> NaiveDate {
        self.date.checked_sub_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MIN)
    }

    /// The day this many days later.
    pub fn plus(&self, days: u64) -> NaiveDate {
        self.date.checked_add_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MAX)
    }
}

/// When a task runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Once a day, from the operator's hour on.
    Daily,
    /// At each run, every five minutes.
    EachRun,
    /// Once a day, and then at each further run of that day: what waits for somebody else is done once that has happened.
    DailyAndAfter,
}

/// What was done, by its name.
pub type Counts = BTreeMap<&'static str, u64>;

/// A unit that was not carried out.
#[derive(Debug)]
pub enum UnitError {
    /// An operation rejected it.
    Refused(String),
    Fault(Fault),
}

impl TransactionError for UnitError {
    fn of_database(&self) -> Option<&sqlx::Error> {
        match self {
            UnitError::Refused(_) => None,
            UnitError::Fault(fault) => fault.of_database(),
        }
    }
}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UnitError::Refused(code) => f.write_str(code),
            UnitError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl<R: Refusal> From<OperationError<R>> for UnitError {
    fn from(error: OperationError<R>) -> UnitError {
        match error {
            OperationError::Refused(refusal) => UnitError::Refused(refusal.code().to_owned()),
            OperationError::Fault(fault) => UnitError::Fault(fault),
        }
    }
}

impl From<Fault> for UnitError {
    fn from(fault: Fault) -> UnitError {
        UnitError::Fault(fault)
    }
}

impl From<sqlx::Error> for UnitError {
    fn from(error: sqlx::Error) -> UnitError {
        UnitError::Fault(error.into())
    }
}

pub type UnitResult = Result<Counts, UnitError>;

/// A task of the automation.
pub trait Task: Send + Sync + 'static {
    /// A word in lower case, for commands, metrics and the record of runs.
    const NAME: &'static str;
    /// What it does, for operators.
    const SUMMARY: &'static str;
    /// What it counts, as GetAutomationLog reports it.
    const COUNTS: &'static [&'static str];
    const SCHEDULE: Schedule = Schedule::Daily;
    /// Whether its units suspend or end services, of which a run must not do too many.
    const ENDS_SERVICES: bool = false;
    /// Whether it tells clients something, or goes by what is so today: it is not run for a day that has passed.
    const IS_OF_TODAY: bool = false;

    /// Whether the settings ask for it.
    fn is_on(&self, settings: &Automation) -> bool;

    /// Returns the ids of the units that may be due; which of them are is decided by [`Task::carry_out`].
    fn due(
        &self,
        db: &mut Lease,
        settings: &Automation,
        day: &Day,
    ) -> impl Future<Output = fault::Result<Vec<i64>>> + Send;

    /// Carries out a unit in a transaction, and returns what was done.
    fn carry_out(&self, context: Context<'_>, day: &Day, unit: i64) -> impl Future<Output = UnitResult> + Send;
}

/// Counts a service that was suspended or ended, or is to be by its module.
pub fn count_ending(what: &'static str, ending: Ending) -> Counts {
    match ending {
        Ending::Done | Ending::Requested => Counts::from([(what, 1)]),
        Ending::NotDue => Counts::new(),
    }
}
