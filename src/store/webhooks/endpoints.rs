//! The endpoints of webhooks (`mod_whmcs_api_webhooks`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;

macro_rules! columns {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, kind, url, events, description, secret, previous_secret, previous_until, \
                is_enabled <> 0 AS is_enabled, reason, CAST(disabled_after AS SIGNED) AS disabled_after, failing_since, \
                succeeded_at, created_at FROM mod_whmcs_api_webhooks"
    };
}

const FIND: &str = concat!(columns!(), " WHERE id = ?");
const ALL: &str = concat!(columns!(), " ORDER BY id");
const ADD: &str = "INSERT INTO mod_whmcs_api_webhooks (kind, url, events, description, secret, previous_secret, created_at, updated_at) \
     VALUES (?, ?, ?, LEFT(?, 255), '', '', ?, ?)";
const SET_SECRET: &str = "UPDATE mod_whmcs_api_webhooks SET secret = ?, updated_at = ? WHERE id = ?";
const ROTATE: &str = "UPDATE mod_whmcs_api_webhooks SET secret = ?, previous_secret = ?, previous_until = ?, updated_at = ? WHERE id = ?";
const CHANGE: &str = "UPDATE mod_whmcs_api_webhooks SET url = COALESCE(?, url), events = COALESCE(?, events), \
            description = COALESCE(LEFT(?, 255), description), updated_at = ? WHERE id = ?";
const ENABLE: &str =
    "UPDATE mod_whmcs_api_webhooks SET is_enabled = 1, reason = '', failing_since = NULL, updated_at = ? WHERE id = ?";
const DISABLE: &str = "UPDATE mod_whmcs_api_webhooks SET is_enabled = 0, reason = LEFT(?, 255), \
            disabled_after = (SELECT last FROM mod_whmcs_api_event_sequence WHERE name = 'events'), updated_at = ? \
     WHERE id = ? AND is_enabled = 1";
const DISABLE_FAILING: &str = "UPDATE mod_whmcs_api_webhooks SET is_enabled = 0, reason = LEFT(?, 255), \
            disabled_after = (SELECT last FROM mod_whmcs_api_event_sequence WHERE name = 'events'), updated_at = ? \
     WHERE id = ? AND is_enabled = 1 AND failing_since <= ?";
const REMOVE: &str = "DELETE FROM mod_whmcs_api_webhooks WHERE id = ?";
const SUCCEEDED: &str = "UPDATE mod_whmcs_api_webhooks SET failing_since = NULL, succeeded_at = ? \
     WHERE id = ? AND (failing_since IS NOT NULL OR succeeded_at IS NULL OR succeeded_at < ?)";
const FAILED: &str = "UPDATE mod_whmcs_api_webhooks SET failing_since = ? WHERE id = ? AND failing_since IS NULL";

const END_FAILING: &str = "UPDATE mod_whmcs_api_webhooks SET failing_since = NULL WHERE id = ? AND NOT EXISTS \
     (SELECT 1 FROM mod_whmcs_api_outbox_entries WHERE kind = 'webhook' AND target = ? AND state IN ('pending', 'running') AND id <> ?)";

/// An endpoint.
#[derive(Debug, Clone)]
pub struct EndpointRow {
    pub id: i64,
    /// `push` or `pull`.
    pub kind: String,
    /// Empty for a reader.
    pub url: String,
    /// Patterns with blanks between them.
    pub events: String,
    pub description: String,
    /// Sealed, as is the previous one; empty for none.
    pub secret: String,
    pub previous_secret: String,
    pub previous_until: Option<NaiveDateTime>,
    pub is_enabled: bool,
    pub reason: String,
    /// The last event before it was disabled.
    pub disabled_after: i64,
    pub failing_since: Option<NaiveDateTime>,
    pub succeeded_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
}

