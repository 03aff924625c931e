//! Client groups (`tblclientgroups`).

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::values::from_row;

const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblclientgroups WHERE id = ?";

pub async fn exists(db: &mut MySqlConnection, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// A client group with its discount and rules.
#[derive(Debug)]
pub struct ClientGroup {
    pub id: i64,
    pub name: String,
    /// `#RRGGBB`, or empty.
    pub color: String,
    /// In percent.
    pub discount: Decimal,
    /// `on` or empty, like `has_separate_invoices`.
    pub is_exempt_from_suspension: String,
    pub has_separate_invoices: String,
}

from_row!(ClientGroup { id, name, color, discount, is_exempt_from_suspension, has_separate_invoices });

/// All groups, the oldest first.
pub async fn all(db: &mut MySqlConnection) -> sqlx::Result<Vec<ClientGroup>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, groupname AS name, COALESCE(groupcolour, '') AS color, \
                COALESCE(discountpercent, 0.00) AS discount, \
                COALESCE(susptermexempt, '') AS is_exempt_from_suspension, separateinvoices AS has_separate_invoices \
         FROM tblclientgroups ORDER BY id",
    )
    .fetch_all(db)
    .await
}
