//! `tbladmins`.

use sqlx::MySqlConnection;

use crate::domain::id::AdminId;

/// Whether this member of staff exists and is not disabled.
pub async fn is_active(db: &mut MySqlConnection, id: AdminId) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT COUNT(*) > 0 FROM tbladmins WHERE id = ? AND disabled = 0").bind(id).fetch_one(db).await
}
