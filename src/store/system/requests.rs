//! Request rows (`mod_whmcs_api_requests`): which writing calls were committed, and their replies.

use chrono::NaiveDateTime;
use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection};
use sqlx::query::Query;

use crate::database::errors::is_duplicate;
use crate::database::lease::Lease;
use crate::database::subject_lock::Proof;
use crate::database::values::from_row;
use crate::database::writer::RequestKey;
use crate::domain::time::Moment;

const BEGIN: &str = "INSERT INTO mod_whmcs_api_requests (request_key, fingerprint, created_at) VALUES (?, ?, ?)";
const COMMITTED: &str =
    "SELECT fingerprint, format, reply, sealed_reply FROM mod_whmcs_api_requests WHERE request_key = ?";
const AWAIT: &str = "SELECT COUNT(*) > 0 FROM mod_whmcs_api_requests WHERE request_key = ? FOR UPDATE";
const COMPLETE: &str = "UPDATE mod_whmcs_api_requests SET format = ?, reply = ?, sealed_reply = ?, log = ?, is_log_pending = ? \
            WHERE request_key = ?";
/// Inserts nothing if the transaction has lost the lock on its subject.
const RECORD: &str = "INSERT INTO mod_whmcs_api_requests (format, reply, sealed_reply, log, is_log_pending, request_key, fingerprint, \
                                              created_at) \
          SELECT ?, ?, ?, ?, ?, ?, ?, ? FROM mod_whmcs_api_revisions WHERE subject = ? AND nonce = ?";
const RECORD_WITHOUT_LOCK: &str = "INSERT INTO mod_whmcs_api_requests (format, reply, sealed_reply, log, is_log_pending, request_key, \
                                                           fingerprint, created_at) \
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/// A committed call's stored reply.
#[derive(Debug)]
pub struct CommittedRequest {
    pub fingerprint: Vec<u8>,
    pub format: String,
    /// `None` while an endpoint is asked, or if its answer is not known.
    pub reply: Option<Vec<u8>>,
    /// The reply if it has secrets, sealed; empty if it was not kept.
    pub sealed_reply: Option<String>,
}

from_row!(CommittedRequest { fingerprint, format, reply, sealed_reply });

/// A writing call as its row identifies it.
#[derive(Debug, Clone, Copy)]
pub struct NewRequest<'k> {
    pub key: &'k RequestKey,
    pub fingerprint: &'k [u8; 32],
    pub now: Moment,
}

/// Inserts the row of a call whose client chose the key, as the first statement of the transaction. Returns `false` if it
/// exists: a call with this key was committed. While another transaction with the same key runs, this waits for it.
pub async fn begin(db: &mut MySqlConnection, new: NewRequest<'_>) -> sqlx::Result<bool> {
    let NewRequest { key, fingerprint, now } = new;
    match sqlx::query(BEGIN).bind(&key.0[..]).bind(&fingerprint[..]).bind(now.utc()).execute(db).await {
        Err(error) if is_duplicate(&error) => Ok(false),
        begun => begun.map(|_| true),
    }
}

/// Waits for the outcome of an earlier attempt whose COMMIT got no answer, and returns whether it was committed.
pub async fn was_committed(db: &mut MySqlConnection, key: &RequestKey) -> sqlx::Result<bool> {
    sqlx::query_scalar(AWAIT).bind(&key.0[..]).fetch_one(db).await
}

/// The reply of a call, and the call's record for the API log, if it is to have one.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'r> {
    pub format: &'r str,
    pub body: KeptBody<'r>,
    pub log: Option<&'r [u8]>,
}

