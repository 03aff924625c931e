//! Classifies database errors by how to react to them.

use sqlx::mysql::MySqlDatabaseError;
use tracing::warn;

use crate::fault::Fault;

/// Whether and how a failed transaction is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// The transaction was certainly rolled back: retry it on the same connection.
    SameConnection,
    /// The connection is unusable, and whether the transaction was committed may be unknown: retry on another
    /// connection.
    NewConnection,
    /// A retry would fail again.
    Never,
}

/// A transaction on a node of a cluster was rolled back instead of committed, because a statement was first prepared within it
/// (see [`Pooled::commit`](super::pool::Pooled::commit)).
#[derive(Debug, thiserror::Error)]
#[error("a statement was prepared within the transaction")]
pub struct LatePreparation;

impl From<LatePreparation> for sqlx::Error {
    fn from(reason: LatePreparation) -> sqlx::Error {
        sqlx::Error::AnyDriverError(Box::new(reason))
    }
}

/// Decides whether and how to retry after a database error. The error numbers are those of MariaDB, MySQL and Galera.
pub fn retry_policy(error: &sqlx::Error) -> Retry {
    match number(error) {
        // Deadlock or failed certification, lock wait timeout, row changed since it was read, table altered since the
        // snapshot was taken, group replication conflict.
        Some(1213 | 1205 | 1020 | 1412 | 3101) => Retry::SameConnection,
        // Not ready, shutting down, interrupted, read-only, failed or unknown commit; or too many prepared statements, of which
        // those of this connection go with it.
        Some(1047 | 1053 | 1180 | 1290 | 1317 | 1461 | 1792 | 1836 | 1927 | 3100) => Retry::NewConnection,
        Some(_) => Retry::Never,
        None => match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Retry::NewConnection,
            _ if is_late_preparation(error) => Retry::SameConnection,
            _ => Retry::Never,
        },
    }
}

/// An error with which a transaction ends.
pub trait TransactionError {
    /// The error of the database, if it is one.
    fn of_database(&self) -> Option<&sqlx::Error>;
}

impl TransactionError for sqlx::Error {
    fn of_database(&self) -> Option<&sqlx::Error> {
        Some(self)
    }
}

impl TransactionError for Fault {
    fn of_database(&self) -> Option<&sqlx::Error> {
        match self {
            Fault::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// How often a transaction is run again because it has prepared statements: each run may prepare what the one before did not come to.
const MAX_LATE_RUNS: u32 = 4;

/// Counts how often a transaction was run again because it has prepared statements.
#[derive(Default)]
pub struct LateRuns(u32);

impl LateRuns {
    /// Whether a transaction that has ended so is to be run again at once, on the same connection: it was rolled back only because it
    /// has prepared a statement, which is no failure.
    pub fn run_again<T, E: TransactionError>(&mut self, ended: &Result<T, E>) -> bool {
        let is_late = ended.as_ref().err().and_then(TransactionError::of_database).is_some_and(is_late_preparation);
        self.0 += u32::from(is_late);
        is_late && self.0 <= MAX_LATE_RUNS
    }
}

/// Runs a transaction, an expression that ends in `.await`, and again at once where [`LateRuns`] says so.
macro_rules! transact {
    ($run:expr) => {{
        let mut late_runs = $crate::database::errors::LateRuns::default();
        loop {
            let ended = $run;
            if !late_runs.run_again(&ended) {
                break ended;
            }
        }
    }};
}
pub(crate) use transact;

/// Whether a transaction is to be run again only because it has prepared a statement.
pub fn is_late_preparation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::AnyDriverError(source) if source.is::<LatePreparation>())
}

/// Whether this error means that the server is unusable: not ready, shutting down or read-only.
pub fn is_server_unusable(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1047 | 1053 | 1290 | 1792 | 1836))
}

/// Returns why the database has rejected what it was asked; `None` if it is busy or unavailable, so that it may not do so again.
pub fn verdict(error: &sqlx::Error) -> Option<&str> {
    let rejected = error.as_database_error()?;
    let is_final = retry_policy(error) == Retry::Never && !has_no_connection_left(error) || is_forbidden_write(error);
    is_final.then(|| rejected.message())
}

/// Whether a statement of a read-only session wanted to write.
pub fn is_forbidden_write(error: &sqlx::Error) -> bool {
    number(error) == Some(1792)
}

/// Whether the server has reached its connection limit.
pub fn has_no_connection_left(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1040 | 1203 | 1226))
}

/// Turns a failed read into [`Fault::Busy`] if a retry may succeed.
pub fn busy_if_transient(error: sqlx::Error) -> Fault {
    if retry_policy(&error) == Retry::Never {
        return error.into();
    }
    warn!(%error, "a read from the database failed");
    Fault::Busy
}

/// Whether the statement waited too long for a lock of another transaction.
pub fn is_lock_wait_timeout(error: &sqlx::Error) -> bool {
    number(error) == Some(1205)
}

/// Whether the statement was ended because it took longer than the session allows.
pub fn is_statement_timeout(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1969 | 3024))
}

/// Whether a row with the same key exists.
pub fn is_duplicate(error: &sqlx::Error) -> bool {
    number(error) == Some(1062)
}

/// Whether a column rejected a value: out of range, too long, or in characters that it cannot store.
pub fn is_invalid_value(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1264 | 1265 | 1267 | 1270 | 1271 | 1292 | 1366 | 1406 | 3854 | 3988))
}

/// Whether a number does not fit its column.
pub fn is_unfit_number(error: &sqlx::Error) -> bool {
    number(error) == Some(1264)
}

/// Whether a number that a statement computes is out of its range.
pub fn is_out_of_range(error: &sqlx::Error) -> bool {
    number(error) == Some(1690)
}

/// Whether a column cannot store the characters of a text, or cannot be compared with them.
pub fn is_unfit_text(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1267 | 1270 | 1271 | 1366 | 3854 | 3988))
}

/// Whether the statement names a table that does not exist.
pub fn is_missing_table(error: &sqlx::Error) -> bool {
    number(error) == Some(1146)
}

/// Whether the database lacks what a statement needs: a table, a column, a right, or the default of a column that this
/// program does not know.
pub fn is_schema_mismatch(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1054 | 1142 | 1143 | 1146 | 1364))
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}
