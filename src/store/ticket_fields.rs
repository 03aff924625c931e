//! `tblcustomfields` and `tblcustomfieldsvalues`, of tickets.

use sqlx::MySqlConnection;

use super::writer::Writer;
use crate::domain::id::{DepartmentId, TicketId};

pub(super) const OF_DEPARTMENT: &str =
    "SELECT CAST(id AS SIGNED) FROM tblcustomfields WHERE type = 'support' AND relid = ? ORDER BY sortorder, id";

/// The ids of the fields that a department's tickets have.
pub async fn of_department(db: &mut MySqlConnection, department: DepartmentId) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(OF_DEPARTMENT).bind(department).fetch_all(db).await
}

pub(super) const CHANGE: &str =
    "UPDATE tblcustomfieldsvalues SET value = ?, updated_at = ? WHERE fieldid = ? AND relid = ?";

pub(super) const ADD: &str = "INSERT INTO tblcustomfieldsvalues (fieldid, relid, value, created_at, updated_at) \
         SELECT ?, ?, ?, ?, ? FROM (SELECT 1) AS one \
         WHERE NOT EXISTS (SELECT 1 FROM tblcustomfieldsvalues WHERE fieldid = ? AND relid = ?)";

/// Sets a field of a ticket.
pub async fn set(books: &mut Writer<'_>, ticket: TicketId, field: i64, value: &str) -> sqlx::Result<()> {
    let utc = books.now.utc();
    books.execute(sqlx::query(CHANGE).bind(value).bind(utc).bind(field).bind(ticket)).await?;
    let add = sqlx::query(ADD).bind(field).bind(ticket).bind(value).bind(utc).bind(utc).bind(field).bind(ticket);
    books.execute(add).await.map(|_| ())
}
