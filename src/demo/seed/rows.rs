//! Rows to insert, by table.

use std::fmt::Display;

use sqlx::MySqlConnection;

use crate::store::system::seed;

/// Rows of several tables, in the order in which the tables were first named.
#[derive(Default)]
pub struct Rows(Vec<Table>);

struct Table {
    name: &'static str,
    columns: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// Adds a row. All rows of a table have the same columns.
    pub fn add(&mut self, name: &'static str, columns: &'static [&'static str], values: &[&dyn Display]) {
        let row = values.iter().map(ToString::to_string).collect();
        match self.0.iter_mut().find(|table| table.name == name && table.columns == columns) {
            Some(table) => table.rows.push(row),
            None => self.0.push(Table { name, columns, rows: vec![row] }),
        }
    }

    /// Inserts all rows.
    pub async fn insert(&self, db: &mut MySqlConnection) -> sqlx::Result<()> {
        for Table { name, columns, rows } in &self.0 {
            seed::insert(db, name, columns, rows).await?;
        }
        Ok(())
    }
}

/// Adds a row: `row!(rows, tblnotes { userid: 7, note: "Kind" })`.
macro_rules! row {
    ($rows:expr, $table:ident { $($column:ident: $value:expr),+ $(,)? }) => {
        $rows.add(stringify!($table), &[$(stringify!($column)),+], &[$(&$value as &dyn std::fmt::Display),+])
    };
}
pub(super) use row;
