//! Deliveries of events to endpoints: entries of the outbox of the kind `webhook`, whose target is the id of the endpoint.

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use super::events::EventHead;
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::values::from_row;
use crate::database::writer::Writer;

const RETRY: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', attempts = 0, is_unanswered = 0, last_error = '', due_at = ? \
     WHERE kind = 'webhook' AND target = ? AND state IN ('failed', 'superseded') AND payload <> '' ORDER BY id LIMIT ?";
const RESUME: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'pending', attempts = 0, is_unanswered = 0, last_error = '', due_at = ? \
     WHERE kind = 'webhook' AND target = ? AND state = 'superseded' AND payload <> ''";
const REMOVE_ALL: &str = "DELETE FROM mod_whmcs_api_outbox_entries WHERE kind = 'webhook' AND target = ? LIMIT 1000";

/// The name of the kind in the outbox.
pub const KIND: &str = "webhook";
/// The number of entries that one statement inserts: MySQL permits 65,535 values in one.
const BATCH: usize = 500;
/// The number of entries that one statement deletes, as above.
const REMOVED: u64 = 1000;

/// Inserts entries that are due now.
pub async fn add(db: &mut MySqlConnection, deliveries: &[(i64, &EventHead)], now: NaiveDateTime) -> sqlx::Result<()> {
    for batch in deliveries.chunks(BATCH) {
        insert(batch, now).build().persistent(false).execute(&mut *db).await?;
    }
    Ok(())
}

/// Inserts entries for events that were sent before.
pub async fn add_again(tx: &mut Writer<'_>, deliveries: &[(i64, &EventHead)]) -> sqlx::Result<()> {
    let now = tx.now.utc();
    for batch in deliveries.chunks(BATCH) {
        tx.execute(insert(batch, now).build().persistent(false)).await?;
    }
    Ok(())
}

fn insert(deliveries: &[(i64, &EventHead)], now: NaiveDateTime) -> QueryBuilder<MySql> {
    let mut query = QueryBuilder::<MySql>::new(
        "INSERT INTO mod_whmcs_api_outbox_entries (kind, target, subject, subject_id, record_id, summary, payload, last_error, \
                                       due_at, created_at) ",
    );
    query.push_values(deliveries, |mut row, (endpoint, event)| {
        row.push_bind(KIND)
            .push_bind(endpoint.to_string())
            .push_bind(event.subject.clone())
            .push_bind(event.subject_id)
            .push_bind(0)
            .push_bind(format!("{} #{}", event.name, event.sequence))
            .push_bind(format!("{{\"event\":{}}}", event.id))
            .push_bind("")
            .push_bind(now)
            .push_bind(now);
    });
    query
}

/// Makes the first deliveries to an endpoint due that were given up or withdrawn, and returns how many.
pub async fn retry(tx: &mut Writer<'_>, endpoint: i64, limit: u32) -> sqlx::Result<u64> {
    let update = sqlx::query(RETRY).bind(tx.now.utc()).bind(endpoint.to_string()).bind(limit);
    Ok(tx.execute(update).await?.rows_affected())
}

/// Makes the deliveries to an endpoint due that were withdrawn.
pub async fn resume(tx: &mut Writer<'_>, endpoint: i64) -> sqlx::Result<()> {
    let update = sqlx::query(RESUME).bind(tx.now.utc()).bind(endpoint.to_string());
    tx.execute(update).await.map(|_| ())
}

/// Deletes all deliveries to an endpoint.
pub async fn remove(tx: &mut Writer<'_>, endpoint: i64) -> sqlx::Result<()> {
    while tx.execute(sqlx::query(REMOVE_ALL).bind(endpoint.to_string())).await?.rows_affected() == REMOVED {}
    Ok(())
}

/// A delivery, for operators.
#[derive(Debug)]
pub struct DeliveryRow {
    pub id: i64,
    /// The event's name and number.
    pub summary: String,
    /// `pending`, `running`, `done`, `failed` (set aside) or `superseded` (withdrawn).
    pub state: String,
    pub attempts: i64,
    /// UTC, as the next one.
    pub due_at: String,
    pub created_at: String,
    pub last_error: String,
}

from_row!(DeliveryRow { id, summary, state, attempts, due_at, created_at, last_error });

/// Returns deliveries to an endpoint, the latest first, in any state or in this one.
pub async fn list(
    db: &mut MySqlConnection,
    endpoint: i64,
    state: Option<&str>,
    page: Page,
) -> sqlx::Result<Listed<DeliveryRow>> {
    let filter = |query: &mut QueryBuilder<MySql>| {
        query.push(" WHERE kind = 'webhook' AND target = ").push_bind(endpoint.to_string());
        if let Some(state) = state {
            query.push(" AND state = ").push_bind(state.to_owned());
        }
    };
    let statement = ListStatement {
        columns: "CAST(id AS SIGNED) AS id, summary, state, CAST(attempts AS SIGNED) AS attempts, CAST(due_at AS CHAR) AS due_at, \
                  CAST(created_at AS CHAR) AS created_at, last_error",
        table: "mod_whmcs_api_outbox_entries",
        joins: "",
        filter: &filter,
        order: "ORDER BY id DESC",
    };
    statement.read(db, page).await
}
