//! The definitions of tables.

use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, MySqlConnection, Row};

use super::quoted;
use crate::database::values::from_row;

/// Types whose values are written as texts, and not as the bytes that a column stores.
const DIGITS: [&str; 19] = [
    "tinyint",
    "smallint",
    "mediumint",
    "int",
    "bigint",
    "decimal",
    "float",
    "double",
    "date",
    "time",
    "datetime",
    "timestamp",
    "year",
    "json",
    "uuid",
    "inet4",
    "inet6",
    "xmltype",
    "bool",
];

/// A table or view.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    /// `BASE TABLE`, `VIEW`, or a kind that only some servers have.
    pub kind: String,
    /// Empty for views.
    pub engine: String,
    /// The server's estimate.
    pub rows: i64,
}

from_row!(Table { name, kind, engine, rows });

impl Table {
    pub fn is_view(&self) -> bool {
        self.kind == "VIEW"
    }

    /// Whether a snapshot covers it.
    pub fn has_transactions(&self) -> bool {
        self.is_view() || self.engine.eq_ignore_ascii_case("InnoDB")
    }
}

pub async fn tables(db: &mut MySqlConnection) -> sqlx::Result<Vec<Table>> {
    sqlx::query_as(
        "SELECT CAST(table_name AS CHAR) AS name, CAST(table_type AS CHAR) AS kind, \
                COALESCE(CAST(engine AS CHAR), '') AS engine, CAST(COALESCE(table_rows, 0) AS SIGNED) AS `rows` \
         FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
    )
    .fetch_all(db)
    .await
}

/// Whether a table has any row.
pub async fn has_rows(db: &mut MySqlConnection, table: &str) -> sqlx::Result<bool> {
    let statement = format!("SELECT 1 FROM {} LIMIT 1", quoted(table));
    Ok(sqlx::raw_sql(AssertSqlSafe(statement)).fetch_optional(db).await?.is_some())
}

/// A column whose values are stored, and not generated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    pub name: String,
    /// Such as `varchar`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether values are numbers or times in digits, or other texts that the server makes of what is stored.
    #[serde(rename = "digits")]
    pub is_digits: bool,
}

impl Column {
    /// The expression that selects the column's value.
    pub(super) fn expression(&self) -> String {
        match &*self.data_type {
            // The server would round a FLOAT to six digits.
            "float" => format!("{} + 0e0", quoted(&self.name)),
            _ => quoted(&self.name),
        }
    }
}

pub async fn columns(db: &mut MySqlConnection, table: &str) -> sqlx::Result<Vec<Column>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(column_name AS CHAR), LOWER(CAST(data_type AS CHAR)) FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = ? AND extra NOT LIKE '% GENERATED%' ORDER BY ordinal_position",
    )
    .bind(table)
    .fetch_all(db)
    .await?;
    let column = |(name, data_type): (String, String)| {
        let is_digits = DIGITS.contains(&&*data_type);
        Column { name, data_type, is_digits }
    };
    Ok(columns.into_iter().map(column).collect())
}

/// Returns the statement that creates a table.
pub async fn create_table(db: &mut MySqlConnection, table: &str) -> sqlx::Result<String> {
    sqlx::raw_sql(AssertSqlSafe(format!("SHOW CREATE TABLE {}", quoted(table)))).fetch_one(db).await?.try_get(1)
}

/// Sets the collation, and with it the character set, of tables that are created without one.
pub async fn set_collation(db: &mut MySqlConnection, collation: &str) -> sqlx::Result<()> {
    execute(db, &format!("ALTER DATABASE COLLATE {}", quoted(collation))).await
}

/// Runs a statement that creates or drops something.
pub async fn execute(db: &mut MySqlConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.map(|_| ())
}
