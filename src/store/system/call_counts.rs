//! Counts of calls by caller and server (`mod_whmcs_api_call_counts`), for rate limits.

use chrono::NaiveDateTime;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::values::from_row;

/// Random number of a server, made when it starts.
pub type ServerId = [u8; 16];

/// The calls that one server has counted for a caller, in the minute and the day that begin at these times (UTC).
#[derive(Debug, Clone)]
pub struct CallCount {
    pub caller: String,
    pub minute_start: NaiveDateTime,
    pub minute_calls: u32,
    pub day_start: NaiveDateTime,
    pub day_calls: u32,
}

/// The calls that this server, or all others together, have counted for a caller.
#[derive(Debug)]
pub struct CallSum {
    pub caller: String,
    pub is_own: bool,
    pub minute_calls: i64,
    pub day_calls: i64,
}

from_row!(CallSum { caller, is_own, minute_calls, day_calls });

/// Stores counts of a server in place of those that it has stored before. There must be at least one.
pub async fn store(db: &mut MySqlConnection, server: &ServerId, counts: &[CallCount]) -> sqlx::Result<()> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO mod_whmcs_api_call_counts (caller, server, minute_start, minute_calls, day_start, day_calls) ",
    );
    insert.push_values(counts, |mut row, count| {
        row.push_bind(&count.caller).push_bind(&server[..]).push_bind(count.minute_start);
        row.push_bind(count.minute_calls).push_bind(count.day_start).push_bind(count.day_calls);
    });
    insert.push(
        " ON DUPLICATE KEY UPDATE minute_start = VALUES(minute_start), minute_calls = VALUES(minute_calls), \
         day_start = VALUES(day_start), day_calls = VALUES(day_calls)",
    );
    insert.build().persistent(false).execute(db).await.map(|_| ())
}

/// Returns the sums for these callers, of which there must be at least one, in the minute and the day that begin at these
/// times. A caller without calls has none.
pub async fn sums(
    db: &mut MySqlConnection,
    server: &ServerId,
    callers: impl Iterator<Item = String>,
    minute_start: NaiveDateTime,
    day_start: NaiveDateTime,
) -> sqlx::Result<Vec<CallSum>> {
    let mut query = QueryBuilder::new("SELECT caller, server = ");
    query.push_bind(&server[..]).push(" AS is_own, CAST(SUM(CASE WHEN minute_start = ").push_bind(minute_start);
    query.push(
        " THEN minute_calls ELSE 0 END) AS SIGNED) AS minute_calls, CAST(SUM(day_calls) AS SIGNED) AS day_calls ",
    );
    query.push("FROM mod_whmcs_api_call_counts WHERE day_start = ").push_bind(day_start).push(" AND caller IN (");
    let mut list = query.separated(", ");
    callers.for_each(|caller| {
        list.push_bind(caller);
    });
    query.push(") GROUP BY caller, is_own").build_query_as().persistent(false).fetch_all(db).await
}

/// Deletes the counts of days that began before this time.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_call_counts WHERE day_start < ? LIMIT 1000";
    crate::database::sql::delete_in_batches(db, statement, time).await
}
