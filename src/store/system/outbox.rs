//! The transactional outbox (`mod_whmcs_api_outbox_entries`).
//!
//! [`add`] is called in the transaction that causes a side effect. All other functions are for the worker and for
//! operators, outside any call: their changes are guarded by the entry's state and claim.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::holds::not_held;
use crate::database::sql::delete_in_batches;
use crate::database::values::from_row;
use crate::database::writer::{RequestKey, Writer};

/// Whether another entry of the same kind about the subject of the entry `e` is being attempted, or has an outcome that is
/// not known.
macro_rules! obstructed {
    () => {
        "EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries o WHERE o.subject = e.subject AND o.subject_id = e.subject_id \
                   AND o.kind = e.kind AND o.id <> e.id \
                   AND (o.state IN ('running', 'unknown') OR (o.state = 'pending' AND o.is_unanswered = 1)))"
    };
}

const ADD: &str = "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, summary, payload, \
                                   last_error, due_at, request_key, created_at) \
     VALUES (?, LEFT(?, 64), ?, ?, ?, LEFT(?, 255), ?, '', ?, ?, ?)";
const CLAIM: &str = concat!(
    "UPDATE mod_whmcs_api_outbox_entries SET state = 'running', attempts = attempts + 1, claim = ?, due_at = ? \
     WHERE id = ? AND state = 'pending' AND attempts = ? AND ",
    not_held!()
);
const CLAIMED: &str = concat!(
    "SELECT CAST(e.id AS SIGNED) AS id, e.kind, e.target, e.subject, CAST(e.subject_id AS SIGNED) AS subject_id, \
            CAST(e.record_id AS SIGNED) AS record_id, e.payload, CAST(e.attempts AS SIGNED) AS attempts, \
            e.is_unanswered <> 0 AS is_unanswered, e.claim, ",
    obstructed!(),
    " AS is_obstructed \
     FROM mod_whmcs_api_outbox_entries e WHERE e.id = ? AND e.claim = ? AND e.state = 'running'"
);
const PUT_BACK: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', attempts = attempts - 1, due_at = ? \
     WHERE id = ? AND claim = ? AND state = 'running'";
const SET_PAYLOAD: &str =
    "UPDATE mod_whmcs_api_outbox_entries SET payload = ? WHERE id = ? AND claim = ? AND state = 'running'";
const IS_CLAIMED: &str = "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_outbox_entries \
     WHERE id = ? AND claim = ? AND state = 'running' FOR UPDATE";
const END: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = ?, is_unanswered = ?, last_error = ?, due_at = ?, record_id = ?, \
         payload = COALESCE(?, payload) \
     WHERE id = ? AND claim = ? AND state = 'running'";
const REMOVE: &str = "DELETE FROM mod_whmcs_api_outbox_entries WHERE id = ? AND claim = ? AND state = 'running'";
/// The second SELECT reads what servers of version 0.1 have written and still process, or have finished.
const OF_REQUEST: &str = "SELECT CAST(id AS SIGNED) AS id, target, CAST(attempts AS SIGNED) AS attempts, state, is_unanswered <> 0 AS is_unanswered, \
            last_error FROM mod_whmcs_api_outbox_entries WHERE request_key = ? AND kind = ? \
     UNION ALL SELECT 0, module, CAST(attempts AS SIGNED), \
            CASE outcome WHEN '' THEN 'running' WHEN 'success' THEN 'done' ELSE outcome END, 0 <> 0, message \
     FROM mod_whmcs_api_module_calls WHERE request_key = ? AND ? = 'module' AND outcome <> 'moved' ORDER BY id";

/// A random number that identifies a claim, so that no other claim on the entry is taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(pub [u8; 16]);

/// An entry to insert.
#[derive(Debug)]
pub struct NewEntry<'a> {
    pub kind: &'a str,
    pub target: &'a str,
    /// The type of row that the entry concerns, such as `client`; `subject_id` is its id.
    pub subject: &'a str,
    pub subject_id: i64,
    /// Id of the row in which WHMCS shows the side effect, or 0.
    pub record_id: i64,
    /// A description for people.
    pub summary: &'a str,
    /// A JSON object.
    pub payload: &'a str,
}

