//! What a backup reads of a database and a restore writes to it: any table with any columns, and nothing of what the
//! rows mean.

pub mod objects;
pub mod rights;
pub mod rows;
pub mod schema;

use sqlx::mysql::MySqlDatabaseError;
use sqlx::{AssertSqlSafe, Executor, MySqlConnection, Row};

/// Settings of the session that reads or writes whole tables: every stored value can be written back, also one that
/// today's rules would reject, and times are in UTC. Waiting for a lock ends: a program that waits for another lock of ours
/// may hold it.
const SESSION: &str = "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION', \
                       foreign_key_checks = 0, time_zone = '+00:00', sql_quote_show_create = 1, lock_wait_timeout = 60, \
                       wait_timeout = 28800";
/// Further settings, each known to some servers only.
const OPTIONAL: [&str; 8] = [
    "SET SESSION check_constraint_checks = 0",
    "SET SESSION innodb_strict_mode = 0",
    "SET SESSION max_statement_time = 0",
    "SET SESSION max_execution_time = 0",
    "SET SESSION sql_generate_invisible_primary_key = 0",
    "SET SESSION net_write_timeout = 600",
    "SET SESSION idle_transaction_timeout = 0",
    "SET SESSION idle_readonly_transaction_timeout = 0",
];

/// Prepares a connection for reading and writing whole tables. It is of no other use afterwards.
pub async fn configure(db: &mut MySqlConnection) -> sqlx::Result<()> {
    db.execute(SESSION).await?;
    for statement in OPTIONAL {
        match db.execute(statement).await {
            Err(sqlx::Error::Database(_)) | Ok(_) => {}
            Err(lost) => return Err(lost),
        }
    }
    Ok(())
}

/// Begins a transaction that sees all tables with transactions as they are now.
pub async fn begin_snapshot(db: &mut MySqlConnection) -> sqlx::Result<()> {
    db.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ").await?;
    db.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY").await.map(|_| ())
}

/// Keeps a table from being altered until the transaction ends.
pub async fn pin(db: &mut MySqlConnection, table: &str) -> sqlx::Result<()> {
    let statement = AssertSqlSafe(format!("SELECT 1 FROM {} LIMIT 0", quoted(table)));
    sqlx::raw_sql(statement).execute(db).await.map(|_| ())
}

/// Keeps these tables from being written until the connection is closed.
pub async fn lock(db: &mut MySqlConnection, tables: &[&str]) -> sqlx::Result<()> {
    let locks: Vec<String> = tables.iter().map(|table| format!("{} READ", quoted(table))).collect();
    sqlx::raw_sql(AssertSqlSafe(format!("LOCK TABLES {}", locks.join(", ")))).execute(db).await.map(|_| ())
}

/// Number of other connections to this database that the account may see.
pub async fn other_connections(db: &mut MySqlConnection) -> sqlx::Result<usize> {
    let (own, ours): (i64, Option<String>) =
        sqlx::query_as("SELECT CAST(CONNECTION_ID() AS SIGNED), DATABASE()").fetch_one(&mut *db).await?;
    // MySQL cannot fill information_schema.processlist while the statement of any connection has characters outside utf8mb3.
    let connections = sqlx::raw_sql("SHOW PROCESSLIST").fetch_all(db).await?;
    let mut others = 0;
    for row in connections {
        let (id, database): (i64, Option<String>) = (row.try_get_unchecked("Id")?, row.try_get_unchecked("db")?);
        others += usize::from(id != own && database == ours);
    }
    Ok(others)
}

/// Whether a view could not be created because a table, column or routine of it does not exist.
fn is_reference_missing(error: &sqlx::Error) -> bool {
    let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    error.is_some_and(|error| [1049, 1054, 1146, 1305, 1356].contains(&error.number()))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
