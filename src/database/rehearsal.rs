//! Rehearsals: writes that are rolled back, to learn what they would do.
//!
//! A rollback returns rows, but not the ids that the database has given to new ones: each rehearsal would leave a gap in the
//! numbers of invoices and orders. So new rows get ids of their own here, below zero, which InnoDB's counters ignore, except that
//! MariaDB moves one that is 2. A table whose ids are unsigned gets one row with the id 0. A second one cannot be rehearsed, and
//! neither can a row that refers to a new one by an unsigned column.

use std::collections::HashMap;

use sqlx::mysql::{MySql, MySqlArguments, MySqlConnection, MySqlQueryResult};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Execute, Row};

use super::errors::is_unfit_number;
use super::subject::Subject;

pub(super) const BEGIN: &str = "SET @whmcs_api_rehearsed = -1900000000; SAVEPOINT whmcs_api_rehearsal";
pub(super) const END: &str = "ROLLBACK TO SAVEPOINT whmcs_api_rehearsal; \
     SET SESSION sql_mode = COALESCE(@whmcs_api_mode, @@SESSION.sql_mode), @whmcs_api_mode = NULL, @whmcs_api_rehearsed = NULL";
/// Ids of new rows in a rehearsal are below this one.
pub const NEW_IDS_BELOW: i64 = -1_800_000_000;
/// An expression for the id of the next new row.
const NEXT_ID: &str = "(@whmcs_api_rehearsed := @whmcs_api_rehearsed - 1)";
/// What the error of a table begins with in which nothing can be rehearsed.
const IMPOSSIBLE: &str = "a rehearsal would use up an id of ";

/// What a transaction that is rolled back has done.
#[derive(Debug, Default)]
pub struct Rehearsal {
    /// The column of each table that the database numbers, and whether it is unsigned.
    numbered: HashMap<String, Option<(String, bool)>>,
    pub statements: Vec<RehearsedStatement>,
    pub subjects: Vec<Subject>,
}

/// One statement that changed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedStatement {
    /// `insert`, `update`, `delete` or another first word, in lower case.
    pub verb: String,
    pub table: String,
    pub rows: u64,
}

/// Whether the error says that something cannot be rehearsed on this database.
pub fn is_impossible(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Protocol(reason) if reason.starts_with(IMPOSSIBLE))
}

impl Rehearsal {
    pub(super) fn add_subject(&mut self, subject: Subject) {
        if !self.subjects.contains(&subject) {
            self.subjects.push(subject);
        }
    }

    /// Executes a statement so that it uses up no id.
    pub(super) async fn execute(
        &mut self,
        mut query: Query<'_, MySql, MySqlArguments>,
        db: &mut MySqlConnection,
    ) -> sqlx::Result<MySqlQueryResult> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        let sql = query.sql();
        let Some((verb, table)) = target(sql.as_str())? else {
            return sqlx::query_with(sql, arguments).execute(db).await;
        };
        let done = match self.numbered_column(&verb, &table, db).await? {
            Some((column, is_unsigned)) => {
                let id = if is_unsigned { self.zero(&table, db).await? } else { NEXT_ID };
                let numbered = with_id(sql.as_str(), &column, id).unwrap_or_else(|| sql.as_str().to_owned());
                sqlx::query_with(AssertSqlSafe(numbered), arguments).persistent(false).execute(db).await
            }
            None => sqlx::query_with(sql, arguments).execute(db).await,
        };
        if done.as_ref().is_err_and(is_unfit_number) && self.has_new_rows() {
            return Err(sqlx::Error::Protocol(format!("{IMPOSSIBLE}what {table} refers to")));
        }
        if let Ok(done) = &done {
            self.statements.push(RehearsedStatement { verb, table, rows: done.rows_affected() });
        }
        done
    }

    fn has_new_rows(&self) -> bool {
        let is_numbered = |table: &String| self.numbered.get(table).is_some_and(Option::is_some);
        self.statements.iter().any(|statement| statement.verb == "insert" && is_numbered(&statement.table))
    }

    /// The column that the database numbers if rows are inserted.
    async fn numbered_column(
        &mut self,
        verb: &str,
        table: &str,
        db: &mut MySqlConnection,
    ) -> sqlx::Result<Option<(String, bool)>> {
        if verb != "insert" {
            return Ok(None);
        }
        if let Some(known) = self.numbered.get(table) {
            return Ok(known.clone());
        }
        let found = sqlx::query(
            "SELECT CAST(column_name AS CHAR) AS name, column_type LIKE '%unsigned%' AS is_unsigned \
             FROM information_schema.columns \
             WHERE table_schema = DATABASE() AND table_name = ? AND extra LIKE '%auto_increment%'",
        )
        .bind(table)
        .fetch_optional(db)
        .await?;
        let column = found.map(|row| Ok::<_, sqlx::Error>((row.try_get("name")?, row.try_get("is_unsigned")?)));
        let column = column.transpose()?;
        self.numbered.insert(table.to_owned(), column.clone());
        Ok(column)
    }

    /// The only id below those in use of a table whose ids are unsigned. It can be given once.
    async fn zero(&self, table: &str, db: &mut MySqlConnection) -> sqlx::Result<&'static str> {
        if self.statements.iter().any(|statement| statement.verb == "insert" && statement.table == table) {
            return Err(sqlx::Error::Protocol(format!("{IMPOSSIBLE}{table}")));
        }
        let allow = "SET @whmcs_api_mode = @@SESSION.sql_mode, SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO')";
        sqlx::raw_sql(allow).execute(db).await?;
        Ok("0")
    }
}

