//! The connections of the database server.

use sqlx::mysql::MySqlPool;
use sqlx::{AssertSqlSafe, Executor, MySql, Row};

/// A connection, and what it does now.
#[derive(Debug)]
pub struct Connection {
    pub id: i64,
    pub database: Option<String>,
    /// `Sleep` while it executes nothing.
    pub command: String,
    pub state: String,
    /// The start of its statement.
    pub statement: String,
}

impl Connection {
    pub fn is_busy(&self) -> bool {
        ["Query", "Execute"].contains(&&*self.command)
    }

    pub fn waits_for_a_table(&self) -> bool {
        self.state.starts_with("Waiting for table")
    }
}

/// Returns all connections of the server, this one included. MySQL cannot fill `information_schema.processlist` while the
/// statement of any connection has characters outside utf8mb3, as those of other tests have.
pub async fn connections(db: impl Executor<'_, Database = MySql>) -> sqlx::Result<Vec<Connection>> {
    let rows = sqlx::raw_sql("SHOW PROCESSLIST").fetch_all(db).await?;
    let connections = rows.iter().map(|row| {
        let text = |name| row.try_get_unchecked::<Option<String>, _>(name).map(Option::unwrap_or_default);
        Ok(Connection {
            id: row.try_get_unchecked("Id")?,
            database: row.try_get_unchecked("db")?,
            command: text("Command")?,
            state: text("State")?,
            statement: text("Info")?,
        })
    });
    connections.collect()
}

/// Returns the connections to one database.
pub async fn connections_to(database: &str, db: impl Executor<'_, Database = MySql>) -> sqlx::Result<Vec<Connection>> {
    let mut connections = connections(db).await?;
    connections.retain(|connection| connection.database.as_deref() == Some(database));
    Ok(connections)
}

/// Kills one of the connections, whichever. Returns whether there was one.
pub async fn kill_any(connections: &[Connection], pool: &MySqlPool) -> bool {
    let number = getrandom::u32().unwrap() as usize;
    let Some(any) = connections.get(number % connections.len().max(1)) else { return false };
    sqlx::query(AssertSqlSafe(format!("KILL {}", any.id))).execute(pool).await.is_ok()
}
