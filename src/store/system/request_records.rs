//! Records of writes for the API log, which are committed in the request rows (`mod_whmcs_api_requests`) and moved from there.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::subject_lock::Proof;
use crate::database::values::from_row;

/// Maximum number of records that are moved by one transaction.
pub const BATCH_SIZE: usize = 128;

macro_rules! eight_times {
    ($text:literal) => {
        concat!($text, $text, $text, $text, $text, $text, $text, $text)
    };
}

const IS_ANY_PENDING: &str = "SELECT EXISTS(SELECT 1 FROM mod_whmcs_api_requests WHERE is_log_pending = 1)";
const PENDING: &str = "SELECT request_key AS `key`, created_at, log FROM mod_whmcs_api_requests WHERE is_log_pending = 1 \
           ORDER BY created_at LIMIT ?";
/// Changes nothing if the transaction has lost the lock on its subject.
const CLEAR: &str = concat!(
    "UPDATE mod_whmcs_api_requests r JOIN mod_whmcs_api_revisions v ON v.subject = ? AND v.nonce = ? \
     SET r.log = NULL, r.is_log_pending = 0 WHERE r.is_log_pending = 1 AND r.request_key IN (",
    eight_times!("?, ?, ?, ?, ?, ?, ?, ?, "),
    eight_times!("?, ?, ?, ?, ?, ?, ?, "),
    "?, ?, ?, ?, ?, ?, ?, ?)"
);

/// The record of a committed call that is not in the API log yet.
#[derive(Debug)]
pub struct PendingRecord {
    pub key: Vec<u8>,
    pub created_at: NaiveDateTime,
    pub log: Vec<u8>,
}

from_row!(PendingRecord { key, created_at, log });

pub async fn is_any_pending(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_ANY_PENDING).fetch_one(db).await
}

/// Returns records that are to be moved, the oldest first, up to a number of at most [`BATCH_SIZE`].
pub async fn pending(db: &mut MySqlConnection, limit: usize) -> sqlx::Result<Vec<PendingRecord>> {
    sqlx::query_as(PENDING).bind(limit.min(BATCH_SIZE) as u64).fetch_all(db).await
}

/// Removes records that were inserted into the API log, as the last write of the transaction that inserted them. Returns
/// `false` if the transaction was lost, or another one has removed some of them.
pub async fn clear(db: &mut Lease, records: &[PendingRecord]) -> sqlx::Result<bool> {
    let (Some(Proof { subject, nonce }), Some(last)) = (db.proof().cloned(), records.last()) else { return Ok(false) };
    let keys = records.iter().chain(std::iter::repeat(last)).take(BATCH_SIZE);
    let clear =
        keys.fold(sqlx::query(CLEAR).bind(subject).bind(nonce.to_vec()), |clear, record| clear.bind(&record.key));
    Ok(clear.execute(&mut **db).await?.rows_affected() == records.len() as u64)
}
