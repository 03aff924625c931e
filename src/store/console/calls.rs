//! The index of the API log (`mod_whmcs_api_calls`), and single calls of the log itself (`tblapilog`).
//!
//! Calls are listed by their time, the newest first, and those of the same second by their id: a page begins after the last call of
//! the one before it. Calls that fulfill one condition are a range of a key. Of several conditions, the one with the fewest calls is
//! read by its key, in slices, until the page is full or its time is up.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::NaiveDateTime;
use sqlx::mysql::MySql;
use sqlx::{AssertSqlSafe, MySqlConnection, QueryBuilder, SqlSafeStr, SqlStr};

use crate::database::errors::{is_schema_mismatch, verdict};
use crate::database::sql::delete_in_batches;
use crate::database::values::from_row;

/// The ids of rows that one statement inserts are a step apart that depends on the cluster. A row that is there is of a call
/// that the API log has no more.
const INSERT_ONE: &str = "REPLACE INTO mod_whmcs_api_calls (log_id, `at`, action, caller, address, status, is_error, client_id, invoice_id, took) \
 VALUES (? + ? * @@auto_increment_increment, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The part of the statement for each further call.
const VALUES_ROW: &str = ", (? + ? * @@auto_increment_increment, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// Numbers of calls that one statement inserts, the largest first: as many as one of the API log does.
const BATCHES: [usize; 4] = [128, 32, 8, 1];
static INSERTS: LazyLock<[(usize, SqlStr); 4]> = LazyLock::new(|| {
    let statement = |count: usize| AssertSqlSafe(INSERT_ONE.to_owned() + &VALUES_ROW.repeat(count - 1)).into_sql_str();
    BATCHES.map(|count| (count, statement(count)))
});
/// Number of rows that are read at a time to find calls that match several conditions.
pub const SLICE: usize = 500;
/// Number of the newest rows of the API log that are searched where there is no index.
pub const NEWEST: u32 = 1_000;
/// Length of the columns.
const ACTION_LENGTH: usize = 64;
const CALLER_LENGTH: usize = 64;
const ADDRESS_LENGTH: usize = 45;

/// What the index says of a call.
#[derive(Debug, Default, Clone)]
pub struct IndexedCall {
    pub at: NaiveDateTime,
    pub action: String,
    pub caller: String,
    pub address: String,
    pub status: u16,
    pub is_error: bool,
    /// 0 for none, as the next one.
    pub client: i64,
    pub invoice: i64,
    /// In microseconds, if it is known.
    pub took: Option<u32>,
}

/// Indexes calls whose rows of the API log were inserted by one statement, the first with this id. Returns why some were not, if the
/// index rejects them: the log is worth more than its index. Nothing is indexed if the database has no index.
pub async fn insert(db: &mut MySqlConnection, first: u64, calls: &[IndexedCall]) -> sqlx::Result<Option<sqlx::Error>> {
    let mut number = 0_u64;
    let mut rest = calls;
    while let Some((count, statement)) = INSERTS.iter().find(|(count, _)| *count <= rest.len()) {
        let (part, remaining) = rest.split_at(*count);
        let mut insert = sqlx::query(statement.clone());
        for call in part {
            insert = insert
                .bind(first)
                .bind(number)
                .bind(call.at)
                .bind(start(&call.action, ACTION_LENGTH))
                .bind(start(&call.caller, CALLER_LENGTH))
                .bind(start(&call.address, ADDRESS_LENGTH))
                .bind(call.status)
                .bind(call.is_error)
                .bind(call.client)
                .bind(call.invoice)
                .bind(call.took);
            number += 1;
        }
        match insert.execute(&mut *db).await {
            Err(error) if is_schema_mismatch(&error) => return Ok(None),
            Err(error) if verdict(&error).is_some() => return Ok(Some(error)),
            inserted => inserted?,
        };
        rest = remaining;
    }
    Ok(None)
}

/// The first characters of a text.
fn start(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(end, _)| &text[..end])
}

/// Conditions for calls, which must all hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct CallFilter {
    pub action: Option<String>,
    /// An identifier or a user name.
    pub caller: Option<String>,
    pub address: Option<String>,
    /// The HTTP status of the response.
    pub status: Option<u16>,
    pub is_error: Option<bool>,
    /// The client that was changed.
    pub client: Option<i64>,
    /// The invoice that such a call changed, named or made.
    pub invoice: Option<i64>,
    /// In UTC, as the next one, which is exclusive.
    pub since: Option<NaiveDateTime>,
    pub until: Option<NaiveDateTime>,
}

