//! What credentials may do through the Model Context Protocol (`mod_whmcs_api_agents`).

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