from_row!(EndpointRow {
    id,
    kind,
    url,
    events,
    description,
    secret,
    previous_secret,
    previous_until,
    is_enabled,
    reason,
    disabled_after,
    failing_since,
    succeeded_at,
    created_at
});

impl EndpointRow {
    /// Whether it gets requests.
    pub fn is_push(&self) -> bool {
        self.kind == "push"
    }

    /// The purpose for which the secrets of an endpoint are sealed.
    pub fn purpose(id: i64) -> String {
        format!("webhook {id}")
    }
}

pub async fn find(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<EndpointRow>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

pub async fn all(db: &mut MySqlConnection) -> sqlx::Result<Vec<EndpointRow>> {
    sqlx::query_as(ALL).fetch_all(db).await
}

/// An endpoint to insert.
#[derive(Debug)]
pub struct NewEndpoint<'a> {
    pub kind: &'a str,
    pub url: &'a str,
    pub events: &'a str,
    pub description: &'a str,
}

/// Inserts an endpoint, without a secret yet, and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewEndpoint<'_>) -> sqlx::Result<i64> {
    let utc = tx.now.utc();
    let insert =
        sqlx::query(ADD).bind(new.kind).bind(new.url).bind(new.events).bind(new.description).bind(utc).bind(utc);
    tx.insert(insert).await
}

/// Stores the sealed secret of a new endpoint.
pub async fn set_secret(tx: &mut Writer<'_>, id: i64, sealed: &str) -> sqlx::Result<bool> {
    let update = sqlx::query(SET_SECRET).bind(sealed).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

/// Replaces the secret; the previous one signs as well until this time.
pub async fn rotate(
    tx: &mut Writer<'_>,
    id: i64,
    sealed: &str,
    previous: &str,
    until: NaiveDateTime,
) -> sqlx::Result<bool> {
    let update = sqlx::query(ROTATE).bind(sealed).bind(previous).bind(until).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

/// Changes what is given.
pub async fn change(
    tx: &mut Writer<'_>,
    id: i64,
    url: Option<&str>,
    events: Option<&str>,
    description: Option<&str>,
) -> sqlx::Result<bool> {
    let update = sqlx::query(CHANGE).bind(url).bind(events).bind(description).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

pub async fn enable(tx: &mut Writer<'_>, id: i64) -> sqlx::Result<bool> {
    let update = sqlx::query(ENABLE).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

/// Disables an endpoint that is enabled.
pub async fn disable(tx: &mut Writer<'_>, id: i64, reason: &str) -> sqlx::Result<bool> {
    let update = sqlx::query(DISABLE).bind(reason).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

/// Disables an endpoint that is enabled and has had no success since this time.
pub async fn disable_failing(
    db: &mut MySqlConnection,
    id: i64,
    reason: &str,
    since: NaiveDateTime,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let update = sqlx::query(DISABLE_FAILING).bind(reason).bind(now).bind(id).bind(since);
    Ok(update.execute(db).await?.rows_affected() == 1)
}

pub async fn remove(tx: &mut Writer<'_>, id: i64) -> sqlx::Result<bool> {
    tx.change(sqlx::query(REMOVE).bind(id)).await
}

/// Records that a delivery succeeded, at most once since `unless_since` while none fails.
pub async fn succeeded(
    db: &mut MySqlConnection,
    id: i64,
    now: NaiveDateTime,
    unless_since: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query(SUCCEEDED).bind(now).bind(id).bind(unless_since).execute(db).await.map(|_| ())
}

/// Records since when deliveries fail.
pub async fn failed(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query(FAILED).bind(now).bind(id).execute(db).await.map(|_| ())
}

/// Records that nothing is attempted any more, unless deliveries beside this one are waiting. What fails later is another failure.
pub async fn end_failing(db: &mut MySqlConnection, id: i64, delivery: i64) -> sqlx::Result<()> {
    let update = sqlx::query(END_FAILING).bind(id).bind(id.to_string()).bind(delivery);
    update.execute(db).await.map(|_| ())
}