/// A place in the list of calls: only older ones follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: NaiveDateTime,
    pub id: i64,
}

/// A call in a list.
#[derive(Debug, Clone)]
pub struct CallRow {
    pub id: i64,
    pub at: NaiveDateTime,
    pub action: String,
    pub caller: String,
    pub address: String,
    pub status: i64,
    pub is_error: bool,
    pub client: i64,
    pub invoice: i64,
}

from_row!(CallRow { id, at, action, caller, address, status, is_error, client, invoice });

/// A page of calls.
#[derive(Debug)]
pub struct CallPage {
    pub calls: Vec<CallRow>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<Place>,
}

impl CallFilter {
    /// The columns that have a condition, apart from times. An invoice has no key: whoever looks for one names its client, too.
    fn columns(&self) -> Vec<&'static str> {
        let columns = [
            ("client_id", self.client.is_some()),
            ("address", self.address.is_some()),
            ("caller", self.caller.is_some()),
            ("action", self.action.is_some()),
            ("status", self.status.is_some()),
            ("is_error", self.is_error.is_some()),
        ];
        columns.into_iter().filter(|(_, is_given)| *is_given).map(|(column, _)| column).collect()
    }

    /// Adds the condition on a column.
    fn push(&self, query: &mut QueryBuilder<MySql>, column: &str) {
        match column {
            "client_id" => query.push(" AND client_id = ").push_bind(self.client),
            "caller" => query.push(" AND caller = ").push_bind(self.caller.clone()),
            "status" => query.push(" AND status = ").push_bind(self.status),
            "is_error" => query.push(" AND is_error = ").push_bind(self.is_error.map(i64::from)),
            // A column of ASCII that is compared with another text is converted, and its key is of no use.
            "address" => {
                query.push(" AND address = CONVERT(").push_bind(in_ascii(self.address.as_deref())).push(" USING ascii)")
            }
            _ => query.push(" AND action = CONVERT(").push_bind(in_ascii(self.action.as_deref())).push(" USING ascii)"),
        };
    }
}

fn in_ascii(text: Option<&str>) -> Option<String> {
    text.map(|text| text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
}

/// Returns a page of calls after a place, the newest first; `None` if the database has no index. If few calls match, the page has
/// those that were found within `patience`, and the next one may have more.
pub async fn page(
    db: &mut MySqlConnection,
    filter: &CallFilter,
    after: Option<Place>,
    limit: usize,
    patience: Duration,
) -> sqlx::Result<Option<CallPage>> {
    let start = Instant::now();
    let columns = filter.columns();
    let leading = match sparsest(db, filter, &columns, after).await {
        Err(error) if is_schema_mismatch(&error) => return Ok(None),
        leading => leading?,
    };
    let conditions = columns.len() + usize::from(filter.invoice.is_some());
    let slice = if conditions > 1 { SLICE.max(limit + 1) } else { limit + 1 };
    let mut page = CallPage { calls: Vec::new(), next: after };
    loop {
        let rows = match read(db, filter, leading, page.next, slice).await {
            Err(error) if is_schema_mismatch(&error) => return Ok(None),
            rows => rows?,
        };
        page.next = rows.last().map(CallRow::place).filter(|_| rows.len() == slice);
        page.calls.extend(rows.into_iter().filter(|row| filter.matches(row)));
        if page.calls.len() > limit {
            page.calls.truncate(limit);
            page.next = page.calls.last().map(CallRow::place);
            return Ok(Some(page));
        }
        if page.next.is_none() || start.elapsed() >= patience {
            return Ok(Some(page));
        }
    }
}

/// Returns the column by whose key rows are read: that of which a number of calls go furthest back.
async fn sparsest(
    db: &mut MySqlConnection,
    filter: &CallFilter,
    columns: &[&'static str],
    after: Option<Place>,
) -> sqlx::Result<Option<&'static str>> {
    let mut sparsest = columns.first().copied();
    let mut furthest = None;
    for column in columns.iter().copied().filter(|_| columns.len() > 1) {
        let mut query = QueryBuilder::<MySql>::new("SELECT `at` FROM mod_whmcs_api_calls ");
        filter.push_range(&mut query, Some(column), after);
        query.push(" ORDER BY `at` DESC LIMIT 1 OFFSET ").push_bind(SLICE as u64);
        let at: Option<NaiveDateTime> = query.build_query_scalar().persistent(false).fetch_optional(&mut *db).await?;
        match at {
            None => return Ok(Some(column)),
            Some(at) if furthest.is_none_or(|furthest| at < furthest) => {
                (furthest, sparsest) = (Some(at), Some(column));
            }
            Some(_) => {}
        }
    }
    Ok(sparsest)
}

/// Reads calls of which one column and the time are as the filter says.
async fn read(
    db: &mut MySqlConnection,
    filter: &CallFilter,
    leading: Option<&str>,
    after: Option<Place>,
    limit: usize,
) -> sqlx::Result<Vec<CallRow>> {
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT log_id AS id, `at`, action, caller, address, CAST(status AS SIGNED) AS status, is_error <> 0 AS is_error, \
                CAST(client_id AS SIGNED) AS client, CAST(invoice_id AS SIGNED) AS invoice FROM mod_whmcs_api_calls ",
    );
    filter.push_range(&mut query, leading, after);
    query.push(" ORDER BY `at` DESC, log_id DESC LIMIT ").push_bind(limit as u64);
    query.build_query_as().persistent(false).fetch_all(db).await
}

