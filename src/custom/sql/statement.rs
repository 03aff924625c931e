//! Checks the statement of a custom action, and prepares its parameters to be bound.

use std::collections::BTreeSet;

use super::functions::may_precede_parenthesis;
use super::lexer::{Token, TokenKind, tokens};
use super::tables::{self, TableName};

/// Words that write, lock or leave rows elsewhere, wherever they stand.
const REJECTED: [(&str, &str); 6] = [
    ("into", "stores its rows with INTO"),
    ("update", "locks rows or changes them with UPDATE"),
    ("delete", "deletes rows"),
    ("lock", "locks rows"),
    ("procedure", "calls a procedure"),
    ("call", "calls a procedure"),
];
/// Pairs of words that do.
const REJECTED_PAIRS: [(&str, &str, &str); 3] = [
    ("for", "share", "locks rows with FOR SHARE"),
    ("next", "value", "changes a sequence"),
    ("previous", "value", "reads the state of a session"),
];

/// A SELECT that changes nothing, with the places of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text between the parameters, one part more than there are parameters.
    parts: Vec<String>,
    parameters: Vec<Place>,
    /// Whether the statement limits its rows itself.
    pub has_limit: bool,
    /// The tables that it reads.
    pub tables: BTreeSet<TableName>,
    /// The names of functions that it calls, in lower case, with words that stand before parentheses for other reasons.
    pub called: BTreeSet<String>,
}

/// The place of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    /// Whether the parameter stands alone in the parentheses of IN, where several values may stand.
    pub is_list: bool,
}

impl Statement {
    /// Parses a statement; the error is a sentence about it.
    pub fn parse(sql: &str) -> Result<Statement, String> {
        let tokens = tokens(sql)?;
        let called = check(&tokens)?;
        let (mut parts, mut parameters, mut at) = (Vec::new(), Vec::new(), 0);
        for (number, token) in tokens.iter().enumerate() {
            if let TokenKind::Parameter(name) = &token.kind {
                parts.push(sql[at..token.start].to_owned());
                parameters.push(Place { name: name.clone(), is_list: is_alone_in_list(&tokens, number) });
                at = token.end;
            }
        }
        // Without what follows the last token: a semicolon, or a comment that would hide what is appended.
        parts.push(sql[at..tokens.last().map_or(at, |token| token.end).max(at)].to_owned());
        let has_limit = has_limit(&tokens);
        Ok(Statement { parts, parameters, has_limit, tables: tables::of(&tokens), called })
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Place> {
        self.parameters.iter()
    }

    /// Returns the text of the statement with as many question marks for each parameter as `count` says.
    pub fn text(&self, count: impl Fn(&Place) -> usize) -> String {
        let mut text = String::new();
        for (part, place) in self.parts.iter().zip(&self.parameters) {
            text.push_str(part);
            text.push_str(&vec!["?"; count(place).max(1)].join(", "));
        }
        text.extend(self.parts.last().map(String::as_str));
        text
    }
}

fn is_alone_in_list(tokens: &[Token], at: usize) -> bool {
    let is_list = |before: &[Token]| matches!(before, [.., word, open] if word.is_word("in") && open.is_symbol('('));
    is_list(&tokens[..at]) && tokens.get(at + 1).is_some_and(|after| after.is_symbol(')'))
}

/// Checks that a statement only reads, and returns the names that it calls.
fn check(tokens: &[Token]) -> Result<BTreeSet<String>, String> {
    let first = tokens.iter().find(|token| !token.is_symbol('('));
    if !first.is_some_and(|first| first.is_word("select") || first.is_word("with")) {
        return Err("it must begin with SELECT or WITH".to_owned());
    }
    let defined: Vec<usize> = tables::common(tokens).into_iter().map(|table| table.at).collect();
    let mut called = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        let (before, after) = (at.checked_sub(1).map(|at| &tokens[at]), tokens.get(at + 1));
        let is_qualified = before.is_some_and(|before| before.is_symbol('.'));
        let is_called = after.is_some_and(|after| after.is_symbol('('));
        if let (TokenKind::Word(word), false) = (&token.kind, is_qualified) {
            check_word(&word.to_ascii_lowercase(), after, is_called)?;
        }
        let Some(name) = token.name().filter(|_| is_called) else { continue };
        let name = name.to_ascii_lowercase();
        // Nothing can be called there: what follows are the names of columns.
        let is_alias = before.is_some_and(|before| before.is_symbol(')') || before.is_word("as"));
        let is_known = !is_qualified && may_precede_parenthesis(&name);
        if !is_known && !is_alias && !defined.contains(&at) {
            return Err(format!("it calls {name}, which is none of the functions that custom actions may call"));
        }
        called.insert(name);
    }
    Ok(called)
}

