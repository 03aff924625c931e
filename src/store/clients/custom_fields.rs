//! Custom fields (`tblcustomfields`) and their values (`tblcustomfieldsvalues`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;

const FIELDS: &str = "SELECT CAST(id AS SIGNED) AS id, fieldname AS name, required = 'on' AS is_required \
     FROM tblcustomfields WHERE relid = ? AND type = ? ORDER BY sortorder, id";
const CHANGE: &str = "UPDATE tblcustomfieldsvalues SET value = ?, updated_at = ? WHERE relid = ? AND fieldid = ?";
const ADD: &str =
    "INSERT INTO tblcustomfieldsvalues (fieldid, relid, value, created_at, updated_at) VALUES (?, ?, ?, ?, ?)";

/// The kind of row that a custom field belongs to, as in `tblcustomfields.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Client,
    /// Services, by their product.
    Product,
    /// Addons of services, by the addon that was ordered.
    Addon,
    /// Tickets, by their department.
    Support,
}

impl FieldKind {
    fn name(self) -> &'static str {
        match self {
            FieldKind::Client => "client",
            FieldKind::Product => "product",
            FieldKind::Addon => "addon",
            FieldKind::Support => "support",
        }
    }
}

/// A custom field.
#[derive(Debug, Clone)]
pub struct Field {
    pub id: i64,
    pub name: String,
    pub is_required: bool,
}

from_row!(Field { id, name, is_required });

/// Returns the fields of a kind in their order: those of a product, an addon or a department, or with `of` = 0 those of
/// clients.
pub async fn fields(db: &mut MySqlConnection, kind: FieldKind, of: i64) -> sqlx::Result<Vec<Field>> {
    sqlx::query_as(FIELDS).bind(of).bind(kind.name()).fetch_all(db).await
}

/// A custom field with its value; empty if nothing was entered.
#[derive(Debug)]
pub struct FilledField {
    pub id: i64,
    pub value: String,
    /// Whether it is a password.
    pub is_secret: bool,
}

/// Sets the value of a field for a row; inserts it if there is none.
pub async fn set(tx: &mut Writer<'_>, field: i64, row: i64, value: &str) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let change = sqlx::query(CHANGE).bind(value.to_owned()).bind(utc).bind(row).bind(field);
    if tx.execute(change).await?.rows_affected() == 0 {
        add(tx, field, row, value).await?;
    }
    Ok(())
}

/// Inserts the value of a field for a new row.
pub async fn add(tx: &mut Writer<'_>, field: i64, row: i64, value: &str) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD).bind(field).bind(row).bind(value.to_owned()).bind(utc).bind(utc);
    tx.execute(insert).await.map(|_| ())
}