impl CallFilter {
    /// Adds the range of a key: a value of its column, and the time. Without a column it is the key by time.
    fn push_range(&self, query: &mut QueryBuilder<MySql>, column: Option<&str>, after: Option<Place>) {
        query.push(format!("FORCE INDEX (`{}`) WHERE TRUE", column.unwrap_or("at")));
        if let Some(column) = column {
            self.push(query, column);
        }
        if let Some(since) = self.since {
            query.push(" AND `at` >= ").push_bind(since);
        }
        if let Some(until) = self.until {
            query.push(" AND `at` < ").push_bind(until);
        }
        if let Some(Place { at, id }) = after {
            query.push(" AND `at` <= ").push_bind(at);
            query.push(" AND (`at` < ").push_bind(at).push(" OR log_id < ").push_bind(id).push(")");
        }
    }

    /// Whether a call fulfills all conditions.
    pub fn matches(&self, row: &CallRow) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| wanted == text);
        self.action.as_ref().is_none_or(|action| action.eq_ignore_ascii_case(&row.action))
            && is(&self.caller, &row.caller)
            && is(&self.address, &row.address)
            && self.status.is_none_or(|status| i64::from(status) == row.status)
            && self.is_error.is_none_or(|is_error| is_error == row.is_error)
            && self.client.is_none_or(|client| client == row.client)
            && self.invoice.is_none_or(|invoice| invoice == row.invoice)
            && self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
    }
}

impl CallRow {
    fn place(&self) -> Place {
        Place { at: self.at, id: self.id }
    }
}

/// Maximum number of calls that are counted by period, of those with an error and of the others.
const MOST_COUNTED: u64 = 200_000;
/// Maximum number of calls whose times are compared.
const MOST_TIMED: u64 = 20_000;

/// The calls of a period.
#[derive(Debug)]
pub struct PeriodCalls {
    /// The number of periods since the first one.
    pub number: i64,
    pub calls: i64,
    /// The first call of the period that was counted.
    pub since: NaiveDateTime,
}

from_row!(PeriodCalls { number, calls, since });

/// The calls of one action.
#[derive(Debug)]
pub struct ActionCalls {
    pub action: String,
    pub calls: i64,
    pub errors: i64,
    /// In microseconds, as the next one.
    pub average: i64,
    pub longest: i64,
}

from_row!(ActionCalls { action, calls, errors, average, longest });

/// Calls over time.
#[derive(Debug)]
pub struct CallsOverTime {
    /// Those without an error, and those with one.
    pub successes: Vec<PeriodCalls>,
    pub errors: Vec<PeriodCalls>,
    /// The first call that was counted, if there were too many to count all.
    pub counted_since: Option<NaiveDateTime>,
}

