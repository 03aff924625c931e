//! The tables that a statement reads, for the privileges that its account needs, and those that it defines itself.

use std::collections::BTreeSet;
use std::ops::Range;

use super::lexer::{Token, TokenKind};

/// What is being read within one pair of parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clause {
    /// No SELECT has begun, as in the arguments of a function.
    None,
    /// Between SELECT and FROM, or after the tables.
    Other,
    /// A table follows.
    Table,
    /// A table has been read; another one follows after a comma or JOIN.
    AfterTable,
}

/// The words after which no table follows until the next FROM or JOIN.
const END_OF_TABLES: [&str; 9] =
    ["where", "group", "having", "order", "limit", "window", "union", "except", "intersect"];

/// The name of a table, with that of its database if the statement has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableName {
    pub database: Option<String>,
    pub table: String,
}

impl TableName {
    /// Whether the database lets everybody read it.
    fn needs_no_right(&self) -> bool {
        match &self.database {
            Some(database) => database.eq_ignore_ascii_case("information_schema"),
            None => self.table.eq_ignore_ascii_case("dual"),
        }
    }
}

/// Returns the tables, without those that the statement defines itself, and those that need no right.
pub fn of(tokens: &[Token]) -> BTreeSet<TableName> {
    let (mut names, mut clauses) = (BTreeSet::new(), vec![Clause::None]);
    let defined = common(tokens);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let clause = clauses.last().copied().unwrap_or(Clause::None);
        let is_any = |words: &[&str]| words.iter().any(|word| token.is_word(word));
        let follows = |word: &str| at.checked_sub(1).is_some_and(|before| tokens[before].is_word(word));
        let next = match &token.kind {
            TokenKind::Symbol('(') => {
                // Tables may stand in parentheses of their own.
                clauses.push(if clause == Clause::Table { Clause::Table } else { Clause::None });
                at += 1;
                continue;
            }
            TokenKind::Symbol(')') => {
                clauses.pop();
                match clauses.last() {
                    Some(Clause::Table) => Clause::AfterTable,
                    other => other.copied().unwrap_or(Clause::None),
                }
            }
            TokenKind::Symbol(',') if clause == Clause::AfterTable => Clause::Table,
            _ if token.is_word("select") => Clause::Other,
            // A SELECT follows, and no table.
            _ if token.is_word("with") && clause == Clause::Table => Clause::None,
            // What follows is a time.
            _ if token.is_word("from") && follows("system_time") => clause,
            _ if is_any(&["from", "join", "straight_join"]) && clause != Clause::None => Clause::Table,
            _ if token.is_word("lateral") => clause,
            _ if is_any(&END_OF_TABLES) && clause == Clause::AfterTable => Clause::Other,
            TokenKind::Word(name) | TokenKind::Quoted(name) if clause == Clause::Table => {
                // What is called there is a table function.
                let (name, end) = qualified(tokens, at, name);
                let is_called = tokens.get(end).is_some_and(|after| after.is_symbol('('));
                let is_defined =
                    name.database.is_none() && defined.iter().any(|common| common.is_meant(&name.table, at));
                if !is_called && !is_defined && !name.needs_no_right() {
                    names.insert(name);
                }
                at = end - 1;
                Clause::AfterTable
            }
            _ => clause,
        };
        match clauses.last_mut() {
            Some(last) => *last = next,
            None => clauses.push(next),
        }
        at += 1;
    }
    names
}

/// A table that WITH defines.
#[derive(Debug)]
pub struct CommonTable<'t> {
    /// The position of its name.
    pub at: usize,
    name: &'t str,
    /// Where its name means this table, and no other one: after its definition, or from the beginning if it may refer to itself,
    /// up to the end of the parentheses that WITH stands in.
    scope: Range<usize>,
}

impl CommonTable<'_> {
    fn is_meant(&self, name: &str, at: usize) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.scope.contains(&at)
    }
}

/// Returns the tables that WITH defines. The names of its columns may follow a name in parentheses.
pub fn common(tokens: &[Token]) -> Vec<CommonTable<'_>> {
    let mut tables = Vec::new();
    for start in tokens.iter().enumerate().filter(|(_, token)| token.is_word("with")).map(|(at, _)| at + 1) {
        let is_recursive = tokens.get(start).is_some_and(|token| token.is_word("recursive"));
        let end_of_scope = end_of_parentheses(tokens, start);
        let mut at = start + usize::from(is_recursive);
        while let Some(name) = tokens.get(at).and_then(Token::name) {
            let columns = after_parentheses(tokens, at + 1);
            if !tokens.get(columns).is_some_and(|token| token.is_word("as")) {
                break;
            }
            let mut body = columns + 1;
            while tokens.get(body).is_some_and(|token| !token.is_symbol('(')) {
                body += 1;
            }
            let end = after_parentheses(tokens, body);
            tables.push(CommonTable { at, name, scope: if is_recursive { start } else { end }..end_of_scope });
            if !tokens.get(end).is_some_and(|token| token.is_symbol(',')) {
                break;
            }
            at = end + 1;
        }
    }
    tables
}