/// The first word of a statement, and the table that it changes, both in lower case; `None` if it changes no rows. An error if the
/// table is not known: what changes there would be missing in a plan.
fn target(sql: &str) -> sqlx::Result<Option<(String, String)>> {
    let spaced = sql.replace(['(', ')', ','], " , ").replace('`', "");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let position = |wanted: &str| words.iter().position(|word| word.eq_ignore_ascii_case(wanted));
    let after = |wanted: &str| position(wanted).and_then(|at| words.get(at + 1).copied());
    let verb = words.first().map(|verb| verb.to_ascii_lowercase()).unwrap_or_default();
    let table = match verb.as_str() {
        "insert" | "replace" => after("INTO"),
        "delete" if words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("FROM")) => words.get(2).copied(),
        "delete" => position("FROM").filter(|from| *from == 2).and_then(|from| table_of(words[1], &words[from..])),
        "update" => match (position("SET"), after("SET").and_then(|column| column.split_once('.'))) {
            (Some(set), Some((alias, _))) => table_of(alias, &words[..set]),
            _ => words.get(1).copied(),
        },
        _ => return Ok(None),
    };
    match table {
        Some(table) => Ok(Some((verb, table.to_ascii_lowercase()))),
        None => Err(sqlx::Error::Protocol(format!("it is not known what this changes: {sql}"))),
    }
}

/// The table that has this alias, or no other, in `FROM …`, `UPDATE …` and the joins that follow.
fn table_of<'s>(alias: &str, words: &[&'s str]) -> Option<&'s str> {
    let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
    let named = |pair: &[&'s str]| match *pair {
        [before, table, ..] if !["FROM", "UPDATE", "JOIN"].iter().any(|one| is(before, one)) || is(table, ",") => None,
        [_, table, _, name] if is(pair[2], "AS") && is(name, alias) => Some(table),
        [_, table, name, ..] if is(name, alias) => Some(table),
        [_, table, ..] if is(table, alias) => Some(table),
        _ => None,
    };
    (0..words.len()).find_map(|at| named(&words[at..words.len().min(at + 4)]))
}

/// Adds the id to the columns and to each row of an INSERT, unless it has the column already.
fn with_id(sql: &str, column: &str, id: &str) -> Option<String> {
    let open = sql.find('(')?;
    let close = open + sql[open..].find(')')?;
    let has_column = |name: &str| name.trim().trim_matches('`').eq_ignore_ascii_case(column);
    if sql[open + 1..close].split(',').any(has_column) {
        return None;
    }
    let head = format!("{}(`{column}`, {}", &sql[..open], &sql[open + 1..=close]);
    let rest = &sql[close + 1..];
    let body = match rest.trim_start().get(..6)?.to_ascii_uppercase().as_str() {
        "VALUES" => with_id_in_rows(rest, id),
        "SELECT" => rest.replacen("SELECT ", &format!("SELECT {id}, "), 1),
        _ => return None,
    };
    Some(head + &body)
}

