//! The record of runs (`mod_whmcs_api_automation_runs`), the lease of the server that runs (`mod_whmcs_api_automation_lease`), and
//! what other programs read of it.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::subject_lock::Proof;
use crate::database::values::from_row;
use crate::domain::time::Moment;

const TAKE_LEASE: &str = "INSERT INTO mod_whmcs_api_automation_lease (name, holder, expires_at) VALUES ('daily', ?, ?) \
     ON DUPLICATE KEY UPDATE holder = IF(expires_at < ? OR holder = VALUES(holder), VALUES(holder), holder), \
                             expires_at = IF(holder = VALUES(holder), VALUES(expires_at), expires_at)";
const HAS_LEASE: &str = "SELECT COUNT(*) > 0 FROM mod_whmcs_api_automation_lease WHERE name = 'daily' AND holder = ?";
const GIVE_LEASE_BACK: &str = "DELETE FROM mod_whmcs_api_automation_lease WHERE name = 'daily' AND holder = ?";
const BEGIN: &str = "INSERT INTO mod_whmcs_api_automation_runs (day, task, started_at, finished_at, failures, counts) \
     VALUES (?, ?, ?, NULL, 0, ?) ON DUPLICATE KEY UPDATE started_at = VALUES(started_at), finished_at = NULL, counts = VALUES(counts)";
const FINISH: &str =
    "UPDATE mod_whmcs_api_automation_runs SET finished_at = ?, failures = ?, counts = ? WHERE day = ? AND task = ?";
const COUNTS: &str = "SELECT counts FROM mod_whmcs_api_automation_runs WHERE day = ? AND task = ?";
const FIND: &str = "SELECT task, CAST(started_at AS CHAR) AS started_at, COALESCE(CAST(finished_at AS CHAR), '') AS finished_at, \
            CAST(failures AS SIGNED) AS failures, counts \
     FROM mod_whmcs_api_automation_runs WHERE day = ? AND task = ?";
const OWN_MARKER: &str = "SELECT JSON_UNQUOTE(JSON_EXTRACT(counts, '$.marker')) FROM mod_whmcs_api_automation_runs \
     WHERE task = 'day' ORDER BY day DESC LIMIT 1";
const OF_DAY: &str = "SELECT task, CAST(started_at AS CHAR) AS started_at, COALESCE(CAST(finished_at AS CHAR), '') AS finished_at, \
            CAST(failures AS SIGNED) AS failures, counts \
     FROM mod_whmcs_api_automation_runs WHERE day = ? ORDER BY started_at, task";
const SINCE_LATEST_RUN: &str = "SELECT task, CAST(started_at AS CHAR) AS started_at, \
            COALESCE(CAST(finished_at AS CHAR), '') AS finished_at, \
            CAST(IF(task = 'day', 0, failures) AS SIGNED) AS failures, counts \
     FROM mod_whmcs_api_automation_runs WHERE day >= (SELECT MAX(day) FROM mod_whmcs_api_automation_runs WHERE task = 'day') \
     ORDER BY started_at, task";
const LAST_END: &str = "SELECT CAST(COALESCE(MAX(finished_at), MIN(started_at)) AS CHAR) FROM mod_whmcs_api_automation_runs \
     WHERE task = 'day'";
const LAST_DAY: &str = "SELECT CAST(MAX(day) AS CHAR) FROM mod_whmcs_api_automation_runs WHERE task = ? AND finished_at IS NOT NULL AND day < ?";
const FORGET: &str = "DELETE FROM mod_whmcs_api_automation_runs WHERE day < ?";
const PROVE: &str = "UPDATE mod_whmcs_api_revisions SET revision = revision + 1 WHERE subject = ? AND nonce = ?";
const MARKER: &str =
    "SELECT value FROM tblconfiguration WHERE setting = 'lastDailyCronInvocationTime' ORDER BY id LIMIT 1";
const HOUR: &str = "SELECT value FROM tblconfiguration WHERE setting = 'DailyCronExecutionHour' ORDER BY id LIMIT 1";
const CHANGE_MARKER: &str =
    "UPDATE tblconfiguration SET value = ?, updated_at = ? WHERE setting = 'lastDailyCronInvocationTime'";
const ADD_MARKER: &str = "INSERT INTO tblconfiguration (setting, value, created_at, updated_at) \
     SELECT 'lastDailyCronInvocationTime', ?, ?, ? FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM tblconfiguration WHERE setting = 'lastDailyCronInvocationTime')";
const REGISTER: &str = "INSERT INTO tbllog_register (name, namespace_id, namespace, namespace_value, created_at, updated_at) \
     VALUES (?, NULL, ?, ?, ?, ?)";
const FORGET_REGISTERED: &str =
    "DELETE FROM tbllog_register WHERE namespace = ? AND created_at >= ? AND created_at < ?";
