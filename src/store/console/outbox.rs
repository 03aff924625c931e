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
    pub kind: Option<String>,
    pub states: States,
    /// What they are about, such as `client` 42.
    pub subject: Option<(String, i64)>,
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

/// Returns entries that match, the newest first.
pub async fn list(db: &mut MySqlConnection, filter: &EntryFilter, limit: u32) -> sqlx::Result<Vec<EntryRow>> {
    let mut query = QueryBuilder::<MySql>::new(concat!(entries!(), "WHERE TRUE"));
    match &filter.states {
        States::Open => {
            query.push(" AND state IN ('pending', 'running', 'failed', 'unknown')");
        }
        States::One(state) => {
            query.push(" AND state = ").push_bind(state.clone());
        }
        States::All => {}
    }
    if let Some(kind) = &filter.kind {
        query.push(" AND kind = ").push_bind(kind.clone());
    }
    if let Some((subject, id)) = &filter.subject {
        query.push(" AND subject = ").push_bind(subject.clone()).push(" AND subject_id = ").push_bind(*id);
    }
    if let Some(before) = filter.before {
        query.push(" AND id < ").push_bind(before);
    }
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
    query.build_query_as().persistent(false).fetch_all(db).await
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