/// Adds the id to each parenthesis at the top level, up to `ON DUPLICATE KEY`.
fn with_id_in_rows(rows: &str, id: &str) -> String {
    let end = rows.find("ON DUPLICATE KEY").unwrap_or(rows.len());
    let (mut text, mut depth) = (String::with_capacity(rows.len() + 64), 0);
    let mut is_quoted = false;
    for c in rows[..end].chars() {
        text.push(c);
        match c {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => {
                depth += 1;
                if depth == 1 {
                    text.push_str(id);
                    text.push_str(", ");
                }
            }
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
    }
    text + &rows[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_rows_get_ids_of_their_own() {
        for (sql, expected) in [
            ("INSERT INTO t (a, b) VALUES (?, 'x(')", "INSERT INTO t (`id`, a, b) VALUES (-1, ?, 'x(')"),
            (
                "INSERT INTO t (a) VALUES (?), (IF(?, 1, 2))",
                "INSERT INTO t (`id`, a) VALUES (-1, ?), (-1, IF(?, 1, 2))",
            ),
            (
                "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a)",
                "INSERT INTO t (`id`, a) VALUES (-1, ?) ON DUPLICATE KEY UPDATE a = VALUES(a)",
            ),
            (
                "INSERT INTO t (a) SELECT ? FROM (SELECT 1) AS one",
                "INSERT INTO t (`id`, a) SELECT -1, ? FROM (SELECT 1) AS one",
            ),
        ] {
            assert_eq!(with_id(sql, "id", "-1").as_deref(), Some(expected));
        }
        assert_eq!(with_id("INSERT INTO t (`id`, a) VALUES (1, 2)", "id", "-1"), None);
    }

    #[test]
    fn the_table_of_a_statement_is_known() {
        for (sql, verb, table) in [
            ("UPDATE tblclients SET a = 1", "update", "tblclients"),
            ("INSERT INTO `tblinvoices` (a) VALUES (1)", "insert", "tblinvoices"),
            ("INSERT INTO t(a) SELECT b FROM u", "insert", "t"),
            ("DELETE FROM tblcredit WHERE id = 1", "delete", "tblcredit"),
            ("REPLACE INTO t (a) VALUES (1)", "replace", "t"),
            ("DELETE b FROM t a JOIN u b ON b.id = a.id", "delete", "u"),
            ("DELETE u FROM t LEFT JOIN u ON u.id = t.id", "delete", "u"),
            (
                "DELETE b FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS l JOIN t b ON b.id = l.id",
                "delete",
                "t",
            ),
            ("DELETE a FROM t a JOIN t b ON b.id < a.id", "delete", "t"),
            ("UPDATE t a JOIN u b ON b.id = a.id SET b.x = 1, b.y = a.y", "update", "u"),
            ("UPDATE t AS a LEFT JOIN u AS b ON b.id = a.id SET a.x = 1", "update", "t"),
            (
                "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS l JOIN t b ON b.id = l.id SET b.x = ?",
                "update",
                "t",
            ),
            ("UPDATE t h JOIN (SELECT u.id FROM v u) AS c ON c.id = h.id SET h.x = 1", "update", "t"),
            ("UPDATE t SET t.x = 1", "update", "t"),
        ] {
            assert_eq!(target(sql).unwrap(), Some((verb.to_owned(), table.to_owned())), "{sql}");
        }
        assert_eq!(target("SELECT 1").unwrap(), None);
        for sql in ["DELETE a, b FROM t a JOIN u b", "DELETE x FROM t a", "UPDATE (SELECT 1) AS d SET d.x = 1"] {
            assert!(target(sql).is_err(), "{sql}");
        }
    }
}