const REGISTERED: &str = "SELECT CAST(DATE(created_at) AS CHAR) AS day, namespace, COALESCE(namespace_value, '') AS value \
     FROM tbllog_register WHERE created_at >= ? AND created_at < ? ORDER BY created_at, id";

/// Takes the lease until this time, or extends it, unless another server has it. Returns whether this server has it.
pub async fn take_lease(
    db: &mut MySqlConnection,
    holder: &[u8; 16],
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> sqlx::Result<bool> {
    sqlx::query(TAKE_LEASE).bind(&holder[..]).bind(until).bind(now).execute(&mut *db).await?;
    sqlx::query_scalar(HAS_LEASE).bind(&holder[..]).fetch_one(db).await
}

pub async fn give_lease_back(db: &mut MySqlConnection, holder: &[u8; 16]) -> sqlx::Result<()> {
    sqlx::query(GIVE_LEASE_BACK).bind(&holder[..]).execute(db).await.map(|_| ())
}

/// Records that a task has begun on a day, perhaps again, with what it has done on it so far.
pub async fn begin(
    db: &mut MySqlConnection,
    day: NaiveDate,
    task: &str,
    counts: &str,
    now: Moment,
) -> sqlx::Result<()> {
    let insert = sqlx::query(BEGIN).bind(day).bind(task.to_owned()).bind(now.utc()).bind(counts.to_owned());
    insert.execute(db).await.map(|_| ())
}

/// Records that a task has ended, with what it has done on the whole day.
pub async fn finish(
    db: &mut MySqlConnection,
    day: NaiveDate,
    task: &str,
    failures: u32,
    counts: &str,
    now: Moment,
) -> sqlx::Result<()> {
    let update =
        sqlx::query(FINISH).bind(now.utc()).bind(failures).bind(counts.to_owned()).bind(day).bind(task.to_owned());
    update.execute(db).await.map(|_| ())
}

/// Returns what a task has done on a day, as JSON.
pub async fn counts(db: &mut MySqlConnection, day: NaiveDate, task: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(COUNTS).bind(day).bind(task.to_owned()).fetch_optional(db).await
}

/// A task on a day.
#[derive(Debug, Clone)]
pub struct TaskRow {
    pub task: String,
    /// In UTC, as the next one, which is empty if the task has not ended.
    pub started_at: String,
    pub finished_at: String,
    pub failures: i64,
    /// A JSON object.
    pub counts: String,
}

from_row!(TaskRow { task, started_at, finished_at, failures, counts });

/// Returns what is recorded of a task on a day.
pub async fn find(db: &mut MySqlConnection, day: NaiveDate, task: &str) -> sqlx::Result<Option<TaskRow>> {
    sqlx::query_as(FIND).bind(day).bind(task.to_owned()).fetch_optional(db).await
}

/// Returns the tasks of a day, in the order in which they began.
pub async fn of_day(db: &mut MySqlConnection, day: NaiveDate) -> sqlx::Result<Vec<TaskRow>> {
    sqlx::query_as(OF_DAY).bind(day).fetch_all(db).await
}

/// What became of a day's tasks.
#[derive(Debug, Clone)]
pub struct DayRow {
    /// `YYYY-MM-DD`.
    pub day: String,
    /// The number of tasks that began.
    pub tasks: i64,
    /// The number of those that have not ended.
    pub unfinished: i64,
    /// The number of units that failed.
    pub failures: i64,
    /// Whether the daily run as a whole has ended.
    pub is_whole: bool,
}

from_row!(DayRow { day, tasks, unfinished, failures, is_whole });

/// Returns what became of each day on which something ran, from one day until before another.
pub async fn days(db: &mut MySqlConnection, from: NaiveDate, until: NaiveDate) -> sqlx::Result<Vec<DayRow>> {
    sqlx::query_as(
        "SELECT CAST(day AS CHAR) AS day, CAST(SUM(task <> 'day') AS SIGNED) AS tasks, \
                CAST(SUM(task <> 'day' AND finished_at IS NULL) AS SIGNED) AS unfinished, \
                CAST(SUM(IF(task = 'day', 0, failures)) AS SIGNED) AS failures, \
                SUM(task = 'day' AND finished_at IS NOT NULL) > 0 AS is_whole \
         FROM mod_whmcs_api_automation_runs WHERE day >= ? AND day < ? GROUP BY day ORDER BY day",
    )
    .bind(from)
    .bind(until)
    .fetch_all(db)
    .await
}

/// What is recorded since the latest daily run of this program began.
#[derive(Debug, Clone)]
pub struct LatestRun {
    /// The tasks, and the whole run itself.
    pub tasks: Vec<TaskRow>,
    /// When a daily run has ended last, in UTC, or the first one has begun if none has.
    pub last_end: String,
}

/// Returns the latest daily run, unless another program has left this marker since.
pub async fn latest(db: &mut MySqlConnection, marker: &str) -> sqlx::Result<Option<LatestRun>> {
    if !is_own(db, marker).await? {
        return Ok(None);
    }
    let tasks = sqlx::query_as(SINCE_LATEST_RUN).fetch_all(&mut *db).await?;
    let last_end: Option<String> = sqlx::query_scalar(LAST_END).fetch_one(db).await?;
    Ok(Some(LatestRun { tasks, last_end: last_end.unwrap_or_default() }))
}

/// Returns the last day before this one on which a task ended.
pub async fn last_day(db: &mut MySqlConnection, task: &str, before: NaiveDate) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(LAST_DAY).bind(task.to_owned()).bind(before).fetch_one(db).await
}

