//! The outbox (`mod_whmcs_api_outbox_entries`) as operators see it: all entries, whatever their state.

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::values::from_row;

/// Which states an operator looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum States {
    /// Those that have not ended, or not well.
    #[default]
    Open,
    All,
    One(String),
}

/// Conditions for entries, which must all hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EntryFilter {
    /// Any of these.
    pub kinds: Vec<String>,
    pub states: States,
    /// Only entries with a lower id.
    pub before: Option<i64>,
}

/// An entry without what it sends.
#[derive(Debug, Clone)]
pub struct EntryRow {
    pub id: i64,
    pub kind: String,
    pub target: String,
    pub subject: String,
    pub subject_id: i64,
    /// The row in which WHMCS shows it, or 0.
    pub record_id: i64,
    pub summary: String,
    pub state: String,
    pub attempts: i64,
    /// Whether an attempt got no answer, and none has since.
    pub is_unanswered: bool,
    /// In UTC: when it is attempted next, or when its claim ends.
    pub due_at: NaiveDateTime,
    pub created_at: NaiveDateTime,
    pub last_error: String,
}

from_row!(EntryRow {
    id,
    kind,
    target,
    subject,
    subject_id,
    record_id,
    summary,
    state,
    attempts,
    is_unanswered,
    due_at,
    created_at,
    last_error
});

macro_rules! entries {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, kind, target, subject, CAST(subject_id AS SIGNED) AS subject_id, \
                CAST(record_id AS SIGNED) AS record_id, summary, state, CAST(attempts AS SIGNED) AS attempts, \
                is_unanswered <> 0 AS is_unanswered, due_at, created_at, last_error \
         FROM mod_whmcs_api_outbox_entries "
    };
}

/// The states of entries that have not ended, or not well, and those of all others.
const OPEN: [&str; 4] = ["pending", "running", "failed", "unknown"];
const ENDED: [&str; 2] = ["done", "superseded"];

/// Returns entries that match, the newest first. The entries in a state and of a kind are a range of a key that ends with the id: of
/// each range, no more are read than are returned.
pub async fn list(db: &mut MySqlConnection, filter: &EntryFilter, limit: u32) -> sqlx::Result<Vec<EntryRow>> {
    let states: Vec<&str> = match &filter.states {
        States::Open => OPEN.to_vec(),
        States::One(state) => vec![state],
        States::All => OPEN.into_iter().chain(ENDED).collect(),
    };
    let mut query = QueryBuilder::<MySql>::new("");
    let ranges = states.iter().flat_map(|state| filter.kinds.iter().map(move |kind| (*state, kind)));
    for (number, (state, kind)) in ranges.enumerate() {
        query.push(if number == 0 { "(" } else { " UNION ALL (" }).push(entries!()).push("WHERE state = ");
        query.push_bind(state.to_owned()).push(" AND kind = ").push_bind(kind.clone());
        if let Some(before) = filter.before {
            query.push(" AND id < ").push_bind(before);
        }
        query.push(" ORDER BY mod_whmcs_api_outbox_entries.id DESC LIMIT ").push_bind(limit).push(")");
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    query.build_query_as().persistent(false).fetch_all(db).await
}

/// Returns the entries about something, such as `client` 42, in whatever state, the newest first.
pub async fn about(db: &mut MySqlConnection, subject: &str, id: i64, limit: u32) -> sqlx::Result<Vec<EntryRow>> {
    let find = sqlx::query_as(concat!(entries!(), "WHERE subject = ? AND subject_id = ? ORDER BY id DESC LIMIT ?"));
    find.bind(subject).bind(id).bind(limit).fetch_all(db).await
}

/// Returns an entry.
pub async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<EntryRow>> {
    sqlx::query_as(concat!(entries!(), "WHERE id = ?")).bind(id).fetch_optional(db).await
}

/// Returns what an entry sends, as JSON, which may have secrets; empty if that is not kept.
pub async fn payload(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT payload FROM mod_whmcs_api_outbox_entries WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await
}

/// The number of entries of a kind in a state.
#[derive(Debug, Clone)]
pub struct StateCount {
    pub kind: String,
    pub state: String,
    pub count: i64,
}

from_row!(StateCount { kind, state, count });

/// Returns the numbers of entries that have not ended, or not well.
pub async fn open_counts(db: &mut MySqlConnection) -> sqlx::Result<Vec<StateCount>> {
    sqlx::query_as(
        "SELECT kind, state, COUNT(*) AS count FROM mod_whmcs_api_outbox_entries \
         WHERE state IN ('pending', 'running', 'failed', 'unknown') GROUP BY kind, state ORDER BY kind, state",
    )
    .fetch_all(db)
    .await
}
