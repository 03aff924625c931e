//! How replies of this server differ from those of the WHMCS behind it (`mod_whmcs_api_differences`).

use chrono::NaiveDateTime;
use sqlx::{Connection, MySqlConnection, QueryBuilder};

use crate::database::values::from_row;

/// Maximum number of rows of the table. Further differences are not stored; those that are stored are still counted.
const MAX_ROWS: i64 = 20_000;
/// Maximum number of rows in one statement.
const BATCH_SIZE: usize = 200;

/// How often a difference was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DifferenceRow {
    pub action: String,
    /// The kind of difference, or [`DifferenceRow::COMPARED`].
    pub kind: String,
    /// Where in a reply, with `*` in place of each index.
    pub path: String,
    /// Number of calls whose replies differ so, or that were compared.
    pub calls: i64,
    pub first_at: NaiveDateTime,
    pub last_at: NaiveDateTime,
    /// The latest example, as JSON.
    pub example: String,
}

from_row!(DifferenceRow { action, kind, path, calls, first_at, last_at, example });

impl DifferenceRow {
    /// The kind of the row that counts the comparisons of an action. Its path is empty.
    pub const COMPARED: &str = "compared";
}

/// Adds counts to those that are stored: all of them, or none if that fails.
pub async fn add(db: &mut MySqlConnection, rows: &[DifferenceRow]) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM mod_whmcs_api_differences");
    let stored: i64 = count.fetch_one(&mut *transaction).await?;
    let is_full = stored >= MAX_ROWS;
    for rows in rows.chunks(BATCH_SIZE) {
        match is_full {
            true => add_to_stored(&mut transaction, rows).await?,
            false => insert(&mut transaction, rows).await?,
        }
    }
    transaction.commit().await
}

async fn insert(db: &mut MySqlConnection, rows: &[DifferenceRow]) -> sqlx::Result<()> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO mod_whmcs_api_differences (action, kind, path, calls, first_at, last_at, example) ",
    );
    insert.push_values(rows, |mut row, difference| {
        row.push_bind(&difference.action).push_bind(&difference.kind).push_bind(&difference.path);
        row.push_bind(difference.calls).push_bind(difference.first_at).push_bind(difference.last_at);
        row.push_bind(&difference.example);
    });
    insert.push(
        " ON DUPLICATE KEY UPDATE calls = calls + VALUES(calls), last_at = VALUES(last_at), example = VALUES(example)",
    );
    insert.build().persistent(false).execute(db).await.map(|_| ())
}

async fn add_to_stored(db: &mut MySqlConnection, rows: &[DifferenceRow]) -> sqlx::Result<()> {
    for row in rows {
        let update = sqlx::query(
            "UPDATE mod_whmcs_api_differences SET calls = calls + ?, last_at = ?, example = ? \
             WHERE action = ? AND kind = ? AND path = ?",
        );
        let update = update.bind(row.calls).bind(row.last_at).bind(&row.example);
        update.bind(&row.action).bind(&row.kind).bind(&row.path).execute(&mut *db).await?;
    }
    Ok(())
}

/// Returns the rows of an action, or of all, ordered by action, kind and path.
pub async fn list(db: &mut MySqlConnection, action: Option<&str>) -> sqlx::Result<Vec<DifferenceRow>> {
    let query = "SELECT action, kind, path, CAST(calls AS SIGNED) AS calls, first_at, last_at, example \
                 FROM mod_whmcs_api_differences WHERE ? IS NULL OR LOWER(action) = LOWER(?) ORDER BY action, kind, path";
    sqlx::query_as(query).bind(action).bind(action).persistent(false).fetch_all(db).await
}

/// Deletes the rows of an action, or of all, and returns how many there were.
pub async fn clear(db: &mut MySqlConnection, action: Option<&str>) -> sqlx::Result<u64> {
    let delete = "DELETE FROM mod_whmcs_api_differences WHERE ? IS NULL OR LOWER(action) = LOWER(?)";
    let deleted = sqlx::query(delete).bind(action).bind(action).persistent(false).execute(db).await?;
    Ok(deleted.rows_affected())
}
