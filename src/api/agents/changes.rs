//! The rows that differ before and after a call.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::redaction::is_secret_column;
use crate::store::images::{Row, Rows, Scope};

/// What stands for a secret.
const HIDDEN: &str = "(hidden)";

/// A row before and after a call.
#[derive(Debug, Serialize)]
pub struct RowChange {
    pub table: String,
    /// `insert`, `update` or `delete`.
    pub change: &'static str,
    /// The key of the row, or `(new)`.
    pub row: String,
    /// The columns that differ, with their values before and after.
    pub columns: BTreeMap<String, Values>,
    /// All columns, after the call unless the row is gone.
    #[serde(skip)]
    pub whole: BTreeMap<String, Option<String>>,
}

impl RowChange {
    /// The value of a column, whether or not it differs.
    pub fn value(&self, column: &str) -> Option<&str> {
        self.whole.get(column)?.as_deref()
    }
}

/// The values of a column before and after a call. A secret counts, but is not told.
#[derive(Debug)]
pub struct Values {
    pub before: Option<String>,
    pub after: Option<String>,
    pub is_secret: bool,
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_hidden = |value: &&str| self.is_secret && !value.is_empty();
        let told = |value: Option<&str>| value.map(|value| if is_hidden(&value) { HIDDEN } else { value }.to_owned());
        [told(self.before.as_deref()), told(self.after.as_deref())].serialize(serializer)
    }
}

/// Returns the rows that differ after statements with these first words.
pub fn differences(scope: &Scope, before: &Rows, after: &Rows, verbs: &[&str]) -> Vec<RowChange> {
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let of_row = |key: &String| {
        let (old, new) = (before.get(key), after.get(key));
        // A row may also come from another client, or go to one.
        let change = match (old, new) {
            (None, _) if verbs.iter().any(|verb| ["insert", "replace"].contains(verb)) => "insert",
            (_, None) if verbs.contains(&"delete") => "delete",
            _ => "update",
        };
        difference(scope, change, key, old, new)
    };
    keys.into_iter().filter_map(of_row).collect()
}

fn difference(
    scope: &Scope,
    change: &'static str,
    key: &str,
    old: Option<&Row>,
    new: Option<&Row>,
) -> Option<RowChange> {
    let whole = scope.columns.iter().cloned().zip(new.or(old)?.iter().cloned()).collect();
    let mut row =
        RowChange { table: scope.table.clone(), change, row: key.to_owned(), columns: BTreeMap::new(), whole };
    for (index, name) in scope.columns.iter().enumerate() {
        let value = |row: Option<&Row>| row.and_then(|row| row.get(index).cloned().flatten());
        let (before, after) = (value(old), value(new));
        if before != after {
            let is_secret = is_secret_column(&scope.table, name, row.value("setting"));
            row.columns.insert(name.clone(), Values { before, after, is_secret });
        }
    }
    (!row.columns.is_empty()).then_some(row)
}
