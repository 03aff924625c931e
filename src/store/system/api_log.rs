//! The API log (`tblapilog`).
//!
//! Two of its columns hold headers as JSON, together with what has no column of its own: `request_headers` begins with
//! the request's id, which distinguishes this server's rows from those that WHMCS wrote.

use std::sync::LazyLock;
use std::time::Duration;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use sqlx::mysql::{MySql, MySqlArguments};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, MySqlConnection, QueryBuilder, SqlSafeStr, SqlStr};

use crate::database::values::from_row;
use crate::store::console::calls::{self, IndexedCall};

/// The least log level of calls that ended with an error, as a number of PHP's loggers.
pub const ERROR: i64 = 400;

const INSERT_ONE: &str = "INSERT INTO tblapilog (action, endpoint, method, request, request_headers, response, response_status, \
                        response_headers, level, created_at, updated_at) \
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// A record of one call. All texts are ASCII, which any table can store. In a request row it is JSON; the time is a column
/// of that row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    #[serde(skip)]
    pub at: NaiveDateTime,
    pub action: String,
    pub endpoint: String,
    pub method: String,
    pub request: String,
    pub request_headers: String,
    pub response: String,
    pub response_headers: String,
    pub status: u16,
    pub level: i64,
    /// The client that a write has changed, and the invoice that it named or made; 0 for none.
    #[serde(default)]
    pub client: i64,
    #[serde(default)]
    pub invoice: i64,
}

/// What the index of calls takes from the headers of a request.
#[derive(Default, Deserialize)]
#[serde(default)]
struct IndexedHeaders {
    address: String,
    credential: String,
    claimed: String,
}

/// What the index of calls takes from the headers of a response.
#[derive(Deserialize)]
struct IndexedAnswer {
    /// In milliseconds.
    duration: f64,
}

impl Record {
    fn indexed(&self) -> IndexedCall {
        let headers: IndexedHeaders = serde_json::from_str(&self.request_headers).unwrap_or_default();
        IndexedCall {
            at: self.at,
            action: self.action.clone(),
            caller: if headers.credential.is_empty() { headers.claimed } else { headers.credential },
            address: headers.address,
            status: self.status,
            is_error: self.level >= ERROR,
            client: self.client,
            invoice: self.invoice,
            took: self.took(),
        }
    }

    /// How long the call took, in microseconds.
    fn took(&self) -> Option<u32> {
        let IndexedAnswer { duration } = serde_json::from_str(&self.response_headers).ok()?;
        let took = Duration::try_from_secs_f64(duration / 1_000.0).ok()?;
        u32::try_from(took.as_micros()).ok()
    }

    /// Approximate size of the record in the statement.
    fn bytes(&self) -> usize {
        let texts = [&self.action, &self.endpoint, &self.method, &self.request, &self.request_headers];
        let more = [&self.response, &self.response_headers];
        64 + texts.into_iter().chain(more).map(String::len).sum::<usize>()
    }
}

/// The part of the statement for each further record.
const VALUES_ROW: &str = ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// INSERT statements for fixed numbers of records, the largest first. There are few of them, so that they stay
/// prepared.
static INSERTS: LazyLock<[(usize, SqlStr); 4]> = LazyLock::new(|| {
    let statement = |count: usize| AssertSqlSafe(INSERT_ONE.to_owned() + &VALUES_ROW.repeat(count - 1)).into_sql_str();
    [128, 32, 8, 1].map(|count| (count, statement(count)))
});
/// Maximum size of one statement: the database rejects more than `max_allowed_packet`, which is at least a megabyte.
const STATEMENT_BYTES: usize = 1_000_000;

/// Whether calls are indexed for the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexing {
    On,
    Off,
}

/// Inserts records in batches, and those that are indexed into the index as well, if the database has one. Returns why the index
/// lacks some of them.
pub async fn insert_all(
    db: &mut MySqlConnection,
    records: &[Record],
    indexing: Indexing,
) -> sqlx::Result<Option<sqlx::Error>> {
    let mut rest = records;
    let mut unindexed = None;
    while !rest.is_empty() {
        let fits = |count: usize| {
            rest.get(..count)
                .is_some_and(|part| count == 1 || part.iter().map(Record::bytes).sum::<usize>() <= STATEMENT_BYTES)
        };
        let Some((count, statement)) = INSERTS.iter().find(|(count, _)| fits(*count)) else { break };
        let (part, remaining) = rest.split_at(*count);
        let inserted = part.iter().fold(sqlx::query(statement.clone()), bind).execute(&mut *db).await?;
        if indexing == Indexing::On {
            let indexed: Vec<IndexedCall> = part.iter().map(Record::indexed).collect();
            unindexed = calls::insert(db, inserted.last_insert_id(), &indexed).await?.or(unindexed);
        }
        rest = remaining;
    }
    Ok(unindexed)
}

