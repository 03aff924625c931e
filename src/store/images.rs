//! Rows as they were and as they are, of the tables that a rehearsal has changed.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use sqlx::{AssertSqlSafe, MySqlConnection, Row as _};

use crate::database::rehearsal::NEW_IDS_BELOW;
use crate::domain::id::ClientId;

/// Maximum number of rows of a table that are compared.
const MAX_ROWS: usize = 2_000;

/// A row of a table: each column as text, or `None` for NULL.
pub type Row = Vec<Option<String>>;
/// The rows of a table, by their key.
pub type Rows = BTreeMap<String, Row>;

/// What is compared of a table.
#[derive(Debug, Clone)]
pub struct Scope {
    pub table: String,
    pub columns: Vec<String>,
    condition: String,
    key: Vec<usize>,
    /// Whether the condition holds for all rows that may have changed.
    pub is_whole: bool,
}

/// Decides which rows of a table are compared: those of the clients that the call has locked; all of a small table; or only
/// new rows.
pub async fn scope(db: &mut MySqlConnection, table: &str, clients: &[ClientId]) -> sqlx::Result<Scope> {
    let described = sqlx::query(
        "SELECT CAST(column_name AS CHAR) AS name, CAST(column_key AS CHAR) AS part FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(&mut *db)
    .await?;
    let mut columns: Vec<String> = Vec::new();
    let mut key = Vec::new();
    for row in &described {
        if row.try_get::<String, _>("part")? == "PRI" {
            key.push(columns.len());
        }
        columns.push(row.try_get("name")?);
    }
    let has = |name: &str| columns.iter().any(|column| column == name);
    let of_client = match table {
        "tblclients" => Some("id"),
        // They earn by what other clients pay.
        "tblaffiliates" => None,
        _ => ["userid", "clientid", "client_id"].into_iter().find(|name| has(name)),
    };
    let ids: Vec<String> = clients.iter().map(|client| client.0.to_string()).collect();
    let (condition, is_whole) = match of_client {
        Some(column) if !ids.is_empty() => {
            // A client that is created has an id of the rehearsal, and so has a new row that is nobody's.
            let key = if has("id") { "id" } else { column };
            let ids = ids.join(", ");
            (format!("`{column}` IN ({ids}) OR `{column}` < {NEW_IDS_BELOW} OR `{key}` < {NEW_IDS_BELOW}"), true)
        }
        _ if is_small(db, table).await? => ("TRUE".to_owned(), true),
        _ if has("id") => (format!("`id` < {NEW_IDS_BELOW}"), false),
        _ => ("FALSE".to_owned(), false),
    };
    Ok(Scope { table: table.to_owned(), columns, condition, key, is_whole })
}

async fn is_small(db: &mut MySqlConnection, table: &str) -> sqlx::Result<bool> {
    let count = format!("SELECT COUNT(*) FROM (SELECT 1 FROM `{table}` LIMIT {}) AS some", MAX_ROWS + 1);
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(db).await?;
    Ok(rows.unsigned_abs() <= MAX_ROWS as u64)
}

/// Reads the rows of a scope; `None` if there are too many.
pub async fn read(db: &mut MySqlConnection, scope: &Scope) -> sqlx::Result<Option<Rows>> {
    let list: Vec<String> = scope
        .columns
        .iter()
        .enumerate()
        // Some columns are binary.
        .map(|(index, name)| format!("CONVERT(`{name}` USING utf8mb4) AS c{index}"))
        .collect();
    let (list, table, condition) = (list.join(", "), &scope.table, &scope.condition);
    let select = format!("SELECT {list} FROM `{table}` WHERE {condition} LIMIT {}", MAX_ROWS + 1);
    let found = sqlx::raw_sql(AssertSqlSafe(select)).fetch_all(db).await?;
    if found.len() > MAX_ROWS {
        return Ok(None);
    }
    let mut rows = Rows::new();
    for (position, row) in found.iter().enumerate() {
        let values: Row = (0..scope.columns.len()).map(|index| row.try_get(index)).collect::<sqlx::Result<_>>()?;
        let key: Vec<&str> = scope.key.iter().map(|&index| values[index].as_deref().unwrap_or_default()).collect();
        let key = if key.is_empty() { position.to_string() } else { key.join("/") };
        rows.insert(key, values);
    }
    Ok(Some(rows))
}

/// Those outside who would get something: the kind, the target and the summary of each new row of the outbox.
pub async fn outbox(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, String, String)>> {
    let list = format!(
        "SELECT CAST(kind AS CHAR) AS kind, target, summary FROM mod_whmcs_api_outbox_entries WHERE id < {NEW_IDS_BELOW} \
         ORDER BY id DESC"
    );
    let rows = sqlx::query(AssertSqlSafe(list)).fetch_all(db).await?;
    rows.iter().map(|row| Ok((row.try_get("kind")?, row.try_get("target")?, row.try_get("summary")?))).collect()
}

/// The lowest exchange rate to the default currency of the currencies of these clients, or of all currencies if there is no client:
/// by it, no amount is taken for less than it is.
pub async fn lowest_rate(db: &mut MySqlConnection, clients: &[ClientId]) -> sqlx::Result<Decimal> {
    let ids: Vec<String> = clients.iter().map(|client| client.0.to_string()).collect();
    let condition = match ids.is_empty() {
        true => String::new(),
        false => format!(" AND id IN (SELECT currency FROM tblclients WHERE id IN ({}))", ids.join(", ")),
    };
    let lowest = format!("SELECT MIN(rate) FROM tblcurrencies WHERE rate > 0{condition}");
    let rate: Option<Decimal> = sqlx::query_scalar(AssertSqlSafe(lowest)).fetch_one(db).await?;
    Ok(rate.unwrap_or(Decimal::ONE))
}
