//! Ticket departments (`tblticketdepartments`).

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::DepartmentId;

const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, name, email, noautoresponder = 'on' AS is_silent, \
            prevent_client_closure <> 0 AS prevents_closure \
     FROM tblticketdepartments WHERE id = ?";

/// The settings of a department that its tickets depend on.
#[derive(Debug)]
pub struct Department {
    pub id: DepartmentId,
    pub name: String,
    /// Where its mails come in; may be empty.
    pub email: String,
    /// Whether clients get no mail when they open a ticket.
    pub is_silent: bool,
    /// Whether clients may not close its tickets, unless a ticket overrides this.
    pub prevents_closure: bool,
}

from_row!(Department { id, name, email, is_silent, prevents_closure });

pub async fn find(db: &mut MySqlConnection, id: DepartmentId) -> sqlx::Result<Option<Department>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}
