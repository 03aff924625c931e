//! What `doctor` and the checks of custom actions read of a database. Nothing here writes: writing statements are prepared, but never executed.

use std::fmt;

use chrono::NaiveDateTime;
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError};
use sqlx::{AssertSqlSafe, Executor, Row, SqlSafeStr};

use crate::database::values::from_row;

/// The server's version and settings, and the current database.
#[derive(Debug)]
pub struct Server {
    pub version: String,
    pub comment: String,
    pub database: String,
    pub collation: String,
    /// The account as which the server has authenticated us.
    pub account: String,
    pub sql_mode: String,
    pub is_read_only: bool,
    /// UTC on the server's clock.
    pub clock: NaiveDateTime,
    pub max_connections: i64,
    pub max_prepared: i64,
}

from_row!(Server {
    version,
    comment,
    database,
    collation,
    account,
    sql_mode,
    is_read_only,
    clock,
    max_connections,
    max_prepared
});

pub async fn server(db: &mut MySqlConnection) -> sqlx::Result<Server> {
    sqlx::query_as(
        "SELECT CAST(VERSION() AS CHAR) AS version, CAST(@@version_comment AS CHAR) AS comment, \
                CAST(DATABASE() AS CHAR) AS `database`, CAST(@@collation_database AS CHAR) AS `collation`, \
                CAST(CURRENT_USER() AS CHAR) AS account, CAST(@@GLOBAL.sql_mode AS CHAR) AS sql_mode, \
                @@GLOBAL.read_only + @@GLOBAL.innodb_read_only > 0 AS is_read_only, UTC_TIMESTAMP() AS clock, \
                CAST(@@GLOBAL.max_connections AS SIGNED) AS max_connections, \
                CAST(@@GLOBAL.max_prepared_stmt_count AS SIGNED) AS max_prepared",
    )
    .fetch_one(db)
    .await
}

/// Returns those of these names, in lower case, that functions stored in the current database have.
pub async fn stored_functions(db: &mut MySqlConnection, names: &[&str]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT CAST(LOWER(routine_name) AS CHAR) FROM information_schema.routines \
         WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION' AND FIND_IN_SET(CAST(LOWER(routine_name) AS CHAR), ?) > 0",
    )
    .bind(names.join(","))
    .persistent(false)
    .fetch_all(db)
    .await
}

/// The cipher of the connection; empty if it is not encrypted.
pub async fn cipher(db: &mut MySqlConnection) -> sqlx::Result<String> {
    let row = sqlx::raw_sql("SHOW SESSION STATUS LIKE 'Ssl_cipher'").fetch_optional(db).await?;
    Ok(row.map_or_else(String::new, |row| row.get(1)))
}

/// The account's rights, as GRANT statements.
pub async fn grants(db: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    sqlx::raw_sql("SHOW GRANTS").fetch_all(db).await?.iter().map(|row| row.try_get(0)).collect()
}

/// A table that the account may see.
#[derive(Debug)]
pub struct Table {
    pub name: String,
    pub engine: String,
    pub collation: String,
}

from_row!(Table { name, engine, collation });

pub async fn tables(db: &mut MySqlConnection) -> sqlx::Result<Vec<Table>> {
    sqlx::query_as(
        "SELECT CAST(table_name AS CHAR) AS name, COALESCE(CAST(engine AS CHAR), '') AS engine, \
                COALESCE(CAST(table_collation AS CHAR), '') AS `collation` \
         FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY table_name",
    )
    .fetch_all(db)
    .await
}

/// A column that the account may see.
#[derive(Debug)]
pub struct Column {
    pub table: String,
    pub name: String,
    /// Such as `varchar`.
    pub data_type: String,
    /// Whether an INSERT must give it a value.
    pub is_required: bool,
}

from_row!(Column { table, name, data_type, is_required });

pub async fn columns(db: &mut MySqlConnection) -> sqlx::Result<Vec<Column>> {
    sqlx::query_as(
        "SELECT CAST(table_name AS CHAR) AS `table`, CAST(column_name AS CHAR) AS name, \
                LOWER(CAST(data_type AS CHAR)) AS data_type, \
                is_nullable = 'NO' AND column_default IS NULL AND data_type <> 'enum' \
                  AND extra NOT LIKE '%auto_increment%' AND extra NOT LIKE '% GENERATED%' AS is_required \
         FROM information_schema.columns WHERE table_schema = DATABASE() \
         ORDER BY table_name, ordinal_position",
    )
    .fetch_all(db)
    .await
}

