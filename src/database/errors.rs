//! Errors of the database, sorted by what to do about them.

use sqlx::mysql::MySqlDatabaseError;
use tracing::warn;

use crate::fault::Fault;

/// What a failed attempt at a transaction calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// It was certainly rolled back: run it again.
    RunAgain,
    /// The connection is of no use, and may have taken the outcome with it: run it again on another one.
    Reconnect,
    /// Running it again would fail again.
    None,
}

/// Sorts database errors by what to do about them. The numbers are those of MariaDB, MySQL and Galera.
pub fn remedy(error: &sqlx::Error) -> Remedy {
    match number(error) {
        // Deadlock or failed certification, lock wait timeout, changed since it was read, group replication conflict.
        Some(1213 | 1205 | 1020 | 3101) => Remedy::RunAgain,
        // Not ready, shutting down, interrupted, read-only, failed or unknown commit.
        Some(1047 | 1053 | 1180 | 1290 | 1317 | 1792 | 1836 | 1927 | 3100) => Remedy::Reconnect,
        Some(_) => Remedy::None,
        None => match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Remedy::Reconnect,
            _ => Remedy::None,
        },
    }
}

/// Whether a server says by this error that it cannot be used: it is not ready, shutting down or read-only.
pub fn says_unusable(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1047 | 1053 | 1290 | 1792 | 1836))
}

/// Whether a server answers, and has as many connections as it may.
pub fn has_no_connection_left(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1040 | 1203 | 1226))
}

/// Turns a failed read that a retry may mend into [`Fault::Busy`].
pub fn busy_if_passing(error: sqlx::Error) -> Fault {
    if remedy(&error) == Remedy::None {
        return error.into();
    }
    warn!(%error, "the database failed a read");
    Fault::Busy
}

/// Whether another transaction held a lock for longer than this one waits.
pub fn is_lock_wait_timeout(error: &sqlx::Error) -> bool {
    number(error) == Some(1205)
}

/// Whether a value was refused by its column: out of range, too long, or in characters that it cannot hold.
pub fn is_unfit_value(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1264 | 1265 | 1267 | 1292 | 1366 | 1406 | 3854 | 3988))
}

/// Whether a table is not there.
pub fn is_missing_table(error: &sqlx::Error) -> bool {
    number(error) == Some(1146)
}

/// Whether a database lacks what a statement needs: a table, a column, a right, or a default of a column that we do not
/// know.
pub fn says_unfit(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1054 | 1142 | 1143 | 1146 | 1364))
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
    Some(error.number())
}
