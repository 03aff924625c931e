//! The keys with which programs call FOSSBilling's API (`mod_whmcs_api_fossbilling_keys`), and the secret with which the hashes
//! of invoices are made (`mod_whmcs_api_fossbilling_secrets`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ClientId;

/// Which client a key stands for, and from where keys may be sent.
#[derive(Debug, Default)]
pub struct ClientKey {
    /// `None` if the key is unknown, not that of a client, or that of one who is not active.
    pub client: Option<ClientId>,
    /// The setting `APIAllowedIPs`, if it exists.
    pub allowed_addresses: Option<String>,
}

from_row!(ClientKey { client, allowed_addresses });

/// Finds the active client with a key, by the key's SHA-256 sum. The key of an administrator is looked up with its credential
/// (`store::system::credentials`).
pub async fn find_client(db: &mut MySqlConnection, hash: [u8; 32]) -> sqlx::Result<ClientKey> {
    sqlx::query_as(
        "SELECT (SELECT CAST(c.id AS SIGNED) \
                 FROM mod_whmcs_api_fossbilling_keys k JOIN tblclients c ON c.id = k.client_id AND c.status = 'Active' \
                 WHERE k.key_hash = ?) AS client, \
                (SELECT value FROM tblconfiguration WHERE setting = 'APIAllowedIPs' LIMIT 1) AS allowed_addresses",
    )
    .bind(hash.to_vec())
    .fetch_one(db)
    .await
}

/// A key in the list.
#[derive(Debug)]
pub struct ListedKey {
    pub id: i64,
    pub identifier: String,
    pub client: i64,
    pub created_at: NaiveDateTime,
}

from_row!(ListedKey { id, identifier, client, created_at });

/// Returns all keys.
pub async fn list(db: &mut MySqlConnection) -> sqlx::Result<Vec<ListedKey>> {
    sqlx::query_as(
        "SELECT CAST(k.id AS SIGNED) AS id, COALESCE(d.identifier, '') AS identifier, CAST(k.client_id AS SIGNED) AS client, \
                k.created_at \
         FROM mod_whmcs_api_fossbilling_keys k LEFT JOIN tbldeviceauth d ON d.id = k.credential_id ORDER BY k.id",
    )
    .fetch_all(db)
    .await
}

/// Adds the key of an administrator, who is an API credential, or of a client. One of both ids is 0.
pub async fn create(
    db: &mut MySqlConnection,
    hash: [u8; 32],
    credential: i64,
    client: ClientId,
    at: NaiveDateTime,
) -> sqlx::Result<i64> {
    let insert = "INSERT INTO mod_whmcs_api_fossbilling_keys (key_hash, credential_id, client_id, created_at) \
                  VALUES (?, ?, ?, ?)";
    let done = sqlx::query(insert).bind(&hash[..]).bind(credential).bind(client).bind(at).execute(db).await?;
    Ok(done.last_insert_id().cast_signed())
}

/// Revokes a key. Returns `false` if there is none with this id.
pub async fn revoke(db: &mut MySqlConnection, id: i64) -> sqlx::Result<bool> {
    let delete = "DELETE FROM mod_whmcs_api_fossbilling_keys WHERE id = ?";
    Ok(sqlx::query(delete).bind(id).execute(db).await?.rows_affected() == 1)
}

/// Replaces all keys of a client by one.
pub async fn replace_of_client(tx: &mut Writer<'_>, client: ClientId, hash: [u8; 32]) -> sqlx::Result<()> {
    tx.execute(sqlx::query("DELETE FROM mod_whmcs_api_fossbilling_keys WHERE client_id = ?").bind(client)).await?;
    let insert = "INSERT INTO mod_whmcs_api_fossbilling_keys (key_hash, credential_id, client_id, created_at) \
                  VALUES (?, 0, ?, ?)";
    let at = tx.now.utc();
    tx.execute(sqlx::query(insert).bind(hash.to_vec()).bind(client).bind(at)).await.map(drop)
}

/// Returns the secret with which the hashes of invoices are made; `None` before the first start of a server that may write.
pub async fn secret(db: &mut MySqlConnection) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar("SELECT secret FROM mod_whmcs_api_fossbilling_secrets WHERE id = 1").fetch_optional(db).await
}

/// Stores a secret, unless there is one.
pub async fn keep_secret(db: &mut MySqlConnection, secret: [u8; 32]) -> sqlx::Result<()> {
    let insert = "INSERT IGNORE INTO mod_whmcs_api_fossbilling_secrets (id, secret) VALUES (1, ?)";
    sqlx::query(insert).bind(&secret[..]).execute(db).await.map(drop)
}