/// Returns the position at which the parentheses end that surround this one.
fn end_of_parentheses(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match &token.kind {
            TokenKind::Symbol('(') => depth += 1,
            TokenKind::Symbol(')') if depth == 0 => return at,
            TokenKind::Symbol(')') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Returns the position after the parentheses that begin here; the same position if none do.
fn after_parentheses(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match &token.kind {
            TokenKind::Symbol('(') => depth += 1,
            TokenKind::Symbol(')') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if at == start && !token.is_symbol('(') { start } else { at + 1 };
        }
    }
    tokens.len()
}

/// Returns the name of a table that may have that of a database before it, and the position after it.
fn qualified(tokens: &[Token], at: usize, first: &str) -> (TableName, usize) {
    let is_qualified = tokens.get(at + 1).is_some_and(|dot| dot.is_symbol('.'));
    match tokens.get(at + 2).and_then(Token::name).filter(|_| is_qualified) {
        Some(second) => (TableName { database: Some(first.to_owned()), table: second.to_owned() }, at + 3),
        None => (TableName { database: None, table: first.to_owned() }, at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::tokens;
    use super::*;

    #[test]
    fn tables_are_found_wherever_they_are_read() {
        for (sql, tables) in [
            ("SELECT 1", vec![]),
            ("SELECT a, b FROM tblclients WHERE a, b", vec!["tblclients"]),
            (
                "SELECT a FROM t1, `t2` AS x, other.t3 y WHERE a IN (SELECT b FROM t4)",
                vec!["t1", "t2", "t4", "other.t3"],
            ),
            (
                "SELECT a FROM t1 JOIN t2 ON t1.a = t2.a, T5 LEFT JOIN (t3, t4) USING (a) ORDER BY a, b",
                vec!["T5", "t1", "t2", "t3", "t4"],
            ),
            ("SELECT a FROM (SELECT a FROM t1) AS d, t2", vec!["t1", "t2"]),
            ("WITH a AS (SELECT 1 FROM t1), b (c) AS (SELECT 2 FROM A) SELECT * FROM a JOIN b", vec!["t1"]),
            ("SELECT EXTRACT(YEAR FROM date) AS y, TRIM(LEADING 'x' FROM a) AS t FROM t1", vec!["t1"]),
            ("SELECT id FROM JSON_TABLE(:ids, '$' COLUMNS (id INT PATH '$')) AS ids, t1", vec!["t1"]),
            ("(SELECT a FROM t1) UNION SELECT (SELECT b FROM t2 LIMIT 1) AS b FROM dual", vec!["t1", "t2"]),
            ("SELECT a FROM t1 USE INDEX (a, b), t2 PARTITION (p)", vec!["t1", "t2"]),
            ("SELECT IF(a, b, c) AS d FROM ((t1 JOIN t2 ON a = b) JOIN t3)", vec!["t1", "t2", "t3"]),
            ("WITH t AS (SELECT 1 FROM t) SELECT * FROM t", vec!["t"]),
            ("WITH RECURSIVE t AS (SELECT 1 UNION SELECT 1 FROM t) SELECT * FROM t", vec![]),
            ("WITH a AS (SELECT 1 FROM b), b AS (SELECT 1 FROM a) SELECT * FROM b", vec!["b"]),
            ("SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) AS d, t", vec!["t"]),
            ("WITH t AS (SELECT 1) SELECT * FROM t, other.t", vec!["other.t"]),
            ("SELECT * FROM t1 FOR SYSTEM_TIME FROM '2026-01-01' TO NOW(), t2", vec!["t1", "t2"]),
            ("SELECT * FROM t1 FOR SYSTEM_TIME AS OF TIMESTAMP '2026-01-01' WHERE a", vec!["t1"]),
            ("SELECT * FROM `a.b`, `c.d`.`e``f`", vec!["a.b", "c.d.e`f"]),
            ("SELECT * FROM information_schema.tables, INFORMATION_SCHEMA.columns, mysql.user", vec!["mysql.user"]),
        ] {
            let found = of(&tokens(sql).unwrap());
            let text =
                |name: &TableName| name.database.iter().chain([&name.table]).cloned().collect::<Vec<_>>().join(".");
            assert_eq!(found.iter().map(text).collect::<Vec<_>>(), tables, "{sql}");
        }
        let [quoted, qualified] = ["SELECT 1 FROM `a.b`", "SELECT 1 FROM a.b"].map(|sql| of(&tokens(sql).unwrap()));
        assert_ne!(quoted, qualified, "a dot in the name of a table");
    }
}
