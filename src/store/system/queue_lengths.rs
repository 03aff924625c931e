//! Lengths of the queues of background work.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::holds;
use crate::database::values::from_row;

/// Numbers of entries in each queue.
#[derive(Debug)]
pub struct QueueLengths {
    /// Unfinished entries of the outbox, by kind and state.
    pub outbox: Vec<OutboxEntries>,
    /// Failed module commands, as staff see them in WHMCS's module queue.
    pub module_queue: i64,
    /// Whether the outbox is held.
    pub is_held: bool,
    /// Records of writes that are not in the API log yet.
    pub write_records: i64,
    /// Endpoints of webhooks that are disabled.
    pub disabled_webhooks: i64,
}

/// The number of entries of one kind and state.
#[derive(Debug)]
pub struct OutboxEntries {
    pub kind: String,
    /// `pending` (which includes running entries), `failed` or `unknown`.
    pub state: String,
    pub count: i64,
}

from_row!(OutboxEntries { kind, state, count });

/// Counts the queues, including what servers of version 0.1 have left in their tables.
pub async fn count(db: &mut MySqlConnection) -> sqlx::Result<QueueLengths> {
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
    let module_queue = module_queue.persistent(false).fetch_one(&mut *db).await?;
    let write_records = sqlx::query_scalar("SELECT COUNT(*) FROM mod_whmcs_api_requests WHERE is_log_pending = 1");
    let write_records = write_records.persistent(false).fetch_one(&mut *db).await?;
    let disabled_webhooks = sqlx::query_scalar("SELECT COUNT(*) FROM mod_whmcs_api_webhooks WHERE is_enabled = 0");
    let disabled_webhooks = disabled_webhooks.persistent(false).fetch_one(&mut *db).await?;
    let is_held = holds::outbox(db).await?.is_some();
    Ok(QueueLengths { outbox, module_queue, is_held, write_records, disabled_webhooks })
}

/// Number of records of writes that should be in the API log since before a time, in UTC.
pub async fn overdue_records(db: &mut MySqlConnection, before: NaiveDateTime) -> sqlx::Result<i64> {
    let statement = "SELECT COUNT(*) FROM mod_whmcs_api_requests WHERE is_log_pending = 1 AND created_at < ?";
    sqlx::query_scalar(statement).persistent(false).bind(before).fetch_one(db).await
}

/// Number of entries of the outbox that have been due since before a time, in UTC.
pub async fn overdue(db: &mut MySqlConnection, before: NaiveDateTime) -> sqlx::Result<i64> {
    let statement = "SELECT COUNT(*) FROM mod_whmcs_api_outbox_entries WHERE state = 'pending' AND due_at < ?";
    sqlx::query_scalar(statement).persistent(false).bind(before).fetch_one(db).await
}
