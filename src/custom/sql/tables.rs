//! The tables that a statement reads, for the privileges that its account needs, and those that it defines itself.

use std::collections::BTreeSet;

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

/// Returns the names of the tables, such as `tblclients` or `other.table`, without those that the statement defines itself.
pub fn of(tokens: &[Token]) -> BTreeSet<String> {
    let (mut names, mut clauses) = (BTreeSet::new(), vec![Clause::None]);
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let clause = clauses.last().copied().unwrap_or(Clause::None);
        let is_any = |words: &[&str]| words.iter().any(|word| token.is_word(word));
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
            _ if is_any(&["from", "join", "straight_join"]) && clause != Clause::None => Clause::Table,
            _ if token.is_word("lateral") => clause,
            _ if is_any(&END_OF_TABLES) && clause == Clause::AfterTable => Clause::Other,
            TokenKind::Word(name) | TokenKind::Quoted(name) if clause == Clause::Table => {
                // What is called there is a table function.
                let (table, end) = qualified(tokens, at, name);
                if !tokens.get(end).is_some_and(|after| after.is_symbol('(')) {
                    names.insert(table);
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
    let defined = common(tokens);
    let is_defined = |name: &str| defined.iter().any(|(_, defined)| defined.eq_ignore_ascii_case(name));
    names.retain(|name| !is_defined(name) && !name.eq_ignore_ascii_case("dual"));
    names
}

/// Returns the tables that WITH defines, each with the position and the text of its name. The names of its columns may follow
/// in parentheses.
pub fn common(tokens: &[Token]) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    for start in tokens.iter().enumerate().filter(|(_, token)| token.is_word("with")).map(|(at, _)| at + 1) {
        let mut at = start + usize::from(tokens.get(start).is_some_and(|token| token.is_word("recursive")));
        while let Some(name) = tokens.get(at).and_then(Token::name) {
            let columns = after_parentheses(tokens, at + 1);
            if !tokens.get(columns).is_some_and(|token| token.is_word("as")) {
                break;
            }
            names.push((at, name));
            let mut body = columns + 1;
            while tokens.get(body).is_some_and(|token| !token.is_symbol('(')) {
                body += 1;
            }
            let end = after_parentheses(tokens, body);
            if !tokens.get(end).is_some_and(|token| token.is_symbol(',')) {
                break;
            }
            at = end + 1;
        }
    }
    names
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
fn qualified(tokens: &[Token], at: usize, first: &str) -> (String, usize) {
    let is_qualified = tokens.get(at + 1).is_some_and(|dot| dot.is_symbol('.'));
    match tokens.get(at + 2).and_then(Token::name).filter(|_| is_qualified) {
        Some(second) => (format!("{first}.{second}"), at + 3),
        None => (first.to_owned(), at + 1),
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
                vec!["other.t3", "t1", "t2", "t4"],
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
        ] {
            let found = of(&tokens(sql).unwrap());
            assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), tables, "{sql}");
        }
    }
}
