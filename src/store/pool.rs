//! Connections, each with session settings of our own: none is inherited from the server's configuration.

use std::time::Duration;

use super::prepared;
use crate::actions::Access;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection};

/// Strict, so that a value which does not fit is an error and not clamped in silence; without the zero-date modes,
/// because WHMCS stores zero dates. Rows are locked only where a statement says so.
const SESSION: [&str; 2] = [
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
     time_zone = '+00:00', innodb_lock_wait_timeout = 4",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/// Whatever is tried, nothing is written.
const READ_ONLY: &str = "SET SESSION TRANSACTION READ ONLY";

/// How long a call waits for a free connection, or for the database to come back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// The same where there is another server to turn to.
const FAIL_OVER_TIMEOUT: Duration = Duration::from_secs(2);
/// How many statements a connection keeps prepared: more than there are, or those of writing calls would be dropped.
const STATEMENTS: usize = 1000;
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes a pool without connecting yet. It waits longer for its connections where the server is the `only` one.
pub fn open_lazily(options: MySqlConnectOptions, connections: u32, is_only: bool, access: Access) -> MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(if is_only { ACQUIRE_TIMEOUT } else { FAIL_OVER_TIMEOUT })
        .max_lifetime(Duration::from_mins(30))
        .idle_timeout(Duration::from_mins(5))
        .after_connect(move |connection, _| Box::pin(make_ready(connection, access)))
        .after_release(|connection, _| Box::pin(end_transaction(connection)))
        .connect_lazy_with(with_our_settings(options))
}

/// Opens a single connection with the pool's session settings.
pub async fn connect(options: MySqlConnectOptions) -> sqlx::Result<MySqlConnection> {
    let mut connection = MySqlConnection::connect_with(&with_our_settings(options)).await?;
    configure(&mut connection).await?;
    Ok(connection)
}

fn with_our_settings(options: MySqlConnectOptions) -> MySqlConnectOptions {
    let options = options.pipes_as_concat(false).no_engine_substitution(false).collation("utf8mb4_unicode_ci");
    options.statement_cache_capacity(STATEMENTS)
}

async fn make_ready(connection: &mut MySqlConnection, access: Access) -> sqlx::Result<()> {
    configure(connection).await?;
    match access {
        Access::Read => connection.execute(READ_ONLY).await.map(|_| ()),
        Access::Write => prepared::prepare(connection).await,
    }
}

async fn configure(connection: &mut MySqlConnection) -> sqlx::Result<()> {
    for statement in SESSION {
        connection.execute(statement).await?;
    }
    // On a Galera cluster: what was committed through another node before is seen. Other servers do not know it.
    match connection.execute("SET SESSION wsrep_sync_wait = 1").await {
        Err(sqlx::Error::Database(_)) | Ok(_) => Ok(()),
        Err(lost) => Err(lost),
    }
}

/// No transaction may outlive the call that began it: the next call's write would be acknowledged and then lost.
async fn end_transaction(connection: &mut MySqlConnection) -> sqlx::Result<bool> {
    match tokio::time::timeout(ROLLBACK_TIMEOUT, connection.execute("ROLLBACK")).await {
        Ok(Ok(_)) => Ok(true),
        // An error, and not `false`: it makes the pool drop the connection without another word to the server.
        Ok(Err(error)) => Err(error),
        Err(_) => Err(sqlx::Error::Protocol("the connection did not answer ROLLBACK".to_owned())),
    }
}

/// Ends a connection. What was to be done is done: a server that hangs up first, as MySQL does on sockets, does no harm.
pub async fn close(connection: MySqlConnection) {
    let _ = connection.close().await;
}

/// Makes a database of this name if there is none, or makes it anew.
pub async fn create_database(options: MySqlConnectOptions, name: &str, anew: bool) -> sqlx::Result<()> {
    let mut connection = connect(options).await?;
    let name = name.replace('`', "``");
    if anew {
        connection.execute(AssertSqlSafe(format!("DROP DATABASE IF EXISTS `{name}`"))).await?;
    }
    let create = format!("CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
    connection.execute(AssertSqlSafe(create)).await?;
    close(connection).await;
    Ok(())
}
