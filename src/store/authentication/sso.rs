//! Tokens for single sign-on (`mod_whmcs_api_sso_tokens`), and whom they may log in.

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, DomainId, ServiceId, UserId};

const CLIENT: &str =
    "SELECT status = 'Closed' AS is_closed, allow_sso <> 0 AS allows_single_sign_on FROM tblclients WHERE id = ?";
const OWNER: &str = "SELECT CAST(u.id AS SIGNED) FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id \
     WHERE r.client_id = ? AND r.owner <> 0 ORDER BY u.id LIMIT 1";
const SERVICE: &str = "SELECT CAST(h.userid AS SIGNED) FROM tblhosting h \
     WHERE h.id = ? AND EXISTS(SELECT 1 FROM tblusers_clients m WHERE m.client_id = h.userid AND m.auth_user_id = ?)";
const DOMAIN: &str = "SELECT CAST(d.userid AS SIGNED) FROM tbldomains d \
     WHERE d.id = ? AND EXISTS(SELECT 1 FROM tblusers_clients m WHERE m.client_id = d.userid AND m.auth_user_id = ?)";
const CREATE: &str = "INSERT INTO mod_whmcs_api_sso_tokens (token_hash, user_id, client_id, destination, related_id, path, created_at, \
                                            expires_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const FIND: &str = "SELECT id, CAST(user_id AS SIGNED) AS user, CAST(client_id AS SIGNED) AS client, destination, \
            CAST(related_id AS SIGNED) AS related, path \
     FROM mod_whmcs_api_sso_tokens WHERE token_hash = ? AND used_at IS NULL AND expires_at > ?";
const CLIENTS: &str = "SELECT CAST(c.id AS SIGNED) AS id, m.owner <> 0 AS is_owner, c.status = 'Closed' AS is_closed, \
            c.allow_sso <> 0 AS allows_single_sign_on \
     FROM tblusers_clients m JOIN tblclients c ON c.id = m.client_id WHERE m.auth_user_id = ? ORDER BY c.id";
const LOGGED_IN: &str = "UPDATE tblusers SET last_login = ?, last_ip = ?, updated_at = ? WHERE id = ?";
const USE: &str = "UPDATE mod_whmcs_api_sso_tokens SET used_at = ? WHERE id = ? AND used_at IS NULL";

/// Whether users may be logged in for a client at all.
#[derive(Debug)]
pub struct Access {
    pub is_closed: bool,
    pub allows_single_sign_on: bool,
}

from_row!(Access { is_closed, allows_single_sign_on });

pub async fn client(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<Access>> {
    sqlx::query_as(CLIENT).bind(id).fetch_optional(db).await
}

/// The owner of a client, if there is one.
pub async fn owner(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar(OWNER).bind(client).fetch_optional(db).await
}

/// The client of a service, if the user may act for that client.
pub async fn client_of_service(
    db: &mut MySqlConnection,
    service: ServiceId,
    user: UserId,
) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(SERVICE).bind(service).bind(user).fetch_optional(db).await
}

/// The client of a domain, if the user may act for that client.
pub async fn client_of_domain(
    db: &mut MySqlConnection,
    domain: DomainId,
    user: UserId,
) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(DOMAIN).bind(domain).bind(user).fetch_optional(db).await
}

/// A token to store.
#[derive(Debug)]
pub struct NewToken<'t> {
    pub hash: [u8; 32],
    pub user: UserId,
    /// `None` if the user chooses one.
    pub client: Option<ClientId>,
    pub destination: &'t str,
    /// The service or domain that the destination is about, or 0.
    pub related: i64,
    pub path: &'t str,
    /// In UTC.
    pub expires: NaiveDateTime,
}

pub async fn create(tx: &mut Writer<'_>, new: &NewToken<'_>) -> sqlx::Result<()> {
    let insert = sqlx::query(CREATE)
        .bind(new.hash.to_vec())
        .bind(new.user)
        .bind(new.client.unwrap_or(ClientId(0)))
        .bind(new.destination.to_owned())
        .bind(new.related)
        .bind(new.path.to_owned())
        .bind(tx.now.utc())
        .bind(new.expires);
    tx.execute(insert).await.map(drop)
}

/// A token that can be used.
#[derive(Debug)]
pub struct Token {
    pub id: i64,
    pub user: i64,
    /// 0 if the user chooses one.
    pub client: i64,
    pub destination: String,
    pub related: i64,
    pub path: String,
}

from_row!(Token { id, user, client, destination, related, path });

/// Finds a token that was not used and has not expired.
pub async fn find(db: &mut MySqlConnection, hash: [u8; 32], now: NaiveDateTime) -> sqlx::Result<Option<Token>> {
    sqlx::query_as(FIND).bind(hash.to_vec()).bind(now).fetch_optional(db).await
}

/// A client for whom a user may act.
#[derive(Debug)]
pub struct ClientOfUser {
    pub id: i64,
    pub is_owner: bool,
    pub is_closed: bool,
    pub allows_single_sign_on: bool,
}

from_row!(ClientOfUser { id, is_owner, is_closed, allows_single_sign_on });

pub async fn clients(db: &mut MySqlConnection, user: UserId) -> sqlx::Result<Vec<ClientOfUser>> {
    sqlx::query_as(CLIENTS).bind(user).fetch_all(db).await
}

/// Records that a user has logged in from this address.
pub async fn record_login(tx: &mut Writer<'_>, user: UserId) -> sqlx::Result<()> {
    let (local, utc, address) = (tx.now.local(), tx.now.utc(), tx.author.address.clone());
    tx.execute(sqlx::query(LOGGED_IN).bind(local).bind(address).bind(utc).bind(user)).await.map(drop)
}

/// Uses a token up. Returns `false` if it was used before.
pub async fn use_up(tx: &mut Writer<'_>, id: i64) -> sqlx::Result<bool> {
    tx.change(sqlx::query(USE).bind(tx.now.utc()).bind(id)).await
}

/// Deletes tokens that expired before this time.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mod_whmcs_api_sso_tokens WHERE expires_at < ?").bind(time).execute(db).await.map(drop)
}
