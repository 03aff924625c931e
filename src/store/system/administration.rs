//! Credentials, roles and staff for the operator's commands. These run outside any call, so without a
//! [`crate::database::writer::Writer`].

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sqlx::mysql::MySqlConnection;

use crate::database::values::from_row;

/// A credential with the fields of the operator's list.
#[derive(Debug)]
pub struct CredentialRow {
    pub id: i64,
    pub identifier: String,
    pub description: String,
    /// The member of staff that it belongs to; empty if they were deleted or disabled, so that it is unusable.
    pub admin: String,
    /// As stored: `[1,2]`, `["1","2"]` or `1,2`.
    pub role_ids: String,
    pub is_disabled: bool,
    pub is_deleted: bool,
    pub allowed_addresses: String,
    /// Its own rate limits; 0 for none, `None` for those of the settings.
    pub per_minute: Option<u32>,
    pub per_day: Option<u32>,
    /// Whether agents may write with it, and the most that one call and all of a day may change in the books.
    pub agent_writes: bool,
    pub agent_limit: Option<Decimal>,
    pub agent_daily: Option<Decimal>,
    pub expires_at: Option<NaiveDateTime>,
    pub previous_until: Option<NaiveDateTime>,
    /// UTC; all zeros if it was never used.
    pub last_access: String,
}

from_row!(CredentialRow {
    id,
    identifier,
    description,
    admin,
    role_ids,
    is_disabled,
    is_deleted,
    allowed_addresses,
    per_minute,
    per_day,
    agent_writes,
    agent_limit,
    agent_daily,
    expires_at,
    previous_until,
    last_access
});

/// Returns the credentials of all staff, deleted ones included.
pub async fn credentials(db: &mut MySqlConnection) -> sqlx::Result<Vec<CredentialRow>> {
    sqlx::query_as(
        "SELECT CAST(d.id AS SIGNED) AS id, d.identifier, d.description, COALESCE(a.username, '') AS admin, d.role_ids, \
                COALESCE(o.disabled, 0) AS is_disabled, \
                d.deleted_at IS NOT NULL AND d.deleted_at >= '1970-01-02' AS is_deleted, \
                COALESCE(o.allowed_addresses, '') AS allowed_addresses, l.per_minute, l.per_day, \
                COALESCE(g.may_write, 0) <> 0 AS agent_writes, g.call_limit AS agent_limit, g.day_limit AS agent_daily, o.expires_at, \
                o.previous_until, \
                CAST(d.last_access AS CHAR) AS last_access \
         FROM tbldeviceauth d LEFT JOIN tbladmins a ON a.id = d.user_id AND a.disabled = 0 \
         LEFT JOIN mod_whmcs_api_credentials o ON o.credential_id = d.id \
         LEFT JOIN mod_whmcs_api_rate_limits l ON l.credential_id = d.id \
         LEFT JOIN mod_whmcs_api_agents g ON g.credential_id = d.id \
         WHERE d.is_admin = 1 ORDER BY d.id",
    )
    .fetch_all(db)
    .await
}

/// The two hashes of a secret: of the secret itself, and of its MD5 sum.
#[derive(Debug)]
pub struct SecretHashes {
    pub secret: String,
    pub compat_secret: String,
}

pub async fn create_credential(
    db: &mut MySqlConnection,
    identifier: &str,
    hashes: &SecretHashes,
    admin: i64,
    now: NaiveDateTime,
) -> sqlx::Result<i64> {
    let inserted = sqlx::query(
        "INSERT INTO tbldeviceauth (identifier, secret, compat_secret, user_id, is_admin, role_ids, description, \
                                    last_access, created_at, updated_at) \
         VALUES (?, ?, ?, ?, 1, '[]', '', '0000-00-00 00:00:00', ?, ?)",
    )
    .bind(identifier)
    .bind(&hashes.secret)
    .bind(&hashes.compat_secret)
    .bind(admin)
    .bind(now)
    .bind(now)
    .execute(db)
    .await?;
    Ok(inserted.last_insert_id().cast_signed())
}

