//! How much waits to be done beside the calls.

use sqlx::MySqlConnection;

use crate::database::values::from_row;

/// How many there are of each.
#[derive(Debug, Clone, Copy)]
pub struct Queues {
    pub mails_waiting: i64,
    pub mails_failed: i64,
    /// Commands that modules are still to be asked, again or for the first time.
    pub module_calls: i64,
    /// What staff see.
    pub module_queue: i64,
}

from_row!(Queues { mails_waiting, mails_failed, module_calls, module_queue });

/// Counts them.
pub async fn count(db: &mut MySqlConnection) -> sqlx::Result<Queues> {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM mod_whmcs_api_outbox WHERE is_failed = 0) AS mails_waiting, \
                (SELECT COUNT(*) FROM mod_whmcs_api_outbox WHERE is_failed <> 0) AS mails_failed, \
                (SELECT COUNT(*) FROM mod_whmcs_api_module_calls WHERE outcome = '') AS module_calls, \
                (SELECT COUNT(*) FROM tblmodulequeue WHERE completed = 0) AS module_queue",
    )
    .persistent(false)
    .fetch_one(db)
    .await
}
