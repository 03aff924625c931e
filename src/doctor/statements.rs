//! Examines the statements of custom actions, with the account that runs them.

use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use sqlx::MySqlConnection;

use crate::actions::ActionEntry;
use crate::config;
use crate::database::pool;
use crate::database::select::SelectError;

/// Returns what is wrong with statements, by the name of their action.
pub async fn faults(
    db: &mut MySqlConnection,
    entries: &[Arc<ActionEntry>],
    settings: &config::Database,
) -> sqlx::Result<BTreeMap<String, String>> {
    let customs: Vec<_> = entries.iter().filter_map(|entry| entry.as_custom()).collect();
    let statements = customs.iter().filter_map(|custom| Some((&custom.name, custom.as_sql()?)));
    let mut faults = BTreeMap::new();
    let mut other = match connect(settings).await {
        Ok(other) => other,
        Err(error) => {
            let unusable = format!("database.actions_url cannot be used: {error}");
            return Ok(statements.map(|(name, _)| (name.clone(), unusable.clone())).collect());
        }
    };
    for (name, sql) in statements {
        match sql.check(other.as_mut().unwrap_or(db)).await {
            Err(SelectError::Database(error)) => return Err(error),
            Err(unfit) => drop(faults.insert(name.clone(), format!("sql: {unfit}"))),
            Ok(()) => {}
        }
    }
    if let Some(connection) = other {
        pool::close(connection).await;
    }
    Ok(faults)
}

/// Connects to the first server for statements that is there; `None` if that is the main one.
async fn connect(settings: &config::Database) -> sqlx::Result<Option<MySqlConnection>> {
    let servers = settings.statement_servers(settings.replica_url.servers()?, iter::empty())?;
    let mut failure = None;
    for server in servers {
        match pool::connect(server).await {
            Ok(connection) => return Ok(Some(connection)),
            Err(error) => failure = Some(error),
        }
    }
    // Without a replica, the main server is the one.
    failure.filter(|_| settings.actions_url.reveal().is_some()).map_or(Ok(None), Err)
}