/// Deletes the record of days before this one.
pub async fn forget_before(db: &mut MySqlConnection, day: NaiveDate) -> sqlx::Result<()> {
    sqlx::query(FORGET).bind(day).execute(db).await.map(|_| ())
}

/// Returns when the last daily run began, of this program or of a WHMCS (`lastDailyCronInvocationTime`); empty if there is none.
pub async fn marker(db: &mut MySqlConnection) -> sqlx::Result<String> {
    let marker: Option<Option<String>> = sqlx::query_scalar(MARKER).fetch_optional(db).await?;
    Ok(marker.flatten().unwrap_or_default())
}

/// Whether this marker is the one that the last daily run of this program has left.
pub async fn is_own(db: &mut MySqlConnection, marker: &str) -> sqlx::Result<bool> {
    let own: Option<Option<String>> = sqlx::query_scalar(OWN_MARKER).fetch_optional(db).await?;
    Ok(own.flatten().is_some_and(|own| own == marker))
}

/// Returns the hour of the daily run (`DailyCronExecutionHour`), if the operator has set one.
pub async fn hour(db: &mut MySqlConnection) -> sqlx::Result<Option<u32>> {
    let hour: Option<Option<String>> = sqlx::query_scalar(HOUR).fetch_optional(db).await?;
    Ok(hour.flatten().and_then(|hour| hour.trim().parse().ok()).filter(|hour| *hour < 24))
}

/// Stores when the last daily run began.
pub async fn set_marker(db: &mut MySqlConnection, now: Moment) -> sqlx::Result<()> {
    let (text, utc) = (now.local().format("%Y-%m-%d %H:%M:%S").to_string(), now.utc());
    sqlx::query(CHANGE_MARKER).bind(text.clone()).bind(utc).execute(&mut *db).await?;
    sqlx::query(ADD_MARKER).bind(text).bind(utc).bind(utc).execute(db).await.map(|_| ())
}

/// Replaces the value of a namespace on a day, for GetAutomationLog.
pub async fn register(
    db: &mut MySqlConnection,
    day: NaiveDate,
    title: &str,
    namespace: &str,
    value: u64,
    now: Moment,
) -> sqlx::Result<()> {
    let (from, until) = (day.and_time(chrono::NaiveTime::MIN), day.succ_opt().unwrap_or(day));
    let forget = sqlx::query(FORGET_REGISTERED).bind(namespace.to_owned()).bind(from);
    forget.bind(until.and_time(chrono::NaiveTime::MIN)).execute(&mut *db).await?;
    let at = if now.date() == day { now.local() } else { from };
    let insert = sqlx::query(REGISTER).bind(title.to_owned()).bind(namespace.to_owned()).bind(value.to_string());
    insert.bind(at).bind(at).execute(db).await.map(|_| ())
}

/// A value of a namespace on a day.
#[derive(Debug, Clone)]
pub struct RegisteredRow {
    /// `YYYY-MM-DD`.
    pub day: String,
    pub namespace: String,
    pub value: String,
}

from_row!(RegisteredRow { day, namespace, value });

/// Returns what was registered from one time until before another.
pub async fn registered(
    db: &mut MySqlConnection,
    from: NaiveDateTime,
    until: NaiveDateTime,
) -> sqlx::Result<Vec<RegisteredRow>> {
    sqlx::query_as(REGISTERED).bind(from).bind(until).fetch_all(db).await
}

/// Whether the transaction of this lease still has what it has locked: its last statement, because a database may lose a
/// transaction without an error.
pub async fn prove(db: &mut Lease) -> sqlx::Result<bool> {
    let Some(Proof { subject, nonce }) = db.proof().cloned() else { return Ok(true) };
    let update = sqlx::query(PROVE).bind(subject).bind(nonce.to_vec());
    Ok(update.execute(&mut **db).await?.rows_affected() == 1)
}
