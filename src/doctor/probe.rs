//! Checks the tables that actions need: what is missing or denied, and which actions that affects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sqlx::MySqlConnection;

use super::needs::TableUse;
use crate::store::system::inspection::{self, Column, PrepareError, Right, Table};

/// A problem with a table that affects its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFault {
    pub table: String,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The table does not exist.
    Missing,
    /// The table does not exist, or the account may not see it.
    Hidden,
    NoColumn(String),
    Denied(Right),
    ColumnDenied(Right, String),
    /// An unknown column without a default, so that no row can be inserted.
    NoDefault(String),
    /// The table's storage engine has no transactions.
    Engine(String),
}

impl TableFault {
    /// The kind of problem, for programs.
    pub fn code(&self) -> &'static str {
        match self.kind {
            Kind::Missing | Kind::Hidden => "missing_table",
            Kind::NoColumn(_) => "missing_column",
            Kind::Denied(_) | Kind::ColumnDenied(..) => "missing_right",
            Kind::NoDefault(_) => "column_without_default",
            Kind::Engine(_) => "no_transactions",
        }
    }

    /// Whether the problem affects this use of the table.
    pub fn concerns(&self, usage: &TableUse) -> bool {
        let columns = |right: Right| match right {
            Right::Select => usage.select.as_ref(),
            Right::Insert => Some(&usage.insert),
            Right::Update => Some(&usage.update),
            Right::Delete | Right::Lock => None,
        };
        let names = |right, column: &String| columns(right).is_some_and(|columns| columns.contains(column));
        match &self.kind {
            Kind::Missing | Kind::Hidden => true,
            Kind::NoColumn(column) => {
                [Right::Select, Right::Insert, Right::Update].iter().any(|right| names(*right, column))
            }
            Kind::Denied(right) => required_rights(usage).iter().any(|(wanted, _)| wanted == right),
            Kind::ColumnDenied(right, column) => names(*right, column),
            Kind::NoDefault(_) => !usage.insert.is_empty(),
            Kind::Engine(_) => !usage.insert.is_empty() || !usage.update.is_empty() || usage.delete || usage.lock,
        }
    }
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        match &self.kind {
            Kind::Missing => write!(f, "{table} is missing"),
            Kind::Hidden => write!(f, "{table} is missing, or there is no right to it"),
            Kind::NoColumn(column) => write!(f, "{table}.{column} is missing"),
            Kind::Denied(Right::Lock) => write!(f, "no right to UPDATE any column of {table}, to lock its rows"),
            Kind::Denied(right) => write!(f, "no right to {right} on {table}"),
            Kind::ColumnDenied(right, column) => write!(f, "no right to {right} on {table}.{column}"),
            Kind::NoDefault(column) => write!(f, "{table}.{column} has no default, and is not known to this program"),
            Kind::Engine(engine) => write!(f, "{table} has the storage engine {engine}, which has no transactions"),
        }
    }
}

fn names(columns: &BTreeSet<String>) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}

/// The rights that a use of a table needs, each with the columns.
fn required_rights(usage: &TableUse) -> Vec<(Right, Vec<&str>)> {
    let columns = |right, columns| Some((right, names(columns))).filter(|(_, columns)| !columns.is_empty());
    [
        usage.select.as_ref().map(|columns| (Right::Select, names(columns))),
        columns(Right::Insert, &usage.insert),
        columns(Right::Update, &usage.update),
        usage.delete.then_some((Right::Delete, Vec::new())),
        (usage.lock && usage.update.is_empty()).then_some((Right::Lock, Vec::new())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The tables and columns that the account can see.
pub struct SchemaSnapshot {
    pub tables: Vec<Table>,
    pub columns: Vec<Column>,
}

impl SchemaSnapshot {
    pub async fn read(db: &mut MySqlConnection) -> sqlx::Result<SchemaSnapshot> {
        Ok(SchemaSnapshot { tables: inspection::tables(db).await?, columns: inspection::columns(db).await? })
    }

    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub fn columns<'s>(&'s self, table: &'s str) -> impl Iterator<Item = &'s Column> {
        self.columns.iter().filter(move |column| column.table == table)
    }
}

/// Returns the problems that affect these uses.
pub async fn faults(
    db: &mut MySqlConnection,
    schema: &SchemaSnapshot,
    tables: &BTreeMap<&str, TableUse>,
) -> sqlx::Result<Vec<TableFault>> {
    let mut faults = Vec::new();
    for (table, usage) in tables {
        let fault = |kind| TableFault { table: (*table).to_owned(), kind };
        let mut found = Vec::new();
        for (right, columns) in required_rights(usage) {
            found.extend(denied_rights(db, schema, table, right, columns).await?.into_iter().map(fault));
        }
        // A missing table lacks everything, which is reported once.
        if let Some(whole) = found.iter().find(|fault| matches!(fault.kind, Kind::Missing | Kind::Hidden)) {
            faults.push(whole.clone());
            continue;
        }
        faults.append(&mut found);
        if !usage.insert.is_empty() {
            let unknown =
                schema.columns(table).filter(|column| column.is_required && !usage.insert.contains(&column.name));
            faults.extend(unknown.map(|column| fault(Kind::NoDefault(column.name.clone()))));
        }
        let engine = schema.table(table).map_or("", |table| &table.engine);
        // A view has no engine.
        if !["", "InnoDB"].contains(&engine) {
            let slow = fault(Kind::Engine(engine.to_owned()));
            faults.extend(slow.concerns(usage).then_some(slow));
        }
    }
    let mut once: Vec<TableFault> = Vec::new();
    for fault in faults {
        if !once.contains(&fault) {
            once.push(fault);
        }
    }
    Ok(once)
}

/// Collects all errors of a statement: the server reports one at a time.
async fn denied_rights(
    db: &mut MySqlConnection,
    schema: &SchemaSnapshot,
    table: &str,
    right: Right,
    mut columns: Vec<&str>,
) -> sqlx::Result<Vec<Kind>> {
    let mut kinds = Vec::new();
    while let Some(error) = inspection::try_prepare(db, table, right, &columns).await? {
        let (column, kind) = match error {
            PrepareError::NoTable => return Ok(vec![Kind::Missing]),
            PrepareError::Denied if schema.table(table).is_none() => return Ok(vec![Kind::Hidden]),
            PrepareError::Denied => return Ok(vec![Kind::Denied(right)]),
            PrepareError::NoColumn(column) => (column.clone(), Kind::NoColumn(column)),
            PrepareError::ColumnDenied(column) => (column.clone(), Kind::ColumnDenied(right, column)),
        };
        let before = columns.len();
        columns.retain(|name| !name.eq_ignore_ascii_case(&column));
        kinds.push(kind);
        if columns.is_empty() || columns.len() == before {
            break;
        }
    }
    Ok(kinds)
}