/// The body of a reply as it is kept for repetitions of the call.
#[derive(Debug, Clone, Copy)]
pub enum KeptBody<'r> {
    Plain(&'r [u8]),
    /// Sealed, because it has secrets; empty if it is not kept.
    Sealed(&'r str),
}

impl<'r> KeptBody<'r> {
    /// The values of the columns `reply` and `sealed_reply`.
    fn columns(self) -> (Option<&'r [u8]>, Option<&'r str>) {
        match self {
            KeptBody::Plain(body) => (Some(body), None),
            KeptBody::Sealed(body) => (None, Some(body)),
        }
    }
}

impl<'r> Reply<'r> {
    fn bind(self, statement: Insert<'r>) -> Insert<'r> {
        let (reply, sealed_reply) = self.body.columns();
        statement.bind(self.format).bind(reply).bind(sealed_reply).bind(self.log).bind(self.log.is_some())
    }
}

type Insert<'r> = Query<'r, MySql, MySqlArguments>;

/// Stores the reply in the row that [`begin`] inserted, as the transaction's last write. Returns `false` if the transaction
/// was lost: the server has rolled it back without an error.
pub async fn complete(db: &mut MySqlConnection, key: &RequestKey, reply: Reply<'_>) -> sqlx::Result<bool> {
    let done = reply.bind(sqlx::query(COMPLETE)).bind(&key.0[..]).execute(db).await?;
    Ok(done.rows_affected() == 1)
}

/// Inserts the row of a call whose client chose no key, with the reply, as the transaction's last write. Returns `false` if
/// the transaction was lost. It is an error if an earlier attempt was committed after all.
pub async fn record(db: &mut Lease, new: NewRequest<'_>, reply: Reply<'_>) -> sqlx::Result<bool> {
    let proof = db.proof().cloned();
    let statement = if proof.is_some() { RECORD } else { RECORD_WITHOUT_LOCK };
    let NewRequest { key, fingerprint, now } = new;
    let insert = reply.bind(sqlx::query(statement));
    let mut insert = insert.bind(&key.0[..]).bind(&fingerprint[..]).bind(now.utc());
    if let Some(Proof { subject, nonce }) = &proof {
        insert = insert.bind(subject).bind(&nonce[..]);
    }
    Ok(insert.execute(&mut **db).await?.rows_affected() == 1)
}

/// Returns the stored reply of a committed call.
pub async fn committed(db: &mut MySqlConnection, key: &RequestKey) -> sqlx::Result<Option<CommittedRequest>> {
    sqlx::query_as(COMMITTED).bind(&key.0[..]).fetch_optional(db).await
}

/// Whose row it is that a call with a client's key found or made.
#[derive(Debug)]
pub enum RowOwner {
    /// This call's, which has reserved it.
    Own(Reservation),
    /// Another call's with the same key; `None` if the row is gone again.
    Other(Option<CommittedRequest>),
}

/// A call's reservation of a row without a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// When it ends, on the database's clock. No other reservation of the row has this time, so that it tells whose it is.
    until: NaiveDateTime,
    /// Whether the row was that of an earlier call, of which it is not known what it has caused.
    pub is_taken_over: bool,
}

/// Commits the row of a call that an endpoint will carry out, in a statement of its own, so that no other call with the same key
/// asks before `seconds` have passed. An earlier call whose answer is not known is taken over after that.
pub async fn claim(db: &mut MySqlConnection, new: NewRequest<'_>, seconds: u64) -> sqlx::Result<RowOwner> {
    let NewRequest { key, fingerprint, now } = new;
    let until: NaiveDateTime =
        sqlx::query_scalar("SELECT UTC_TIMESTAMP(6) + INTERVAL ? SECOND").bind(seconds).fetch_one(&mut *db).await?;
    let inserted = sqlx::query(
        "INSERT INTO mod_whmcs_api_requests (request_key, fingerprint, created_at, asked_until) VALUES (?, ?, ?, ?)",
    )
    .bind(&key.0[..])
    .bind(&fingerprint[..])
    .bind(now.utc())
    .bind(until)
    .execute(&mut *db)
    .await;
    match inserted {
        Ok(_) => return Ok(RowOwner::Own(Reservation { until, is_taken_over: false })),
        Err(error) if is_duplicate(&error) => {}
        Err(error) => return Err(error),
    }
    let taken_over = sqlx::query(
        "UPDATE mod_whmcs_api_requests SET asked_until = ? \
         WHERE request_key = ? AND fingerprint = ? AND reply IS NULL AND sealed_reply IS NULL AND asked_until <= UTC_TIMESTAMP(6)",
    )
    .bind(until)
    .bind(&key.0[..])
    .bind(&fingerprint[..])
    .execute(&mut *db)
    .await?;
    match taken_over.rows_affected() {
        0 => committed(db, key).await.map(RowOwner::Other),
        _ => Ok(RowOwner::Own(Reservation { until, is_taken_over: true })),
    }
}

/// Stores the reply of a call whose endpoint has answered, whoever has reserved the row by now. Returns `false` if the row has a
/// reply already, or is gone.
pub async fn keep_answer(
    db: &mut MySqlConnection,
    key: &RequestKey,
    format: &str,
    body: KeptBody<'_>,
) -> sqlx::Result<bool> {
    let statement = "UPDATE mod_whmcs_api_requests SET format = ?, reply = ?, sealed_reply = ?, asked_until = NULL \
                     WHERE request_key = ? AND reply IS NULL AND sealed_reply IS NULL";
    let (reply, sealed_reply) = body.columns();
    let kept = sqlx::query(statement).bind(format).bind(reply).bind(sealed_reply).bind(&key.0[..]).execute(db).await?;
    Ok(kept.rows_affected() > 0)
}

/// Deletes the row of a call whose endpoint has done nothing, so that the call can be repeated as a new one. A row that another
/// call has taken over stays.
pub async fn withdraw(db: &mut MySqlConnection, key: &RequestKey, reservation: Reservation) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_requests WHERE request_key = ? AND reply IS NULL AND sealed_reply IS NULL AND asked_until = ?";
    sqlx::query(statement).bind(&key.0[..]).bind(reservation.until).execute(db).await.map(drop)
}

/// Lets another call with the same key ask the endpoint, because it is not known what this one has caused. A row that another
/// call has taken over stays that call's.
pub async fn release(db: &mut MySqlConnection, key: &RequestKey, reservation: Reservation) -> sqlx::Result<()> {
    let statement = "UPDATE mod_whmcs_api_requests SET asked_until = UTC_TIMESTAMP(6) \
                     WHERE request_key = ? AND reply IS NULL AND sealed_reply IS NULL AND asked_until = ?";
    sqlx::query(statement).bind(&key.0[..]).bind(reservation.until).execute(db).await.map(drop)
}

/// Deletes request rows that are too old for a repeated request, and whose records are in the API log.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    crate::database::sql::delete_in_batches(
        db,
        "DELETE FROM mod_whmcs_api_requests WHERE is_log_pending = 0 AND created_at < ? LIMIT 1000",
        time,
    )
    .await
}
