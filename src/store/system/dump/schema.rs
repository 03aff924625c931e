//! The definitions of tables and of all else that a database consists of.

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

const UTC: &str = "+00:00";

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

/// Something of a database that is neither a table nor a row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Object {
    /// `VIEW`, `FUNCTION`, `PROCEDURE`, `TRIGGER` or `EVENT`.
    pub kind: String,
    pub name: String,
    /// The statement that creates it, with whoever runs that as its owner.
    pub sql: String,
    /// The mode in which the statement is read; empty for views.
    pub sql_mode: String,
    /// The time zone of the times in it.
    pub time_zone: String,
}

/// Returns all objects, in an order in which they can be created; views may need each other.
pub async fn objects(db: &mut MySqlConnection) -> sqlx::Result<Vec<Object>> {
    let names: Vec<(String, String)> = sqlx::query_as(
        "SELECT kind, name FROM ( \
            SELECT 1 AS step, CAST(routine_type AS CHAR) AS kind, CAST(routine_name AS CHAR) AS name, 0 AS position \
            FROM information_schema.routines WHERE routine_schema = DATABASE() \
            UNION ALL SELECT 2, 'VIEW', CAST(table_name AS CHAR), 0 \
            FROM information_schema.views WHERE table_schema = DATABASE() \
            UNION ALL SELECT 3, 'TRIGGER', CAST(trigger_name AS CHAR), action_order \
            FROM information_schema.triggers WHERE trigger_schema = DATABASE() \
            UNION ALL SELECT 4, 'EVENT', CAST(event_name AS CHAR), 0 \
            FROM information_schema.events WHERE event_schema = DATABASE()) AS objects \
         ORDER BY step, position, kind, name",
    )
    .fetch_all(&mut *db)
    .await?;
    let mut objects = Vec::new();
    for (kind, name) in names {
        let show = AssertSqlSafe(format!("SHOW CREATE {kind} {}", quoted(&name)));
        let row = sqlx::raw_sql(show).fetch_one(&mut *db).await?;
        // The columns of the mode, the time zone and the statement.
        let (mode, zone, sql) = match &*kind {
            "VIEW" => (None, None, 1),
            "EVENT" => (Some(1), Some(2), 3),
            _ => (Some(1), None, 2),
        };
        let text = |column: Option<usize>| column.map(|column| row.try_get(column)).transpose();
        let (sql_mode, time_zone) = (text(mode)?.unwrap_or_default(), text(zone)?.unwrap_or_else(|| UTC.to_owned()));
        let sql = without_definer(row.try_get(sql)?);
        objects.push(Object { kind, name, sql, sql_mode, time_zone });
    }
    Ok(objects)
}

/// Creates an object. An event is created disabled in effect: it is disabled at once, because it would run by itself.
pub async fn create(db: &mut MySqlConnection, object: &Object) -> sqlx::Result<()> {
    let session = sqlx::query("SET SESSION sql_mode = ?, time_zone = ?").bind(&object.sql_mode).bind(&object.time_zone);
    session.persistent(false).execute(&mut *db).await?;
    let created = sqlx::raw_sql(AssertSqlSafe(object.sql.clone())).execute(&mut *db).await;
    super::configure(db).await?;
    created?;
    if object.kind == "EVENT" {
        let disable = format!("ALTER EVENT {} DISABLE", quoted(&object.name));
        sqlx::raw_sql(AssertSqlSafe(disable)).execute(db).await?;
    }
    Ok(())
}

/// Creates a table, or whatever else this statement creates.
pub async fn execute(db: &mut MySqlConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(db).await.map(|_| ())
}

/// Drops all tables, and all else that a database consists of.
pub async fn drop_all(db: &mut MySqlConnection) -> sqlx::Result<()> {
    let objects = objects(db).await?.into_iter().map(|object| (object.kind, object.name));
    let tables = tables(db).await?.into_iter().filter(|table| !table.is_view());
    let tables = tables.map(|table| ("TABLE".to_owned(), table.name));
    // Whatever uses another comes after it in the list.
    let all: Vec<(String, String)> = tables.chain(objects).collect();
    for (kind, name) in all.iter().rev() {
        execute(db, &format!("DROP {kind} {}", quoted(name))).await?;
    }
    Ok(())
}

/// Removes the account that created an object: it need not exist where the object is restored, and only some accounts
/// may name another than themselves.
fn without_definer(sql: &str) -> String {
    let Some((before, rest)) = sql.split_once("DEFINER=`") else { return sql.to_owned() };
    // `user`@`host`, each with doubled quotes inside.
    let mut parts = rest.replace("``", "\u{0}");
    let after = parts.match_indices('`').nth(2).map(|(at, _)| at + 1);
    match after {
        Some(at) => {
            parts.drain(..at);
            format!("{before}{}", parts.trim_start().replace('\u{0}', "``"))
        }
        None => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_belong_to_whoever_creates_them() {
        for (sql, without) in [
            ("CREATE DEFINER=`root`@`localhost` TRIGGER `a` BEFORE", "CREATE TRIGGER `a` BEFORE"),
            (
                "CREATE ALGORITHM=UNDEFINED DEFINER=`o``neil`@`%` SQL SECURITY DEFINER VIEW `v` AS SELECT 1 AS `x``y`",
                "CREATE ALGORITHM=UNDEFINED SQL SECURITY DEFINER VIEW `v` AS SELECT 1 AS `x``y`",
            ),
            ("CREATE VIEW `v` AS SELECT 1", "CREATE VIEW `v` AS SELECT 1"),
        ] {
            assert_eq!(without_definer(sql), without);
        }
    }
}