pub async fn set_roles(db: &mut MySqlConnection, credential: i64, roles: &[i64]) -> sqlx::Result<()> {
    let roles = crate::database::sql::id_list(roles.iter().copied());
    let update = sqlx::query("UPDATE tbldeviceauth SET role_ids = ? WHERE id = ?").bind(roles).bind(credential);
    update.execute(db).await.map(|_| ())
}

pub async fn set_description(db: &mut MySqlConnection, credential: i64, description: &str) -> sqlx::Result<()> {
    let update = sqlx::query("UPDATE tbldeviceauth SET description = ? WHERE id = ?").bind(description);
    update.bind(credential).execute(db).await.map(|_| ())
}

/// Creates the credential's row in our own table if it is missing.
async fn ensure_own_row(db: &mut MySqlConnection, credential: i64) -> sqlx::Result<()> {
    let insert = "INSERT INTO mod_whmcs_api_credentials (credential_id, allowed_addresses) VALUES (?, '') \
                  ON DUPLICATE KEY UPDATE credential_id = credential_id";
    sqlx::query(insert).bind(credential).execute(db).await.map(|_| ())
}

pub async fn set_allowed_addresses(db: &mut MySqlConnection, credential: i64, list: &str) -> sqlx::Result<()> {
    ensure_own_row(db, credential).await?;
    let update = sqlx::query("UPDATE mod_whmcs_api_credentials SET allowed_addresses = ? WHERE credential_id = ?");
    update.bind(list).bind(credential).execute(db).await.map(|_| ())
}

pub async fn set_expiry(db: &mut MySqlConnection, credential: i64, end: Option<NaiveDateTime>) -> sqlx::Result<()> {
    ensure_own_row(db, credential).await?;
    let update = sqlx::query("UPDATE mod_whmcs_api_credentials SET expires_at = ? WHERE credential_id = ?");
    update.bind(end).bind(credential).execute(db).await.map(|_| ())
}

/// Sets the limit of a credential's calls in a minute; 0 for none, `None` for that of the settings.
pub async fn set_limit_per_minute(db: &mut MySqlConnection, credential: i64, calls: Option<u32>) -> sqlx::Result<()> {
    let upsert = "INSERT INTO mod_whmcs_api_rate_limits (credential_id, per_minute) VALUES (?, ?) \
                  ON DUPLICATE KEY UPDATE per_minute = VALUES(per_minute)";
    sqlx::query(upsert).bind(credential).bind(calls).execute(db).await.map(|_| ())
}

/// Sets the limit of a credential's calls in a day; 0 for none, `None` for that of the settings.
pub async fn set_limit_per_day(db: &mut MySqlConnection, credential: i64, calls: Option<u32>) -> sqlx::Result<()> {
    let upsert = "INSERT INTO mod_whmcs_api_rate_limits (credential_id, per_day) VALUES (?, ?) \
                  ON DUPLICATE KEY UPDATE per_day = VALUES(per_day)";
    sqlx::query(upsert).bind(credential).bind(calls).execute(db).await.map(|_| ())
}

pub async fn set_disabled(db: &mut MySqlConnection, credential: i64, is_disabled: bool) -> sqlx::Result<()> {
    ensure_own_row(db, credential).await?;
    let update = sqlx::query("UPDATE mod_whmcs_api_credentials SET disabled = ? WHERE credential_id = ?");
    update.bind(is_disabled).bind(credential).execute(db).await.map(|_| ())
}

