//! Examines the statements of custom actions, with the account that runs them.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::MySqlConnection;

use crate::actions::ActionEntry;
use crate::config::Settings;
use crate::database::pool;

/// Returns what is wrong with statements, by the name of their action.
pub async fn faults(
    db: &mut MySqlConnection,
    entries: &[Arc<ActionEntry>],
    settings: &Settings,
) -> sqlx::Result<BTreeMap<String, String>> {
    let customs: Vec<_> = entries.iter().filter_map(|entry| entry.as_custom()).collect();
    let statements = customs.iter().filter_map(|custom| Some((&custom.name, custom.as_sql()?)));
    let mut faults = BTreeMap::new();
    let own = settings.database.actions_url.servers().unwrap_or_default().into_iter().next();
    let mut own = match own {
        Some(server) => match pool::connect(server).await {
            Ok(connection) => Some(connection),
            Err(error) => {
                let unusable = format!("database.actions_url cannot be used: {error}");
                return Ok(statements.map(|(name, _)| (name.clone(), unusable.clone())).collect());
            }
        },
        None => None,
    };
    for (name, sql) in statements {
        if let Err(why) = sql.check(own.as_mut().unwrap_or(db)).await? {
            faults.insert(name.clone(), why);
        }
    }
    if let Some(connection) = own {
        pool::close(connection).await;
    }
    Ok(faults)
}
