//! Helpers for writing SQL statements.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use sqlx::mysql::MySqlArguments;
use sqlx::query::{Query, QueryAs, QueryScalar};
use sqlx::{Connection, MySql, MySqlConnection, QueryBuilder};

use crate::domain::entities::forms;

/// Runs a statement that deletes at most 1000 rows from before a time, and repeats it until no row is left, so that no
/// lock is held for long.
pub(crate) async fn delete_in_batches(
    db: &mut MySqlConnection,
    statement: &'static str,
    before: NaiveDateTime,
) -> sqlx::Result<()> {
    loop {
        let mut transaction = db.begin().await?;
        let deleted = sqlx::query(statement).bind(before).execute(&mut *transaction).await?;
        transaction.commit().await?;
        if deleted.rows_affected() < 1000 {
            return Ok(());
        }
    }
}

/// The earliest time at which a row counts as changed. MySQL turns out-of-range times into 0, which would also match
/// rows that were never changed, so they are clamped.
pub(crate) fn changed_since(time: NaiveDateTime) -> NaiveDateTime {
    time.max(chrono::DateTime::UNIX_EPOCH.naive_utc() + chrono::Days::new(1))
}

/// A list of ids as one bound value: `JSON_TABLE(?, '$[*]' COLUMNS (id INT PATH '$'))` turns it into rows, so that a
/// statement's text is the same for any number of ids.
pub(crate) fn id_list(ids: impl Iterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// The pattern with which `LIKE … ESCAPE '|'` matches texts that begin with this one.
pub(crate) fn like_prefix(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if matches!(c, '%' | '_' | '|') {
            pattern.push('|');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// As [`like_prefix`], for texts that contain this one.
pub(crate) fn like_contains(text: &str) -> String {
    format!("%{}", like_prefix(text))
}

/// A statement that looks something up by a text, which may be stored with HTML entities or without.
pub(crate) trait BindForms: Sized {
    fn bind_text(self, text: Option<String>) -> Self;

    /// Binds the forms of a text: `name IN (?, ?, ?)` holds if it is stored in any of them.
    fn bind_forms<'t>(self, text: impl Into<Option<&'t str>>) -> Self {
        let forms = text.into().map(forms).map_or([None, None, None], |forms| forms.map(Some));
        forms.into_iter().fold(self, Self::bind_text)
    }
}

impl BindForms for Query<'_, MySql, MySqlArguments> {
    fn bind_text(self, text: Option<String>) -> Self {
        self.bind(text)
    }
}

impl<R> BindForms for QueryAs<'_, MySql, R, MySqlArguments> {
    fn bind_text(self, text: Option<String>) -> Self {
        self.bind(text)
    }
}

impl<R> BindForms for QueryScalar<'_, MySql, R, MySqlArguments> {
    fn bind_text(self, text: Option<String>) -> Self {
        self.bind(text)
    }
}

/// Appends a condition that holds if an expression is this text, with HTML entities or without.
pub(crate) fn push_is(query: &mut QueryBuilder<MySql>, expression: &str, text: &str) {
    query.push(expression).push(" IN (");
    let mut list = query.separated(", ");
    for form in forms(text) {
        list.push_bind(form);
    }
    query.push(")");
}

/// Appends a condition that holds if one of these expressions matches the pattern of this text, with HTML entities or
/// without.
pub(crate) fn push_like(
    query: &mut QueryBuilder<MySql>,
    expressions: &[&str],
    text: &str,
    pattern: fn(&str) -> String,
) {
    query.push("(FALSE");
    for form in BTreeSet::from(forms(text)) {
        for expression in expressions {
            query.push(" OR ").push(expression).push(" LIKE ").push_bind(pattern(&form)).push(" ESCAPE '|'");
        }
    }
    query.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_in_a_search_are_escaped() {
        for (text, pattern) in [("", "%"), ("jane", "jane%"), ("50%_|", "50|%|_||%")] {
            assert_eq!(like_prefix(text), pattern);
            assert_eq!(like_contains(text), format!("%{pattern}"));
        }
    }
}