fn check_word(word: &str, after: Option<&Token>, is_called: bool) -> Result<(), String> {
    let rejected = REJECTED.iter().find(|(rejected, _)| *rejected == word).map(|(_, why)| *why);
    let pair = REJECTED_PAIRS
        .iter()
        .find(|(first, second, _)| *first == word && after.is_some_and(|after| after.is_word(second)));
    // Both are also functions of texts.
    let writes = (["insert", "replace"].contains(&word) && !is_called).then_some("inserts rows");
    match rejected.or(pair.map(|(_, _, why)| *why)).or(writes) {
        Some(why) => Err(format!("it {why}")),
        None => Ok(()),
    }
}

/// Whether LIMIT, or what means the same, stands outside all parentheses.
fn has_limit(tokens: &[Token]) -> bool {
    let mut depth = 0_i32;
    tokens.iter().any(|token| {
        match &token.kind {
            TokenKind::Symbol('(') => depth += 1,
            TokenKind::Symbol(')') => depth -= 1,
            _ => {}
        }
        depth == 0 && ["limit", "offset", "fetch"].iter().any(|word| token.is_word(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_outside_texts_comments_and_quoted_names() {
        for (sql, names, text) in [
            ("SELECT :a", vec!["a"], "SELECT ?"),
            ("SELECT ':a', \":b\", `:c`, :d -- :e\n", vec!["d"], "SELECT ':a', \":b\", `:c`, ?"),
            ("SELECT 1 # :a\n+ :b /* :c */ + :b;", vec!["b", "b"], "SELECT 1 # :a\n+ ? /* :c */ + ?"),
            (r"SELECT 'it''s :a', 'a\':b', '\\', :c", vec!["c"], r"SELECT 'it''s :a', 'a\':b', '\\', ?"),
            ("SELECT `a``:b`, \"\"\":c\", :d", vec!["d"], "SELECT `a``:b`, \"\"\":c\", ?"),
            ("SELECT 5--1, :a--:b", vec!["a", "b"], "SELECT 5--1, ?--?"),
            ("SELECT 1 WHERE :a IS NULL OR 1 IN (:a)", vec!["a", "a"], "SELECT 1 WHERE ? IS NULL OR 1 IN (?)"),
            ("(SELECT :größe)", vec![], ""),
        ] {
            let Ok(statement) = Statement::parse(sql) else {
                assert_eq!(text, "", "{sql}");
                continue;
            };
            assert_eq!(statement.parameters().map(|place| place.name.as_str()).collect::<Vec<_>>(), names, "{sql}");
            assert_eq!(statement.text(|_| 1), text, "{sql}");
        }
        let list = Statement::parse("SELECT 1 WHERE :a IS NULL OR 1 IN ( :a ) OR 2 IN (:a, 1)").unwrap();
        let text = list.text(|place| if place.is_list { 3 } else { 1 });
        assert_eq!(text, "SELECT 1 WHERE ? IS NULL OR 1 IN ( ?, ?, ? ) OR 2 IN (?, 1)");
    }

    #[test]
    fn what_only_reads_is_accepted() {
        for sql in [
            "SELECT id, firstname, credit FROM tblclients WHERE credit >= :least ORDER BY credit DESC",
            "select count(*) as n from tblclients c left join tblhosting h on (h.userid = c.id) where c.id in (:ids)",
            "WITH RECURSIVE days (day) AS (SELECT 1 UNION ALL SELECT day + 1 FROM days WHERE day < 9), b AS (SELECT 1 AS n) \
             SELECT * FROM days, b",
            "(SELECT 1 AS n) UNION (SELECT 2) ORDER BY n LIMIT 5;",
            "SELECT t.`update`, t.update, `lock` FROM t",
            "SELECT REPLACE(name, 'a', 'b') AS name, INSERT (name, 1, 2, 'x') AS other FROM t",
            "SELECT COALESCE(SUM(amount), 0) AS total, DATE_FORMAT(NOW(), '%Y') AS year FROM tblaccounts",
            "SELECT a FROM (SELECT 1, 2) AS t (a, b)",
            "SELECT ROW_NUMBER() OVER (PARTITION BY userid ORDER BY id) AS n FROM tblinvoices",
            "SELECT MATCH (a) AGAINST ('x' WITH QUERY EXPANSION) AS m, CAST(a AS DECIMAL(10, 2)) AS d FROM t GROUP BY a WITH ROLLUP",
            "SELECT EXTRACT(YEAR FROM date) AS y, SUBSTRING(a FROM 1 FOR 2) AS s FROM t USE INDEX (a) FOR SYSTEM_TIME ALL",
            "SELECT id FROM JSON_TABLE(:ids, '$[*]' COLUMNS (id INT PATH '$')) AS ids",
            "SELECT 'INTO OUTFILE; SLEEP(5) FOR UPDATE' AS text, `sleep` FROM t -- ; DROP TABLE t",
            "SELECT INTERVAL(1, 2) AS a, d + INTERVAL (1) DAY AS b FROM t WHERE EXISTS (SELECT 1) AND NOT (a = 1)",
        ] {
            assert!(Statement::parse(sql).is_ok(), "{sql}: {:?}", Statement::parse(sql));
        }
    }

    #[test]
    fn what_writes_locks_sleeps_or_reads_files_is_rejected() {
        for sql in [
            "",
            "UPDATE t SET a = 1",
            "INSERT INTO t VALUES (1)",
            "DELETE FROM t",
            "CALL p()",
            "TABLE t",
            "VALUES (1)",
            "SHOW TABLES",
            "SET STATEMENT max_statement_time = 0 FOR SELECT 1",
            "SELECT 1; DROP TABLE t",
            "SELECT 1;;",
            "SELECT 1 FROM t FOR UPDATE",
            "SELECT 1 FROM t FOR/**/SHARE",
            "SELECT 1 FROM t LOCK IN SHARE MODE",
            "SELECT 1 INTO OUTFILE '/tmp/x'",
            "SELECT 1 INTO @a",
            "SELECT 1 INTO a",
            "WITH a AS (SELECT 1) UPDATE t SET a = 1",
            "WITH a AS (SELECT 1) DELETE FROM t",
            "WITH a AS (SELECT 1) REPLACE INTO t SELECT 1",
            "SELECT SLEEP(5)",
            "WITH sleep AS (SELECT 1) SELECT sleep(5)",
            "WITH sleep (a) AS (SELECT 1) SELECT `sleep`(5)",
            "SELECT sLeEp /* */ (5)",
            "SELECT `sleep`(5)",
            "SELECT `SLEEP` (5)",
            "SELECT 1.sleep(5)",
            "SELECT mysql.sleep(5)",
            "SELECT BENCHMARK(1000000000, SHA1('a'))",
            "SELECT KDF('a', 'b', 1000000000)",
            "SELECT LOAD_FILE('/etc/passwd')",
            "SELECT GET_LOCK('a', 1)",
            "SELECT RELEASE_LOCK('a')",
            "SELECT RELEASE_ALL_LOCKS()",
            "SELECT IS_USED_LOCK('a')",
            "SELECT MASTER_POS_WAIT('a', 1)",
            "SELECT WAIT_FOR_EXECUTED_GTID_SET('a')",
            "SELECT NEXTVAL(s)",
            "SELECT SETVAL(s, 1)",
            "SELECT LASTVAL(s)",
            "SELECT NEXT VALUE FOR s",
            "SELECT LAST_INSERT_ID(5)",
            "SELECT own_function(1)",
            "SELECT sys.own_function(1)",
            "SELECT `a`.`own_function`(1)",
            "SELECT sys_exec('id')",
            "SELECT @a := 1",
            "SELECT @@datadir",
            "SELECT a := 1",
            "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
            "SELECT 1 /*!50000 FOR UPDATE */",
            "SELECT 1 /*M! FOR UPDATE */",
            "SELECT 1 /*X! FOR UPDATE */",
            "SELECT $$SLEEP(5)$$",
            "SELECT $a FROM t",
            "SELECT 1 --\u{1}FOR UPDATE",
            "SELECT 'a\0b'",
            "SELECT\u{b}1",
            "SELECT /*+ SET_VAR(max_execution_time = 0) */ 1",
            "SELECT 1 PROCEDURE ANALYSE()",
            "SELECT ?",
            "SELECT 1 /* open",
            "SELECT 'open",
            "SELECT `open",
            "SELECT {fn SLEEP(5)}",
            "SELECT 'a' \\ 1",
            "SELECT 12:30",
        ] {
            assert!(Statement::parse(sql).is_err(), "{sql}");
        }
    }

    #[test]
    fn a_limit_within_parentheses_is_not_that_of_the_statement() {
        for (sql, has_limit) in [
            ("SELECT 1 LIMIT 1", true),
            ("SELECT 1 ORDER BY 1 OFFSET 1 ROW FETCH FIRST 1 ROW ONLY", true),
            ("(SELECT 1 LIMIT 1) UNION SELECT 2", false),
            ("SELECT `limit`, (SELECT 1 LIMIT 1) AS a FROM t", false),
        ] {
            assert_eq!(Statement::parse(sql).unwrap().has_limit, has_limit, "{sql}");
        }
    }
}