/// Replaces the secret of a credential. The previous one is accepted until `previous_until`; without it, its hashes are
/// not kept, nor are those of an earlier rotation.
pub async fn rotate(
    db: &mut MySqlConnection,
    credential: i64,
    hashes: &SecretHashes,
    previous_until: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    ensure_own_row(db, credential).await?;
    let is_kept = previous_until.is_some();
    sqlx::query(
        "UPDATE mod_whmcs_api_credentials o JOIN tbldeviceauth d ON d.id = o.credential_id \
         SET o.previous_secret = CASE WHEN ? THEN d.secret ELSE '' END, \
             o.previous_compat_secret = CASE WHEN ? THEN d.compat_secret ELSE '' END, o.previous_until = ? \
         WHERE d.id = ?",
    )
    .bind(is_kept)
    .bind(is_kept)
    .bind(previous_until)
    .bind(credential)
    .execute(&mut *db)
    .await?;
    sqlx::query("UPDATE tbldeviceauth SET secret = ?, compat_secret = ?, updated_at = ? WHERE id = ?")
        .bind(&hashes.secret)
        .bind(&hashes.compat_secret)
        .bind(now)
        .bind(credential)
        .execute(db)
        .await
        .map(|_| ())
}

/// Marks a credential as deleted, as WHMCS does: its row stays for other rows that refer to it.
pub async fn delete_credential(db: &mut MySqlConnection, credential: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = sqlx::query("UPDATE tbldeviceauth SET deleted_at = ? WHERE id = ?").bind(now).bind(credential);
    update.execute(db).await.map(|_| ())
}

#[derive(Debug)]
pub struct Role {
    pub id: i64,
    pub name: String,
    pub description: String,
    /// JSON.
    pub permissions: String,
}

from_row!(Role { id, name, description, permissions });

pub async fn roles(db: &mut MySqlConnection) -> sqlx::Result<Vec<Role>> {
    let statement =
        "SELECT CAST(id AS SIGNED) AS id, role AS name, description, permissions FROM tblapi_roles ORDER BY id";
    sqlx::query_as(statement).fetch_all(db).await
}

pub async fn create_role(
    db: &mut MySqlConnection,
    name: &str,
    description: &str,
    permissions: &str,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let insert =
        "INSERT INTO tblapi_roles (role, description, permissions, created_at, updated_at) VALUES (?, ?, ?, ?, ?)";
    let insert = sqlx::query(insert).bind(name).bind(description).bind(permissions).bind(now).bind(now);
    insert.execute(db).await.map(|_| ())
}

/// Sets the permissions of a role. Returns `false`, with nothing changed, if the role has changed since it was read.
pub async fn set_permissions(
    db: &mut MySqlConnection,
    role: &Role,
    permissions: &str,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let update = "UPDATE tblapi_roles SET permissions = ?, updated_at = ? WHERE id = ? AND permissions = ?";
    let update = sqlx::query(update).bind(permissions).bind(now).bind(role.id).bind(&role.permissions);
    Ok(update.execute(db).await?.rows_affected() == 1)
}

pub async fn delete_role(db: &mut MySqlConnection, role: i64) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM tblapi_roles WHERE id = ?").bind(role).execute(db).await.map(|_| ())
}

/// Returns the id and user name of each member of staff who is not disabled.
pub async fn staff(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String)>> {
    let statement = "SELECT CAST(id AS SIGNED), username FROM tbladmins WHERE disabled = 0 ORDER BY id";
    sqlx::query_as(statement).fetch_all(db).await
}

/// Creates a member of staff who owns credentials and cannot log in.
pub async fn create_staff(db: &mut MySqlConnection, name: &str, now: NaiveDateTime) -> sqlx::Result<i64> {
    let insert = "INSERT INTO tbladmins (roleid, username, authmodule, authdata, firstname, lastname, email, signature, \
                      notes, template, language, disabled, loginattempts, supportdepts, ticketnotifications, homewidgets, \
                      password_reset_data, hidden_widgets, widget_order, created_at, updated_at) \
                  VALUES (1, ?, '', '', '', '', '', '', '', '', '', 0, 0, '', '', '', '', '', '', ?, ?)";
    let inserted = sqlx::query(insert).bind(name).bind(now).bind(now).execute(db).await?;
    Ok(inserted.last_insert_id().cast_signed())
}
