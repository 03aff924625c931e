//! Where staff see commands to modules and registrars: those that failed (`tblmodulequeue`), and all that were exchanged
//! (`tblmodulelog`).

use chrono::NaiveDateTime;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::values::from_row;
use crate::database::writer::Writer;

const PUT_ON: &str = "INSERT INTO tblmodulequeue (service_type, service_id, module_name, module_action, last_attempt, \
                                 last_attempt_error, num_retries, completed, created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?)";
const CHANGE: &str = "UPDATE tblmodulequeue SET last_attempt = ?, last_attempt_error = ?, num_retries = ?, updated_at = ? \
     WHERE id = ?";
const TAKE_OFF: &str = "UPDATE tblmodulequeue SET completed = 1, last_attempt = ?, updated_at = ? WHERE id = ?";
const LOG: &str =
    "INSERT INTO tblmodulelog (date, module, action, request, response, arrdata) VALUES (?, ?, ?, ?, ?, '')";

/// A command of which an attempt has ended.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// `service` or `domain`; the next one is its id.
    pub subject: &'static str,
    pub subject_id: i64,
    /// The module or registrar.
    pub module: &'a str,
    pub function: &'a str,
    /// Number of attempts, including this one.
    pub attempts: i64,
    /// Id of its row of `tblmodulequeue`, or 0.
    pub queue: i64,
}

/// Adds a failed command to the queue, or updates its message there, and returns the row's id.
pub async fn put_on(tx: &mut Writer<'_>, call: Attempted<'_>, message: &str) -> sqlx::Result<i64> {
    let (local, utc) = (tx.now.local(), tx.now.utc());
    if call.queue == 0 {
        let insert = sqlx::query(PUT_ON)
            .bind(call.subject)
            .bind(call.subject_id)
            .bind(call.module)
            .bind(call.function)
            .bind(local)
            .bind(message)
            .bind(utc)
            .bind(utc);
        return tx.insert(insert).await;
    }
    let update = sqlx::query(CHANGE).bind(local).bind(message).bind(call.attempts - 1).bind(utc).bind(call.queue);
    tx.execute(update).await?;
    Ok(call.queue)
}

/// Marks a command in the queue as completed.
pub async fn take_off(tx: &mut Writer<'_>, queue: i64) -> sqlx::Result<()> {
    let update = sqlx::query(TAKE_OFF).bind(tx.now.local()).bind(tx.now.utc()).bind(queue);
    tx.execute(update).await.map(|_| ())
}

/// Marks a command in the queue as completed, outside any call.
pub async fn close(db: &mut MySqlConnection, queue: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query("UPDATE tblmodulequeue SET completed = 1, updated_at = ? WHERE id = ? AND completed = 0");
    update.bind(now).bind(queue).execute(db).await.map(|_| ())
}

/// Whether a row of the queue is still open: neither staff nor a WHMCS on the same database has completed it.
pub async fn is_on(db: &mut MySqlConnection, queue: i64) -> sqlx::Result<bool> {
    let query = sqlx::query_scalar("SELECT COUNT(*) > 0 FROM tblmodulequeue WHERE id = ? AND completed = 0");
    query.bind(queue).fetch_one(db).await
}

/// Logs the request to a module or registrar and its response. Both must be without secrets.
pub async fn log(tx: &mut Writer<'_>, call: Attempted<'_>, request: &str, response: &str) -> sqlx::Result<()> {
    let insert =
        sqlx::query(LOG).bind(tx.now.local()).bind(call.module).bind(call.function).bind(request).bind(response);
    tx.execute(insert).await.map(|_| ())
}

/// A failed command that nobody has completed.
#[derive(Debug)]
pub struct QueuedCommand {
    pub id: i64,
    /// `service`, `addon` or `domain`; the next one is its id.
    pub subject: String,
    pub subject_id: i64,
    pub module: String,
    pub function: String,
    pub last_attempt: String,
    pub error: String,
    pub retries: i64,
    pub created: String,
    pub updated: String,
}

from_row!(QueuedCommand { id, subject, subject_id, module, function, last_attempt, error, retries, created, updated });

/// Filter for the queue; all conditions must hold.
#[derive(Debug, Default)]
pub struct QueueFilter {
    pub subject: Option<String>,
    pub subject_id: Option<i64>,
    pub module: Option<String>,
    pub function: Option<String>,
    pub since: Option<NaiveDateTime>,
}

/// Returns the failed commands that nobody has completed, by id.
pub async fn open_commands(db: &mut MySqlConnection, filter: QueueFilter) -> sqlx::Result<Vec<QueuedCommand>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(q.id AS SIGNED) AS id, q.service_type AS subject, CAST(q.service_id AS SIGNED) AS subject_id, \
                q.module_name AS module, q.module_action AS `function`, \
                COALESCE(CAST(q.last_attempt AS CHAR), '0000-00-00 00:00:00') AS last_attempt, \
                q.last_attempt_error AS error, CAST(q.num_retries AS SIGNED) AS retries, \
                COALESCE(CAST(q.created_at AS CHAR), '0000-00-00 00:00:00') AS created, \
                COALESCE(CAST(q.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated \
         FROM tblmodulequeue q WHERE q.completed = 0",
    );
    let texts =
        [("q.service_type", filter.subject), ("q.module_name", filter.module), ("q.module_action", filter.function)];
    for (column, text) in texts {
        if let Some(text) = text {
            query.push(" AND ").push(column).push(" = ").push_bind(text);
        }
    }
    if let Some(id) = filter.subject_id {
        query.push(" AND q.service_id = ").push_bind(id);
    }
    if let Some(since) = filter.since {
        query.push(" AND q.last_attempt >= ").push_bind(since);
    }
    query.push(" ORDER BY q.id");
    query.build_query_as().fetch_all(db).await
}