type Insert<'r> = Query<'r, MySql, MySqlArguments>;

/// Long texts are sent as bytes: they are ASCII, so the database need not count their characters, which takes it a tenth
/// of the time for a record of a kilobyte and a fifth for one of eight.
fn bind<'r>(insert: Insert<'r>, record: &'r Record) -> Insert<'r> {
    insert
        .bind(&record.action)
        .bind(&record.endpoint)
        .bind(&record.method)
        .bind(record.request.as_bytes())
        .bind(&record.request_headers)
        .bind(record.response.as_bytes())
        .bind(record.status)
        .bind(&record.response_headers)
        .bind(record.level)
        .bind(record.at)
        .bind(record.at)
}

/// A row for people to read.
#[derive(Debug)]
pub struct LogRow {
    pub id: i64,
    pub at: String,
    pub action: String,
    pub request: String,
    pub request_headers: String,
    pub response: String,
    pub response_headers: String,
    pub status: i64,
    pub level: i64,
}

from_row!(LogRow { id, at, action, request, request_headers, response, response_headers, status, level });

/// Filter for records; all conditions must hold.
#[derive(Debug, Default, Clone)]
pub struct LogFilter {
    pub action: Option<String>,
    pub credential: Option<String>,
    pub address: Option<String>,
    pub status: Option<u16>,
    pub since: Option<NaiveDateTime>,
    pub until: Option<NaiveDateTime>,
    /// Only rows with a greater id.
    pub after: Option<i64>,
    pub limit: u32,
}

/// Returns the latest rows that match, in ascending order.
pub async fn search(db: &mut MySqlConnection, search: &LogFilter) -> sqlx::Result<Vec<LogRow>> {
    let mut statement = QueryBuilder::<MySql>::new(
        "SELECT CAST(id AS SIGNED) AS id, CAST(created_at AS CHAR) AS at, action, request, request_headers, response, \
                response_headers, CAST(response_status AS SIGNED) AS status, CAST(level AS SIGNED) AS level \
         FROM tblapilog WHERE 1 = 1",
    );
    if search.credential.is_some() || search.address.is_some() {
        statement.push(" AND JSON_VALID(request_headers)");
    }
    if let Some(credential) = &search.credential {
        statement.push(
            " AND COALESCE(JSON_UNQUOTE(JSON_EXTRACT(request_headers, '$.credential')), \
                           JSON_UNQUOTE(JSON_EXTRACT(request_headers, '$.claimed'))) = ",
        );
        statement.push_bind(credential);
    }
    if let Some(address) = &search.address {
        statement.push(" AND JSON_UNQUOTE(JSON_EXTRACT(request_headers, '$.address')) = ").push_bind(address);
    }
    if let Some(action) = &search.action {
        statement.push(" AND action = ").push_bind(action);
    }
    if let Some(status) = search.status {
        statement.push(" AND response_status = ").push_bind(status);
    }
    if let Some(since) = search.since {
        statement.push(" AND created_at >= ").push_bind(since);
    }
    if let Some(until) = search.until {
        statement.push(" AND created_at < ").push_bind(until);
    }
    if let Some(after) = search.after {
        statement.push(" AND id > ").push_bind(after);
    }
    statement.push(" ORDER BY id DESC LIMIT ").push_bind(search.limit);
    let mut rows: Vec<LogRow> = statement.build_query_as().persistent(false).fetch_all(db).await?;
    rows.reverse();
    Ok(rows)
}

/// Deletes this server's rows from before this time, in batches, so that no lock is held for long.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    crate::database::sql::delete_in_batches(
        db,
        "DELETE FROM tblapilog WHERE created_at < ? AND request_headers LIKE '{\"request_id\":%' ORDER BY id LIMIT 1000",
        time,
    )
    .await
}
