//! Jobs of the console (`mod_whmcs_api_console_jobs`): audits and dry runs, which take longer than a page.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;

/// Inserts nothing while a job of the kind runs that has shown itself since.
const BEGIN: &str = "INSERT INTO mod_whmcs_api_console_jobs (kind, started_by, started_at, seen_at, error, result) \
     SELECT ?, LEFT(?, 255), ?, ?, '', '' FROM (SELECT 1) AS one \
     WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_console_jobs WHERE kind = ? AND finished_at IS NULL AND seen_at >= ?)";

/// What runs, or has run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    Audit,
    DryRun,
}

impl JobKind {
    fn name(self) -> &'static str {
        match self {
            JobKind::Audit => "audit",
            JobKind::DryRun => "dry_run",
        }
    }
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: i64,
    pub started_by: String,
    /// In UTC, as the other times.
    pub started_at: NaiveDateTime,
    pub seen_at: NaiveDateTime,
    pub finished_at: Option<NaiveDateTime>,
    pub done: i64,
    pub total: i64,
    pub step: String,
    /// Why it has failed; empty if it has not.
    pub error: String,
    /// JSON; empty until it has ended.
    pub result: String,
}

from_row!(Job { id, started_by, started_at, seen_at, finished_at, done, total, step, error, result });

/// Begins a job for the author, and returns its id; `None` if another one of the kind runs, which has shown itself since
/// `alive_since`.
pub async fn begin(tx: &mut Writer<'_>, kind: JobKind, alive_since: NaiveDateTime) -> sqlx::Result<Option<i64>> {
    let now = tx.now.utc();
    let insert = sqlx::query(BEGIN).bind(kind.name()).bind(&tx.author.name).bind(now).bind(now);
    let inserted = tx.execute(insert.bind(kind.name()).bind(alive_since)).await?;
    Ok((inserted.rows_affected() == 1).then(|| inserted.last_insert_id().cast_signed()))
}

/// Adds a job that has ended, and returns its id.
pub async fn add_finished(
    db: &mut MySqlConnection,
    kind: JobKind,
    started_by: &str,
    result: &str,
    now: NaiveDateTime,
) -> sqlx::Result<i64> {
    let insert = sqlx::query(
        "INSERT INTO mod_whmcs_api_console_jobs (kind, started_by, started_at, seen_at, finished_at, error, result) \
         VALUES (?, ?, ?, ?, ?, '', ?)",
    );
    let insert = insert.bind(kind.name()).bind(started_by).bind(now).bind(now).bind(now).bind(result);
    Ok(insert.execute(db).await?.last_insert_id().cast_signed())
}

/// How far a job is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Progress {
    pub step: &'static str,
    pub done: i64,
    pub total: i64,
}

/// Records how far a job is.
pub async fn advance(db: &mut MySqlConnection, id: i64, progress: Progress, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_console_jobs SET seen_at = ?, step = ?, done = ?, total = ? WHERE id = ? AND finished_at IS NULL",
    );
    let update = update.bind(now).bind(progress.step).bind(progress.done).bind(progress.total).bind(id);
    update.execute(db).await.map(|_| ())
}

/// Ends a job with its result, or with the reason of its failure.
pub async fn finish(
    db: &mut MySqlConnection,
    id: i64,
    result: Result<&str, &str>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let update = sqlx::query(
        "UPDATE mod_whmcs_api_console_jobs SET seen_at = ?, finished_at = ?, error = ?, result = ? WHERE id = ?",
    );
    let update = update.bind(now).bind(now).bind(result.err().unwrap_or_default()).bind(result.unwrap_or_default());
    update.bind(id).execute(db).await.map(|_| ())
}

/// Returns the last job of a kind.
pub async fn last(db: &mut MySqlConnection, kind: JobKind) -> sqlx::Result<Option<Job>> {
    sqlx::query_as(
        "SELECT id, started_by, started_at, seen_at, finished_at, done, total, step, error, result \
         FROM mod_whmcs_api_console_jobs WHERE kind = ? ORDER BY id DESC LIMIT 1",
    )
    .bind(kind.name())
    .fetch_optional(db)
    .await
}

/// Returns the last job of a kind that has ended with a result.
pub async fn last_result(db: &mut MySqlConnection, kind: JobKind) -> sqlx::Result<Option<Job>> {
    sqlx::query_as(
        "SELECT id, started_by, started_at, seen_at, finished_at, done, total, step, error, result \
         FROM mod_whmcs_api_console_jobs WHERE kind = ? AND finished_at IS NOT NULL AND error = '' ORDER BY id DESC LIMIT 1",
    )
    .bind(kind.name())
    .fetch_optional(db)
    .await
}

/// Deletes the jobs of a kind before this one: the last results are of use only.
pub async fn forget_before(db: &mut MySqlConnection, kind: JobKind, id: i64) -> sqlx::Result<()> {
    let delete = sqlx::query("DELETE FROM mod_whmcs_api_console_jobs WHERE kind = ? AND id < ?");
    delete.bind(kind.name()).bind(id).execute(db).await.map(|_| ())
}
