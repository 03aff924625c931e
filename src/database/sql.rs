//! Helpers for writing SQL statements.

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

/// Runs a statement that deletes at most 1000 rows from before a time, and repeats it until no row is left, so that no
/// lock is held for long.
pub(crate) async fn delete_in_batches(
    db: &mut MySqlConnection,
    statement: &'static str,
    before: NaiveDateTime,
) -> sqlx::Result<()> {
    loop {
        let mut transaction = db.begin().await?;
        let deleted = sqlx::query(statement).bind(before).execute(&mut *transaction).await?;
        transaction.commit().await?;
        if deleted.rows_affected() < 1000 {
            return Ok(());
        }
    }
}

/// The earliest time at which a row counts as changed. MySQL turns out-of-range times into 0, which would also match
/// rows that were never changed, so they are clamped.
pub(crate) fn changed_since(time: NaiveDateTime) -> NaiveDateTime {
    time.max(chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::Days::new(1))
}

/// A list of ids as one bound value: `JSON_TABLE(?, '$[*]' COLUMNS (id INT PATH '$'))` turns it into rows, so that a
/// statement's text is the same for any number of ids.
pub(crate) fn id_list(ids: impl Iterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// The pattern with which LIKE matches texts that contain this one, wildcards escaped.
pub(crate) fn like_contains(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
