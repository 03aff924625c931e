//! `tbldeviceauth` with the roles of `tblapi_roles` and the member of staff each credential belongs to.

use sqlx::MySqlConnection;

use super::values::from_row;

use crate::domain::id::AdminId;

/// A credential and one of its roles.
#[derive(Debug)]
pub struct Credential {
    pub id: i64,
    pub identifier: String,
    /// A password hash.
    pub secret: String,
    pub admin: AdminId,
    pub admin_name: String,
    /// A JSON object keyed by the action's name in lower case; `None` where the credential has no role.
    pub permissions: Option<String>,
}

from_row!(Credential { id, identifier, secret, admin, admin_name, permissions });

/// Finds a credential by its identifier: a row for each of its roles, one row where it has none. Credentials that were
/// deleted and those of disabled staff are not found. Of several with one identifier, the oldest is the one.
pub async fn find(db: &mut MySqlConnection, identifier: &str) -> sqlx::Result<Vec<Credential>> {
    let mut rows: Vec<Credential> = sqlx::query_as(
        "SELECT CAST(d.id AS SIGNED) AS id, d.identifier, d.secret, CAST(a.id AS SIGNED) AS admin, a.username AS admin_name, \
                r.permissions \
         FROM tbldeviceauth d \
         JOIN tbladmins a ON a.id = d.user_id AND a.disabled = 0 \
         LEFT JOIN tblapi_roles r \
              ON FIND_IN_SET(r.id, REPLACE(REPLACE(REPLACE(REPLACE(d.role_ids, '[', ''), ']', ''), '\"', ''), ' ', '')) \
         WHERE d.identifier = ? AND d.is_admin = 1 AND (d.deleted_at IS NULL OR d.deleted_at < '1970-01-02') \
         ORDER BY d.id",
    )
    .bind(identifier)
    .fetch_all(db)
    .await?;
    // To the database, `Sync` and `sync ` are the same.
    rows.retain(|row| row.identifier == identifier);
    let first = rows.first().map(|row| row.id);
    rows.retain(|row| Some(row.id) == first);
    Ok(rows)
}

/// Whether there is any credential with which the API can be called.
pub async fn exist(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS(SELECT 1 FROM tbldeviceauth WHERE is_admin = 1 AND deleted_at IS NULL)")
        .fetch_one(db)
        .await
}