/// Counts calls since a time, in periods of so many seconds; `None` if the database has no index.
pub async fn over_time(
    db: &mut MySqlConnection,
    since: NaiveDateTime,
    period: i64,
) -> sqlx::Result<Option<CallsOverTime>> {
    let count = "SELECT CAST(TIMESTAMPDIFF(SECOND, ?, `at`) DIV ? AS SIGNED) AS number, COUNT(*) AS calls, MIN(`at`) AS since \
         FROM (SELECT `at` FROM mod_whmcs_api_calls FORCE INDEX (is_error) WHERE is_error = ? AND `at` >= ? \
               ORDER BY `at` DESC LIMIT ?) newest GROUP BY number ORDER BY number";
    let mut counted = Vec::with_capacity(2);
    for is_error in [0, 1] {
        let read = sqlx::query_as(count).bind(since).bind(period).bind(is_error).bind(since).bind(MOST_COUNTED);
        let periods: Vec<PeriodCalls> = match read.fetch_all(&mut *db).await {
            Err(error) if is_schema_mismatch(&error) => return Ok(None),
            periods => periods?,
        };
        counted.push(periods);
    }
    let is_cut = |periods: &&Vec<PeriodCalls>| {
        periods.iter().map(|period| period.calls).sum::<i64>() >= MOST_COUNTED.cast_signed()
    };
    let counted_since = counted.iter().filter(is_cut).filter_map(|periods| Some(periods.first()?.since)).max();
    let errors = counted.pop().unwrap_or_default();
    Ok(Some(CallsOverTime { successes: counted.pop().unwrap_or_default(), errors, counted_since }))
}

/// Returns the actions that took longest on average of the newest calls since a time, the slowest first; `None` if the database has
/// no index, or one without times.
pub async fn slowest(
    db: &mut MySqlConnection,
    since: NaiveDateTime,
    limit: u32,
) -> sqlx::Result<Option<Vec<ActionCalls>>> {
    let read = sqlx::query_as(
        "SELECT action, COUNT(*) AS calls, CAST(SUM(is_error <> 0) AS SIGNED) AS errors, CAST(AVG(took) AS SIGNED) AS average, \
                CAST(MAX(took) AS SIGNED) AS longest \
         FROM (SELECT action, is_error, took FROM mod_whmcs_api_calls FORCE INDEX (`at`) WHERE `at` >= ? \
               ORDER BY `at` DESC LIMIT ?) newest \
         WHERE took IS NOT NULL AND action <> '' GROUP BY action ORDER BY average DESC, action LIMIT ?",
    );
    match read.bind(since).bind(MOST_TIMED).bind(limit).fetch_all(db).await {
        Err(error) if is_schema_mismatch(&error) => Ok(None),
        rows => rows.map(Some),
    }
}

/// A call with what was sent and answered. What is secret was hidden before it was stored.
#[derive(Debug)]
pub struct LoggedCall {
    pub id: i64,
    /// `YYYY-MM-DD HH:MM:SS` in UTC.
    pub at: String,
    pub action: String,
    pub endpoint: String,
    pub method: String,
    pub request: String,
    /// JSON, as the headers of the response.
    pub request_headers: String,
    pub response: String,
    pub response_headers: String,
    pub status: i64,
    pub level: i64,
}

from_row!(LoggedCall {
    id,
    at,
    action,
    endpoint,
    method,
    request,
    request_headers,
    response,
    response_headers,
    status,
    level
});

macro_rules! logged {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(created_at AS CHAR), '') AS `at`, action, COALESCE(endpoint, '') AS endpoint, \
                    COALESCE(method, '') AS method, request, request_headers, response, response_headers, \
                    CAST(response_status AS SIGNED) AS status, CAST(level AS SIGNED) AS level FROM tblapilog ",
            $rest
        )
    };
}

/// Returns a call of the API log, whoever has written it.
pub async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<LoggedCall>> {
    sqlx::query_as(logged!("WHERE id = ?")).bind(id).fetch_optional(db).await
}

/// Returns the newest calls of the API log, which need no index.
pub async fn newest(db: &mut MySqlConnection) -> sqlx::Result<Vec<LoggedCall>> {
    sqlx::query_as(logged!("ORDER BY id DESC LIMIT ?")).bind(NEWEST).fetch_all(db).await
}

/// When the first call was indexed that the index still has.
pub async fn since(db: &mut MySqlConnection) -> sqlx::Result<Option<NaiveDateTime>> {
    sqlx::query_scalar("SELECT MIN(`at`) FROM mod_whmcs_api_calls").fetch_one(db).await
}

/// Deletes calls from before this time, in batches, so that no lock is held for long. Does nothing if there is no index.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let statement = "DELETE FROM mod_whmcs_api_calls WHERE `at` < ? ORDER BY `at` LIMIT 1000";
    match delete_in_batches(db, statement, time).await {
        Err(error) if is_schema_mismatch(&error) => Ok(()),
        deleted => deleted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        for (text, cut) in [("", ""), ("ab", "ab"), ("abc", "abc"), ("äöüß", "äöü")] {
            assert_eq!(start(text, 3), cut);
        }
    }
}
