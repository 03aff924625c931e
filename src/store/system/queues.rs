//! How much waits to be done beside the calls.

use sqlx::MySqlConnection;

use crate::database::values::from_row;

/// How many entries there are of each.
#[derive(Debug)]
pub struct Queues {
    /// Those of the outbox that are not done with, by kind and state.
    pub outbox: Vec<OutboxEntries>,
    /// What staff see of commands to modules that have failed.
    pub module_queue: i64,
}

/// How many entries of a kind have a state.
#[derive(Debug)]
pub struct OutboxEntries {
    pub kind: String,
    /// `pending`, also for those that are running; `failed` or `unknown`.
    pub state: String,
    pub count: i64,
}

from_row!(OutboxEntries { kind, state, count });

/// Counts them, with what servers of version 0.1 have left in their tables.
pub async fn count(db: &mut MySqlConnection) -> sqlx::Result<Queues> {
    let outbox = sqlx::query_as(
        "SELECT kind, IF(state = 'running', 'pending', state) AS state, COUNT(*) AS count \
         FROM mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running', 'failed', 'unknown') GROUP BY 1, 2 \
         UNION ALL SELECT 'mail', IF(is_failed = 0, 'pending', 'failed') AS old_state, COUNT(*) \
         FROM mod_whmcs_api_outbox GROUP BY old_state \
         UNION ALL SELECT 'module', 'pending', COUNT(*) FROM mod_whmcs_api_module_calls WHERE outcome = ''",
    )
    .persistent(false)
    .fetch_all(&mut *db)
    .await?;
    let module_queue = sqlx::query_scalar("SELECT COUNT(*) FROM tblmodulequeue WHERE completed = 0");
    Ok(Queues { outbox, module_queue: module_queue.persistent(false).fetch_one(db).await? })
}
