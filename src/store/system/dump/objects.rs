//! Views, triggers, routines and events: what a database consists of besides tables.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, MySqlConnection, Row};

use super::schema::{execute, tables};
use super::{is_reference_missing, quoted};
use crate::database::migrations::HOLDS;

const UTC: &str = "+00:00";
/// What follows `PRESERVE` in the definition of an event that runs by itself, here or on another server.
const ENABLED: [&str; 3] = ["ENABLE", "DISABLE ON SLAVE", "DISABLE ON REPLICA"];

/// A view, trigger, routine or event.
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
    /// The collation of the texts in it.
    pub collation: String,
}

impl Object {
    /// The statement to restore it with: an event is disabled, because it would run by itself. Returns `None` for an event
    /// whose definition has another form than that of MariaDB and MySQL.
    fn restoring_sql(&self) -> Option<String> {
        if self.kind == "EVENT" { disabled(&self.sql) } else { Some(self.sql.clone()) }
    }

    /// Whether it ran by itself, and does not once it is restored.
    pub fn is_disabled_by_restoring(&self) -> bool {
        self.restoring_sql().is_none_or(|sql| sql != self.sql)
    }
}

/// The kinds and names of all objects, in an order in which they can be created; views may need each other.
pub async fn names(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, String)>> {
    sqlx::query_as(
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
    .fetch_all(db)
    .await
}

/// Returns all objects, in the order of [`names`].
pub async fn objects(db: &mut MySqlConnection) -> anyhow::Result<Vec<Object>> {
    let mut objects = Vec::new();
    for (kind, name) in names(db).await? {
        let read = object(db, &kind, &name).await;
        objects.push(read.with_context(|| format!("reading the {} {name}", kind.to_lowercase()))?);
    }
    Ok(objects)
}

async fn object(db: &mut MySqlConnection, kind: &str, name: &str) -> anyhow::Result<Object> {
    let show = AssertSqlSafe(format!("SHOW CREATE {kind} {}", quoted(name)));
    let row = sqlx::raw_sql(show).fetch_one(db).await?;
    // The columns of the mode, the time zone and the statement.
    let (mode, zone, sql) = match kind {
        "VIEW" => (None, None, 1),
        "EVENT" => (Some(1), Some(2), 3),
        _ => (Some(1), None, 2),
    };
    let text = |column: Option<usize>| column.map(|column| row.try_get(column)).transpose();
    let sql: Option<String> = row.try_get(sql)?;
    let sql = sql.context(
        "this account may not read its definition: use the account that owns it, or one with \
         SELECT on mysql.proc (MariaDB) or SHOW_ROUTINE (MySQL)",
    )?;
    Ok(Object {
        kind: kind.to_owned(),
        name: name.to_owned(),
        sql: without_definer(&sql),
        sql_mode: text(mode)?.unwrap_or_default(),
        time_zone: text(zone)?.unwrap_or_else(|| UTC.to_owned()),
        collation: row.try_get("collation_connection")?,
    })
}

/// Creates an object; an event is disabled from the beginning. Returns `false` for a view that reads what does not exist,
/// as it did where it was backed up.
pub async fn create(db: &mut MySqlConnection, object: &Object) -> anyhow::Result<bool> {
    let sql = object.restoring_sql().context("its definition has an unknown form")?;
    // A server would drop an event whose time has passed. To it, no time has.
    let session = "SET SESSION sql_mode = ?, time_zone = ?, collation_connection = ?, timestamp = 1";
    let session = sqlx::query(session).bind(&object.sql_mode).bind(&object.time_zone).bind(&object.collation);
    session.persistent(false).execute(&mut *db).await?;
    let created = execute(db, &sql).await;
    sqlx::raw_sql("SET SESSION timestamp = DEFAULT; SET NAMES utf8mb4").execute(&mut *db).await?;
    super::configure(db).await?;
    match created {
        Err(error) if object.kind == "VIEW" && is_reference_missing(&error) => Ok(false),
        created => Ok(created.map(|()| true)?),
    }
}

/// Drops all tables but that of the holds, and all objects.
pub async fn drop_all(db: &mut MySqlConnection) -> sqlx::Result<()> {
    let tables = tables(db).await?.into_iter().filter(|table| !table.is_view() && table.name != HOLDS);
    let tables = tables.map(|table| ("TABLE".to_owned(), table.name));
    // Whatever uses another comes after it in the list.
    let all: Vec<(String, String)> = tables.chain(names(db).await?).collect();
    for (kind, name) in all.iter().rev() {
        execute(db, &format!("DROP {kind} {}", quoted(name))).await?;
    }
    Ok(())
}

/// Removes the account that created an object: it need not exist where the object is restored, and only some accounts
/// may name another than themselves.
fn without_definer(sql: &str) -> String {
    let without = || {
        let (before, definer) = sql.split_once("DEFINER=")?;
        let after_user = after_name(definer)?;
        // A role has no host.
        let after = after_user.strip_prefix('@').and_then(after_name).unwrap_or(after_user);
        Some(format!("{before}{}", after.trim_start()))
    };
    without().unwrap_or_else(|| sql.to_owned())
}

/// Disables an event in its definition, as `SHOW CREATE EVENT` prints it.
fn disabled(sql: &str) -> Option<String> {
    let (_, event) = sql.split_once("EVENT ")?;
    let schedule = after_name(event)?;
    let at = sql.len() - schedule.len() + schedule.find(" PRESERVE ")? + " PRESERVE ".len();
    let (before, state) = sql.split_at(at);
    match ENABLED.iter().find_map(|enabled| state.strip_prefix(enabled)) {
        Some(after) => Some(format!("{before}DISABLE{after}")),
        None => state.starts_with("DISABLE ").then(|| sql.to_owned()),
    }
}

/// What follows a quoted name at the beginning of a text.
fn after_name(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| ['`', '"'].contains(quote))?;
    let mut rest = &text[1..];
    loop {
        let (_, after) = rest.split_once(quote)?;
        match after.strip_prefix(quote) {
            Some(more) => rest = more,
            None => return Some(after),
        }
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
            ("CREATE DEFINER=`a role` VIEW `v` AS SELECT `x` AS `@`", "CREATE VIEW `v` AS SELECT `x` AS `@`"),
            ("CREATE DEFINER=``@`` FUNCTION `f`() RETURN ``", "CREATE FUNCTION `f`() RETURN ``"),
            ("CREATE DEFINER=\"ro\"\"ot\"@\"%\" TRIGGER \"t\"", "CREATE TRIGGER \"t\""),
            ("CREATE VIEW `v` AS SELECT 1", "CREATE VIEW `v` AS SELECT 1"),
        ] {
            assert_eq!(without_definer(sql), without);
        }
    }

    #[test]
    fn events_are_disabled_from_the_beginning() {
        for (state, expected) in [
            ("PRESERVE ENABLE DO", Some("PRESERVE DISABLE DO")),
            (
                "NOT PRESERVE ENABLE COMMENT 'NOT PRESERVE ENABLE' DO",
                Some("NOT PRESERVE DISABLE COMMENT 'NOT PRESERVE ENABLE' DO"),
            ),
            ("NOT PRESERVE DISABLE ON SLAVE DO", Some("NOT PRESERVE DISABLE DO")),
            ("PRESERVE DISABLE ON REPLICA DO", Some("PRESERVE DISABLE DO")),
            ("PRESERVE DISABLE COMMENT ' ENABLE ' DO", Some("PRESERVE DISABLE COMMENT ' ENABLE ' DO")),
            ("PRESERVE PERHAPS DO", None),
        ] {
            let sql = |state| {
                format!(
                    "CREATE EVENT `an EVENT `` PRESERVE ENABLE` ON SCHEDULE EVERY 1 DAY ON COMPLETION {state} SELECT 1"
                )
            };
            assert_eq!(disabled(&sql(state)), expected.map(sql), "{state}");
        }
    }
}
