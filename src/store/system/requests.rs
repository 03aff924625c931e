//! Request rows (`mod_whmcs_api_requests`): which writing calls were committed, and their replies.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;
use sqlx::error::DatabaseError;

use crate::database::values::from_row;
use crate::database::writer::RequestKey;
use crate::domain::time::Moment;

statements! {
    BEGIN = "INSERT INTO mod_whmcs_api_requests (request_key, fingerprint, created_at) VALUES (?, ?, ?)";
    COMMITTED = "SELECT fingerprint, format, reply FROM mod_whmcs_api_requests WHERE request_key = ? AND reply IS NOT NULL";
    COMPLETE = "UPDATE mod_whmcs_api_requests SET format = ?, reply = ? WHERE request_key = ?";
}

/// A committed call's stored reply.
#[derive(Debug)]
pub struct CommittedRequest {
    pub fingerprint: Vec<u8>,
    pub format: String,
    pub reply: Vec<u8>,
}

from_row!(CommittedRequest { fingerprint, format, reply });

/// Inserts the request row, as the first statement of the transaction. Returns `false` if it exists: an earlier attempt
/// was committed. While another transaction with the same key runs, this waits for it.
pub async fn begin(
    db: &mut MySqlConnection,
    key: &RequestKey,
    fingerprint: &[u8; 32],
    now: Moment,
) -> sqlx::Result<bool> {
    let begun = sqlx::query(BEGIN).bind(&key.0[..]).bind(&fingerprint[..]).bind(now.utc()).execute(db).await;
    match begun {
        Err(error) if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) => Ok(false),
        begun => begun.map(|_| true),
    }
}

/// Stores the reply as the transaction's last write. Returns `false` if the transaction was lost: the server has rolled
/// it back without an error.
pub async fn complete(db: &mut MySqlConnection, key: &RequestKey, format: &str, reply: &[u8]) -> sqlx::Result<bool> {
    let done = sqlx::query(COMPLETE).bind(format).bind(reply).bind(&key.0[..]).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Returns the stored reply of a committed call.
pub async fn committed(db: &mut MySqlConnection, key: &RequestKey) -> sqlx::Result<Option<CommittedRequest>> {
    sqlx::query_as(COMMITTED).bind(&key.0[..]).fetch_optional(db).await
}

/// Deletes request rows that are too old for a repeated request.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    crate::database::sql::delete_in_batches(
        db,
        "DELETE FROM mod_whmcs_api_requests WHERE created_at < ? LIMIT 1000",
        time,
    )
    .await
}
