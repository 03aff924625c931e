//! Deliveries of events to endpoints: entries of the outbox of the kind `webhook`, whose target is the id of the endpoint and
//! whose record is the id of the event.

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use super::events::EventRow;
use crate::database::values::from_row;

/// The name of the kind in the outbox.
pub const KIND: &str = "webhook";

/// Inserts entries that are due now.
pub async fn add(
    db: &mut MySqlConnection,
    deliveries: &[(i64, &EventRow)],
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if deliveries.is_empty() {
        return Ok(());
    }
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
    query.build().persistent(false).execute(db).await.map(|_| ())
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
    pub payload: String,
}

from_row!(DeliveryRow { id, summary, state, attempts, due_at, created_at, last_error, payload });

/// Returns deliveries to an endpoint, the latest first, in any state or in this one.
pub async fn list(
    db: &mut MySqlConnection,
    endpoint: i64,
    state: Option<&str>,
    offset: u32,
    limit: u32,
) -> sqlx::Result<Vec<DeliveryRow>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, summary, state, CAST(attempts AS SIGNED) AS attempts, CAST(due_at AS CHAR) AS due_at, \
                CAST(created_at AS CHAR) AS created_at, last_error, payload \
         FROM mod_whmcs_api_outbox_entries WHERE kind = 'webhook' AND target = ? AND (? IS NULL OR state = ?) \
         ORDER BY id DESC LIMIT ? OFFSET ?",
    )
    .bind(endpoint.to_string())
    .bind(state)
    .bind(state)
    .bind(limit)
    .bind(offset)
    .fetch_all(db)
    .await
}
