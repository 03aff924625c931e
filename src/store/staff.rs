//! `tbladmins`, and what the roles in `tbladminperms` permit them.

use sqlx::MySqlConnection;

use super::values::from_row;
use crate::domain::id::AdminId;

pub(super) const IS_ACTIVE: &str = "SELECT COUNT(*) > 0 FROM tbladmins WHERE id = ? AND disabled = 0";

/// Whether this member of staff exists and is not disabled.
pub async fn is_active(db: &mut MySqlConnection, id: AdminId) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_ACTIVE).bind(id).fetch_one(db).await
}

/// A member of staff, as far as logging in goes.
#[derive(Debug)]
pub struct Staff {
    pub id: AdminId,
    pub name: String,
    /// Two columns, either of which may hold a hash of the password's MD5 sum.
    pub password: String,
    pub password_hash: String,
    pub is_disabled: bool,
    pub may_use_api: bool,
}

from_row!(Staff { id, name, password, password_hash, is_disabled, may_use_api });

/// Finds staff by user name, and whether their role has this permission; 0 stands for one that all have.
pub async fn find(db: &mut MySqlConnection, name: &str, permission: i64) -> sqlx::Result<Option<Staff>> {
    let found: Vec<Staff> = sqlx::query_as(
        "SELECT CAST(a.id AS SIGNED) AS id, a.username AS name, a.password, a.passwordhash AS password_hash, \
                a.disabled <> 0 AS is_disabled, \
                (? = 0 OR EXISTS(SELECT 1 FROM tbladminperms p WHERE p.roleid = a.roleid AND p.permid = ?)) AS may_use_api \
         FROM tbladmins a WHERE a.username = ? ORDER BY a.id",
    )
    .bind(permission)
    .bind(permission)
    .bind(name)
    .fetch_all(db)
    .await?;
    // To the database, `Admin` and `admin ` are the same.
    Ok(found.into_iter().find(|staff| staff.name == name))
}
