//! What credentials may do through the Model Context Protocol (`mod_whmcs_api_agents`).

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::errors::is_missing_table;
use crate::database::values::from_row;

/// What a credential may do as an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentRow {
    pub may_write: bool,
    /// The most that one call may change in the books, in the default currency; `None` for no limit.
    pub call_limit: Option<Decimal>,
    /// The most that all calls of a day may change.
    pub day_limit: Option<Decimal>,
}

from_row!(AgentRow { may_write, call_limit, day_limit });

/// Returns what a credential may do as an agent: only read, unless an operator has said more.
pub async fn find(db: &mut MySqlConnection, credential: i64) -> sqlx::Result<AgentRow> {
    let find =
        "SELECT may_write <> 0 AS may_write, call_limit, day_limit FROM mod_whmcs_api_agents WHERE credential_id = ?";
    match sqlx::query_as(find).bind(credential).fetch_optional(db).await {
        // A server that only reads does without our own tables.
        Err(error) if is_missing_table(&error) => Ok(AgentRow::default()),
        found => Ok(found?.unwrap_or_default()),
    }
}

/// Sets whether a credential may write as an agent.
pub async fn set_may_write(db: &mut MySqlConnection, credential: i64, may_write: bool) -> sqlx::Result<()> {
    let upsert = "INSERT INTO mod_whmcs_api_agents (credential_id, may_write) VALUES (?, ?) \
                  ON DUPLICATE KEY UPDATE may_write = VALUES(may_write)";
    sqlx::query(upsert).bind(credential).bind(may_write).execute(db).await.map(|_| ())
}

/// Sets the most that one call may change in the books; `None` for no limit.
pub async fn set_call_limit(db: &mut MySqlConnection, credential: i64, limit: Option<Decimal>) -> sqlx::Result<()> {
    let upsert = "INSERT INTO mod_whmcs_api_agents (credential_id, call_limit) VALUES (?, ?) \
                  ON DUPLICATE KEY UPDATE call_limit = VALUES(call_limit)";
    sqlx::query(upsert).bind(credential).bind(limit).execute(db).await.map(|_| ())
}

/// Sets the most that all calls of a day may change in the books; `None` for no limit.
pub async fn set_day_limit(db: &mut MySqlConnection, credential: i64, limit: Option<Decimal>) -> sqlx::Result<()> {
    let upsert = "INSERT INTO mod_whmcs_api_agents (credential_id, day_limit) VALUES (?, ?) \
                  ON DUPLICATE KEY UPDATE day_limit = VALUES(day_limit)";
    sqlx::query(upsert).bind(credential).bind(limit).execute(db).await.map(|_| ())
}

/// Adds what a call changes in the books to that of the day, and returns `false` if it would exceed the limit. The row stays
/// locked until the call's transaction ends, so that calls at the same time cannot exceed it together.
pub async fn spend(
    db: &mut MySqlConnection,
    credential: i64,
    day: NaiveDate,
    amount: Decimal,
    limit: Option<Decimal>,
) -> sqlx::Result<bool> {
    let ensure = "INSERT INTO mod_whmcs_api_agent_days (credential_id, day, amount) VALUES (?, ?, 0) \
                  ON DUPLICATE KEY UPDATE amount = amount";
    sqlx::query(ensure).bind(credential).bind(day).execute(&mut *db).await?;
    let spend = "UPDATE mod_whmcs_api_agent_days SET amount = amount + ? \
                 WHERE credential_id = ? AND day = ? AND (? IS NULL OR amount + ? <= ?)";
    let spend = sqlx::query(spend).bind(amount).bind(credential).bind(day).bind(limit).bind(amount).bind(limit);
    // A change of nothing matches no row in the count of changed ones.
    Ok(spend.execute(db).await?.rows_affected() == 1 || amount.is_zero())
}

/// What a plan is known by.
#[derive(Debug, Clone)]
pub struct Plan {
    pub digest: [u8; 32],
    pub nonce: [u8; 16],
    /// What it found, in words for a person: at most 1000 characters.
    pub summary: String,
}

/// Stores a plan until it expires, and removes some that have.
pub async fn add_plan(
    db: &mut MySqlConnection,
    credential: i64,
    plan: &Plan,
    now: NaiveDateTime,
    expires_at: NaiveDateTime,
) -> sqlx::Result<()> {
    let outdated = "DELETE FROM mod_whmcs_api_agent_plans WHERE expires_at < ? LIMIT 100";
    sqlx::query(outdated).bind(now).execute(&mut *db).await?;
    let insert = "INSERT INTO mod_whmcs_api_agent_plans (digest, nonce, credential_id, expires_at, summary) \
                  VALUES (?, ?, ?, ?, ?)";
    let insert = sqlx::query(insert).bind(&plan.digest[..]).bind(&plan.nonce[..]).bind(credential).bind(expires_at);
    insert.bind(&plan.summary).execute(db).await.map(|_| ())
}

/// Returns the nonce of a plan that can still be confirmed.
pub async fn plan_nonce(
    db: &mut MySqlConnection,
    credential: i64,
    digest: &[u8],
    now: NaiveDateTime,
) -> sqlx::Result<Option<Vec<u8>>> {
    let find = "SELECT nonce FROM mod_whmcs_api_agent_plans WHERE digest = ? AND credential_id = ? AND expires_at > ?";
    sqlx::query_scalar(find).bind(digest).bind(credential).bind(now).fetch_optional(db).await
}

/// Returns what a plan found that can still be confirmed, in words.
pub async fn plan_summary(
    db: &mut MySqlConnection,
    credential: i64,
    digest: &[u8],
    now: NaiveDateTime,
) -> sqlx::Result<Option<String>> {
    let find =
        "SELECT summary FROM mod_whmcs_api_agent_plans WHERE digest = ? AND credential_id = ? AND expires_at > ?";
    sqlx::query_scalar(find).bind(digest).bind(credential).bind(now).fetch_optional(db).await
}