/// Inserts an entry that is due as soon as the transaction is committed.
pub async fn add(tx: &mut Writer<'_>, new: &NewEntry<'_>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let key = tx.key.map_or([0; 32], |key| key.0);
    let insert = sqlx::query(ADD)
        .bind(new.kind)
        .bind(new.target)
        .bind(new.subject)
        .bind(new.subject_id)
        .bind(new.record_id)
        .bind(new.summary)
        .bind(new.payload)
        .bind(utc)
        .bind(&key[..])
        .bind(utc);
    tx.execute(insert).await.map(|_| ())
}

/// A lane: a kind of side effect and a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lane {
    pub kind: String,
    pub target: String,
}

from_row!(Lane { kind, target });

/// Returns the lanes that have a due entry.
pub async fn due_lanes(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<Vec<Lane>> {
    sqlx::query_as(concat!(
        "SELECT kind, target FROM mod_whmcs_api_outbox_entries WHERE state = 'pending' AND ",
        not_held!(),
        " GROUP BY kind, target HAVING MIN(due_at) <= ?"
    ))
    .bind(now)
    .fetch_all(db)
    .await
}

/// An entry that is due.
#[derive(Debug, Clone, Copy)]
pub struct DueEntry {
    pub id: i64,
    /// Number of earlier attempts.
    pub attempts: i64,
}

from_row!(DueEntry { id, attempts });

/// Returns the due entries of a lane, the longest due first.
pub async fn due(db: &mut MySqlConnection, lane: &Lane, now: NaiveDateTime, limit: u32) -> sqlx::Result<Vec<DueEntry>> {
    sqlx::query_as(concat!(
        "SELECT CAST(id AS SIGNED) AS id, CAST(attempts AS SIGNED) AS attempts FROM mod_whmcs_api_outbox_entries \
         WHERE state = 'pending' AND kind = ? AND target = ? AND due_at <= ? AND ",
        not_held!(),
        " ORDER BY due_at, id LIMIT ?"
    ))
    .bind(&lane.kind)
    .bind(&lane.target)
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Returns the due entries of a lane that are the first unfinished ones about their subjects, the longest due first. Those about
/// nothing wait for none.
pub async fn due_in_order(
    db: &mut MySqlConnection,
    lane: &Lane,
    now: NaiveDateTime,
    limit: u32,
) -> sqlx::Result<Vec<DueEntry>> {
    sqlx::query_as(concat!(
        // The first of each subject, which one pass over the index finds: a question for each entry took seconds for thousands.
        "SELECT CAST(e.id AS SIGNED) AS id, CAST(e.attempts AS SIGNED) AS attempts FROM \
           (SELECT MIN(o.id) AS id FROM mod_whmcs_api_outbox_entries o \
            WHERE o.kind = ? AND o.target = ? AND o.state IN ('pending', 'running') \
            GROUP BY o.subject, o.subject_id, IF(o.subject = '', o.id, 0)) AS heads \
         JOIN mod_whmcs_api_outbox_entries e ON e.id = heads.id \
         WHERE e.state = 'pending' AND e.due_at <= ? AND ",
        not_held!(),
        " ORDER BY e.due_at, e.id LIMIT ?"
    ))
    .bind(&lane.kind)
    .bind(&lane.target)
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Claims an entry until a time. Whether this claim won is only certain once it is committed, see [`claimed`].
pub async fn claim(db: &mut MySqlConnection, due: DueEntry, claim: Claim, until: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query(CLAIM).bind(&claim.0[..]).bind(until).bind(due.id).bind(due.attempts);
    update.execute(db).await.map(|_| ())
}

/// A claimed entry.
#[derive(Debug, Clone)]
pub struct Entry {
    pub id: i64,
    pub kind: String,
    pub target: String,
    pub subject: String,
    pub subject_id: i64,
    /// Id of the row in which WHMCS shows the side effect, or 0.
    pub record_id: i64,
    /// A JSON object.
    pub payload: String,
    /// Number of attempts, including this one.
    pub attempts: i64,
    /// Whether an earlier attempt ended without an answer, and none has got one since.
    pub is_unanswered: bool,
    pub claim: Vec<u8>,
    /// Whether another entry of the same kind about the same subject was being attempted when this one was claimed, or had an
    /// outcome that was not known.
    pub is_obstructed: bool,
}

from_row!(Entry {
    id,
    kind,
    target,
    subject,
    subject_id,
    record_id,
    payload,
    attempts,
    is_unanswered,
    claim,
    is_obstructed
});

/// Returns the entry if this claim holds it.
pub async fn claimed(db: &mut MySqlConnection, id: i64, claim: Claim) -> sqlx::Result<Option<Entry>> {
    sqlx::query_as(CLAIMED).bind(id).bind(&claim.0[..]).fetch_optional(db).await
}

/// Puts an entry back that was claimed and not attempted, until a time.
pub async fn put_back(db: &mut MySqlConnection, entry: &Entry, due_at: NaiveDateTime) -> sqlx::Result<()> {
    let put_back = sqlx::query(PUT_BACK).bind(due_at).bind(entry.id).bind(&entry.claim[..]);
    put_back.execute(db).await.map(|_| ())
}

/// Replaces the payload of an entry before it is attempted. Returns `false` if its claim no longer holds.
pub async fn set_payload(db: &mut MySqlConnection, entry: &Entry, payload: &str) -> sqlx::Result<bool> {
    let update = sqlx::query(SET_PAYLOAD).bind(payload).bind(entry.id).bind(&entry.claim[..]);
    Ok(update.execute(db).await?.rows_affected() == 1)
}

/// The state in which an attempt leaves its entry.
#[derive(Debug)]
pub struct EntryUpdate<'a> {
    pub state: &'a str,
    pub is_unanswered: bool,
    /// Empty after a success.
    pub error: &'a str,
    pub due_at: NaiveDateTime,
    pub record_id: i64,
    /// `None` keeps the payload, for a further attempt or for an operator.
    pub payload: Option<&'a str>,
}

/// Ends an attempt, as its transaction's last write. Returns `false` if its claim no longer holds.
pub async fn end(db: &mut MySqlConnection, entry: &Entry, update: &EntryUpdate<'_>) -> sqlx::Result<bool> {
    let end = sqlx::query(END)
        .bind(update.state)
        .bind(update.is_unanswered)
        .bind(update.error)
        .bind(update.due_at)
        .bind(update.record_id)
        .bind(update.payload)
        .bind(entry.id)
        .bind(&entry.claim[..]);
    Ok(end.execute(db).await?.rows_affected() == 1)
}

/// Whether this server still has its claim to an entry, whose row is locked until the transaction ends.
pub async fn is_claimed(db: &mut MySqlConnection, entry: &Entry) -> sqlx::Result<bool> {
    let claimed: Option<i64> =
        sqlx::query_scalar(IS_CLAIMED).bind(entry.id).bind(&entry.claim[..]).fetch_optional(db).await?;
    Ok(claimed.is_some())
}

/// Ends an attempt by deleting its entry, as its transaction's last write. Returns `false` if its claim no longer
/// holds.
pub async fn remove(db: &mut MySqlConnection, entry: &Entry) -> sqlx::Result<bool> {
    let remove = sqlx::query(REMOVE).bind(entry.id).bind(&entry.claim[..]);
    Ok(remove.execute(db).await?.rows_affected() == 1)
}

/// Returns the entries of a kind whose claim has expired, because the server that claimed them stopped or failed.
pub async fn abandoned(db: &mut MySqlConnection, kind: &str, now: NaiveDateTime) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as(concat!(
        "SELECT CAST(id AS SIGNED) AS id, kind, target, subject, CAST(subject_id AS SIGNED) AS subject_id, \
                CAST(record_id AS SIGNED) AS record_id, payload, CAST(attempts AS SIGNED) AS attempts, \
                is_unanswered <> 0 AS is_unanswered, claim, 0 <> 0 AS is_obstructed \
         FROM mod_whmcs_api_outbox_entries WHERE state = 'running' AND kind = ? AND due_at < ? AND ",
        not_held!(),
        " ORDER BY due_at LIMIT 100"
    ))
    .bind(kind)
    .bind(now)
    .fetch_all(db)
    .await
}

/// Makes an abandoned entry available for another attempt.
pub async fn release(db: &mut MySqlConnection, entry: &Entry) -> sqlx::Result<bool> {
    let release = sqlx::query(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', is_unanswered = 1 \
         WHERE id = ? AND claim = ? AND state = 'running'",
    );
    Ok(release.bind(entry.id).bind(&entry.claim[..]).execute(db).await?.rows_affected() == 1)
}

/// The state of an entry that a request caused.
#[derive(Debug)]
pub struct Progress {
    /// 0 if only servers of version 0.1 attempt the entry.
    pub id: i64,
    pub target: String,
    pub attempts: i64,
    pub state: String,
    /// Whether an attempt got no answer, and none has since.
    pub is_unanswered: bool,
    pub last_error: String,
}

from_row!(Progress { id, target, attempts, state, is_unanswered, last_error });

impl Progress {
    /// Whether it is unknown if the side effect has happened, and nobody is finding out at the moment.
    pub fn is_unknown(&self) -> bool {
        self.state == "unknown" || (self.state == "pending" && self.is_unanswered)
    }
}

/// Returns the entries of a kind that a request caused, in the order of insertion.
pub async fn entries_of_request(db: &mut MySqlConnection, kind: &str, key: &RequestKey) -> sqlx::Result<Vec<Progress>> {
    let query = sqlx::query_as(OF_REQUEST).bind(&key.0[..]).bind(kind).bind(&key.0[..]).bind(kind);
    query.fetch_all(db).await
}

/// Number of entries of a kind that are pending.
pub async fn waiting(db: &mut MySqlConnection, kind: &str) -> sqlx::Result<i64> {
    let count = "SELECT COUNT(*) FROM mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running') AND kind = ?";
    sqlx::query_scalar(count).bind(kind).fetch_one(db).await
}

/// An unfinished entry for operators: pending, running, failed or with an unknown outcome.
#[derive(Debug)]
pub struct OutboxRow {
    pub id: i64,
    pub kind: String,
    pub target: String,
    pub subject: String,
    pub subject_id: i64,
    pub summary: String,
    pub state: String,
    pub attempts: i64,
    /// UTC.
    pub due_at: String,
    pub last_error: String,
}

from_row!(OutboxRow { id, kind, target, subject, subject_id, summary, state, attempts, due_at, last_error });

/// Returns all unfinished entries, the oldest first.
pub async fn list(db: &mut MySqlConnection) -> sqlx::Result<Vec<OutboxRow>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, kind, target, subject, CAST(subject_id AS SIGNED) AS subject_id, summary, state, \
                CAST(attempts AS SIGNED) AS attempts, CAST(due_at AS CHAR) AS due_at, last_error \
         FROM mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running', 'failed', 'unknown') ORDER BY id",
    )
    .fetch_all(db)
    .await
}

