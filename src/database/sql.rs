//! Helpers for writing statements.

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection};

/// Runs a statement that deletes at most 1000 rows from before a time until there are no more: no lock is held for long.
pub(crate) async fn delete_in_parts(
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

/// From when on to look for changes. MySQL takes a time that no timestamp can have for 0, which is before every change and
/// is what rows have that were never changed.
pub(crate) fn changed_since(time: NaiveDateTime) -> NaiveDateTime {
    time.max(chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::Days::new(1))
}

/// A list of ids as one bound value: `JSON_TABLE(?, '$[*]' COLUMNS (id INT PATH '$'))` turns it into rows, so that a
/// statement's text is the same for any number of ids.
pub(crate) fn id_list(ids: impl Iterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// What LIKE takes for every text that has this in it, in which no character stands for another.
pub(crate) fn containing(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
