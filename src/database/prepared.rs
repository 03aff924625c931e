//! The statements that a connection to a cluster prepares before its first writing transaction.
//!
//! On a Galera cluster, a statement that was first prepared within a transaction has been seen to suppress the
//! cluster's abort of that transaction (`docs/scaling.md`). A test compares the list with what writing calls prepare.

use sqlx::mysql::MySqlConnection;
use sqlx::{Executor, SqlSafeStr};

use super::subject_lock;

/// The statements of writing transactions, one slice for each file that declares some.
pub type Statements = &'static [&'static [&'static str]];

/// Prepares all statements. A statement whose table or column is missing is skipped: the call that needs it will report
/// that.
pub async fn prepare(connection: &mut MySqlConnection, statements: Statements) -> sqlx::Result<()> {
    prepare_all(connection, subject_lock::STATEMENTS).await?;
    for &file in statements {
        prepare_all(connection, file).await?;
    }
    Ok(())
}

async fn prepare_all(connection: &mut MySqlConnection, statements: &'static [&'static str]) -> sqlx::Result<()> {
    for &statement in statements {
        match (&mut *connection).prepare(statement.into_sql_str()).await {
            Err(sqlx::Error::Database(_)) | Ok(_) => {}
            Err(lost) => return Err(lost),
        }
    }
    Ok(())
}