/// A failed or unknown entry that an operator may retry.
#[derive(Debug)]
pub struct RetryCandidate {
    pub kind: String,
    pub record_id: i64,
    /// Whether its payload still exists.
    pub has_payload: bool,
    /// Whether there is a later entry of this kind about the same subject.
    pub has_successor: bool,
    /// Whether it is unknown what its attempts did; otherwise it has failed.
    pub is_unknown: bool,
}

from_row!(RetryCandidate { kind, record_id, has_payload, has_successor, is_unknown });

/// Returns an entry if it has failed or its outcome is unknown.
pub async fn find_retry_candidate(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<RetryCandidate>> {
    sqlx::query_as(
        "SELECT e.kind, CAST(e.record_id AS SIGNED) AS record_id, e.payload <> '' AS has_payload, \
                EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries later WHERE later.kind = e.kind \
                        AND later.subject = e.subject AND later.subject_id = e.subject_id AND later.id > e.id \
                        AND NOT (e.kind = 'module' AND 'Renew' IN (e.summary, later.summary))) AS has_successor, \
                e.state = 'unknown' AS is_unknown \
         FROM mod_whmcs_api_outbox_entries e WHERE e.id = ? AND e.state IN ('failed', 'unknown')",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// Makes a failed or unknown entry due again, with its attempts reset, as its transaction's last write. An entry that
/// `is_unanswered` is looked up first. Returns `false` if its state has changed meanwhile.
pub async fn retry(
    db: &mut MySqlConnection,
    id: i64,
    record_id: i64,
    is_unanswered: bool,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_outbox_entries \
         SET state = 'pending', attempts = 0, is_unanswered = ?, last_error = '', record_id = ?, due_at = ? \
         WHERE id = ? AND payload <> '' AND IF(?, state = 'unknown', state IN ('failed', 'unknown'))",
    );
    let update = update.bind(is_unanswered).bind(record_id).bind(now).bind(id).bind(is_unanswered);
    Ok(update.execute(db).await?.rows_affected() == 1)
}

/// Returns an entry whose outcome is unknown, locked until the transaction ends.
pub async fn lock_unknown(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<Entry>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, kind, target, subject, CAST(subject_id AS SIGNED) AS subject_id, \
                CAST(record_id AS SIGNED) AS record_id, payload, CAST(attempts AS SIGNED) AS attempts, \
                is_unanswered <> 0 AS is_unanswered, claim, 0 <> 0 AS is_obstructed \
         FROM mod_whmcs_api_outbox_entries WHERE id = ? AND state = 'unknown' FOR UPDATE",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// Ends an entry whose outcome is unknown, as its transaction's last write. Returns `false` if its state has changed
/// meanwhile.
pub async fn resolve(db: &mut MySqlConnection, entry: &Entry, update: &EntryUpdate<'_>) -> sqlx::Result<bool> {
    let end = sqlx::query(
        "UPDATE mod_whmcs_api_outbox_entries SET state = ?, is_unanswered = ?, last_error = ?, due_at = ?, record_id = ?, \
             payload = COALESCE(?, payload) \
         WHERE id = ? AND state = 'unknown'",
    );
    let end = end
        .bind(update.state)
        .bind(update.is_unanswered)
        .bind(update.error)
        .bind(update.due_at)
        .bind(update.record_id)
        .bind(update.payload)
        .bind(entry.id);
    Ok(end.execute(db).await?.rows_affected() == 1)
}

/// An entry that has not ended, or not well: pending, running, failed or with an unknown outcome.
#[derive(Debug)]
pub struct OpenEntry {
    pub kind: String,
    pub record_id: i64,
    pub state: String,
    pub is_unanswered: bool,
}

from_row!(OpenEntry { kind, record_id, state, is_unanswered });

/// Returns an entry that has not ended, or not well, locked until the transaction ends.
pub async fn lock_open(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<OpenEntry>> {
    sqlx::query_as(
        "SELECT kind, CAST(record_id AS SIGNED) AS record_id, state, is_unanswered <> 0 AS is_unanswered \
         FROM mod_whmcs_api_outbox_entries \
         WHERE id = ? AND state IN ('pending', 'running', 'failed', 'unknown') FOR UPDATE",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// Ends an entry that is not being attempted without a further attempt, and forgets what it was to send. Returns `false` if its
/// state has changed meanwhile.
pub async fn abandon(db: &mut MySqlConnection, id: i64, reason: &str) -> sqlx::Result<bool> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '', is_unanswered = 0, last_error = ? \
         WHERE id = ? AND state IN ('pending', 'failed', 'unknown')",
    );
    Ok(update.bind(reason).bind(id).execute(db).await?.rows_affected() == 1)
}

/// An unfinished entry that is to be dropped.
#[derive(Debug)]
pub struct PendingEntry {
    pub id: i64,
    pub kind: String,
    pub record_id: i64,
}

from_row!(PendingEntry { id, kind, record_id });

/// Returns the pending and running entries up to an id, the oldest first.
pub async fn pending_until(db: &mut MySqlConnection, last: i64) -> sqlx::Result<Vec<PendingEntry>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, kind, CAST(record_id AS SIGNED) AS record_id \
         FROM mod_whmcs_api_outbox_entries WHERE state IN ('pending', 'running') AND id <= ? ORDER BY id",
    )
    .bind(last)
    .fetch_all(db)
    .await
}

/// Drops a pending or running entry: it will not be attempted, and is not kept for a retry.
pub async fn drop_pending(db: &mut MySqlConnection, id: i64, reason: &str) -> sqlx::Result<()> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '', last_error = ? \
         WHERE id = ? AND state IN ('pending', 'running')",
    );
    update.bind(reason).bind(id).execute(db).await.map(|_| ())
}

/// Deletes finished entries that no request can ask for any more. Entries that await an operator's decision stay, and so do
/// commands to registrars that were carried out or withdrawn: the next payment of the same line asks for them.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_outbox_entries \
                     WHERE (state = 'failed' OR (state IN ('done', 'superseded') AND kind <> 'registrar')) \
                       AND created_at < ? LIMIT 1000";
    delete_in_batches(db, statement, time).await
}
