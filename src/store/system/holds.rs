//! Holds (`mod_whmcs_api_holds`): what must not happen in this database until it is released.
//!
//! Whatever acts by itself, without a call that asks for it, checks the hold of the outbox: the statements that take up
//! an entry contain the condition `not_held!()`, and everything else reads [`outbox`] first.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::errors::is_missing_table;
use crate::database::values::from_row;

/// The condition that the outbox is not held, as part of a statement's text.
macro_rules! not_held {
    () => {
        "NOT EXISTS (SELECT 1 FROM mod_whmcs_api_holds WHERE name = 'outbox')"
    };
}

pub(in crate::store) use not_held;

/// The hold of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxHold {
    /// Why, for people to read.
    pub reason: String,
    /// The highest id of the entries that existed when the hold was made.
    pub last_entry: i64,
}

from_row!(OutboxHold { reason, last_entry });

/// Returns the hold of the outbox, if there is one.
pub async fn outbox(db: &mut MySqlConnection) -> sqlx::Result<Option<OutboxHold>> {
    let hold = "SELECT reason, CAST(last_entry AS SIGNED) AS last_entry FROM mod_whmcs_api_holds WHERE name = 'outbox'";
    sqlx::query_as(hold).fetch_optional(db).await
}

/// Ends the hold of the outbox. Returns `false` if there was none.
pub async fn release_outbox(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    let release = sqlx::query("DELETE FROM mod_whmcs_api_holds WHERE name = 'outbox'");
    Ok(release.execute(db).await?.rows_affected() == 1)
}

/// Holds the whole database while it is restored, and its outbox until it is released. Holds of a restore that did not
/// end are replaced.
pub async fn begin_restore(db: &mut MySqlConnection, reason: &str, now: NaiveDateTime) -> sqlx::Result<()> {
    let replace = sqlx::query(
        "REPLACE INTO mod_whmcs_api_holds (name, reason, created_at) \
         VALUES ('restore', LEFT(?, 255), ?), ('outbox', LEFT(?, 255), ?)",
    );
    replace.bind(reason).bind(now).bind(reason).bind(now).execute(db).await.map(|_| ())
}

/// Ends the hold of a database that has been restored completely. The outbox stays held.
pub async fn end_restore(db: &mut MySqlConnection) -> sqlx::Result<()> {
    let last = "SELECT CAST(COALESCE(MAX(id), 0) AS SIGNED) FROM mod_whmcs_api_outbox_entries";
    let last: i64 = match sqlx::query_scalar(last).fetch_one(&mut *db).await {
        // The backup is of a database without our tables, or of an older version of them.
        Err(error) if is_missing_table(&error) => 0,
        last => last?,
    };
    let outbox = sqlx::query("UPDATE mod_whmcs_api_holds SET last_entry = ? WHERE name = 'outbox'");
    outbox.bind(last).execute(&mut *db).await?;
    sqlx::query("DELETE FROM mod_whmcs_api_holds WHERE name = 'restore'").execute(db).await.map(|_| ())
}