/// Returns a setting of WHMCS; `None` also if it cannot be read.
pub async fn setting(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Option<String>> {
    let query = sqlx::query_scalar("SELECT value FROM tblconfiguration WHERE setting = ? LIMIT 1").bind(name);
    none_if_denied(query.fetch_optional(db).await.map(Option::flatten))
}

/// Returns the version of WHMCS if this is its database; `None` also if that cannot be read.
pub async fn whmcs_version(db: &mut MySqlConnection) -> sqlx::Result<Option<String>> {
    Ok(setting(db, "Version").await?.filter(|version| !version.is_empty()))
}

/// Returns the time of the latest line of the activity log, on WHMCS's clock; `None` also if it cannot be read.
pub async fn latest_activity(db: &mut MySqlConnection) -> sqlx::Result<Option<String>> {
    let latest = "SELECT CAST(date AS CHAR) FROM tblactivitylog ORDER BY id DESC LIMIT 1";
    none_if_denied(sqlx::query_scalar(latest).fetch_optional(db).await.map(Option::flatten))
}

/// Returns the number of recent clients with an HTML entity in their name.
pub async fn encoded_names(db: &mut MySqlConnection) -> sqlx::Result<Option<i64>> {
    let encoded = "SELECT COUNT(*) FROM (SELECT companyname, lastname FROM tblclients ORDER BY id DESC LIMIT 10000) c \
                   WHERE CONCAT(companyname, lastname) REGEXP '&(amp|lt|gt|quot|#039);'";
    none_if_denied(sqlx::query_scalar(encoded).fetch_one(db).await.map(Some))
}

fn none_if_denied<T>(read: sqlx::Result<Option<T>>) -> sqlx::Result<Option<T>> {
    match read {
        Err(error) if crate::database::errors::is_schema_mismatch(&error) => Ok(None),
        read => read,
    }
}

/// A kind of access to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Select,
    Insert,
    Update,
    Delete,
    /// Locking rows with a read.
    Lock,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Right::Select => "SELECT",
            Right::Insert => "INSERT",
            Right::Update | Right::Lock => "UPDATE",
            Right::Delete => "DELETE",
        })
    }
}

/// Why a statement cannot be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrepareError {
    NoTable,
    NoColumn(String),
    Denied,
    ColumnDenied(String),
}

/// Prepares a statement that uses these columns, and returns the error if the server rejects it.
pub async fn try_prepare(
    db: &mut MySqlConnection,
    table: &str,
    right: Right,
    columns: &[&str],
) -> sqlx::Result<Option<PrepareError>> {
    let quoted: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    let (list, marks) = (quoted.join(", "), vec!["?"; columns.len()].join(", "));
    let statement = match right {
        Right::Select if columns.is_empty() => format!("SELECT COUNT(*) FROM `{table}`"),
        Right::Select => format!("SELECT {list} FROM `{table}`"),
        Right::Insert => format!("INSERT INTO `{table}` ({list}) VALUES ({marks})"),
        Right::Update => format!("UPDATE `{table}` SET {}", quoted.join(" = ?, ") + " = ?"),
        Right::Delete => format!("DELETE FROM `{table}`"),
        Right::Lock => format!("SELECT COUNT(*) FROM `{table}` FOR UPDATE"),
    };
    match db.prepare(AssertSqlSafe(statement).into_sql_str()).await {
        Ok(_) => Ok(None),
        Err(error) => PrepareError::from_error(&error).map(Some).ok_or(error),
    }
}

impl PrepareError {
    /// Reads the cause from an error; the name of a column is the first quoted text of the message.
    fn from_error(error: &sqlx::Error) -> Option<PrepareError> {
        let error = error.as_database_error()?.try_downcast_ref::<MySqlDatabaseError>()?;
        let column = || error.message().split('\'').nth(1).unwrap_or_default().to_owned();
        match error.number() {
            1146 => Some(PrepareError::NoTable),
            1142 => Some(PrepareError::Denied),
            1054 => Some(PrepareError::NoColumn(column())),
            // `SELECT command denied to user 'me'@'here' for column 'id' in table 't'`
            1143 => {
                let behind = error.message().rsplit(" column '").next()?;
                Some(PrepareError::ColumnDenied(behind.split('\'').next()?.to_owned()))
            }
            _ => None,
        }
    }
}
