//! Sessions of FOSSBilling's API, with their carts (`mod_whmcs_api_fossbilling_sessions`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, UserId};

const BEGIN: &str = "INSERT INTO mod_whmcs_api_fossbilling_sessions \
     (cookie_hash, client_id, user_id, password_sum, address, created_at, used_at, cart) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const END: &str = "DELETE FROM mod_whmcs_api_fossbilling_sessions WHERE id = ?";
const OLDER: &str = "SELECT CAST(id AS SIGNED) FROM mod_whmcs_api_fossbilling_sessions \
     WHERE client_id = ? AND (? = '' OR address = ?) ORDER BY id DESC LIMIT 1000 OFFSET ?";
const LOCK_CART: &str = "SELECT cart FROM mod_whmcs_api_fossbilling_sessions WHERE id = ? FOR UPDATE";
const SET_CART: &str = "UPDATE mod_whmcs_api_fossbilling_sessions SET cart = ?, used_at = ? WHERE id = ?";

/// A session that can be used.
#[derive(Debug)]
pub struct SessionRow {
    pub id: i64,
    /// 0 for a guest.
    pub client: ClientId,
    pub used_at: NaiveDateTime,
    pub cart: Option<String>,
}

from_row!(SessionRow { id, client, used_at, cart });

/// Finds a session by the sum of its cookie, if it was used and has begun since these times. That of a client is not found if
/// they are not active, or if the user who logged in has another password or is no longer the owner.
pub async fn find(
    db: &mut MySqlConnection,
    hash: [u8; 32],
    used_since: NaiveDateTime,
    begun_since: NaiveDateTime,
) -> sqlx::Result<Option<SessionRow>> {
    sqlx::query_as(
        "SELECT CAST(s.id AS SIGNED) AS id, CAST(s.client_id AS SIGNED) AS client, s.used_at, s.cart \
         FROM mod_whmcs_api_fossbilling_sessions s LEFT JOIN tblclients c ON c.id = s.client_id \
              LEFT JOIN tblusers u ON u.id = s.user_id \
         WHERE s.cookie_hash = ? AND s.used_at >= ? AND s.created_at >= ? \
           AND (s.client_id = 0 OR c.status = 'Active' AND UNHEX(SHA2(u.password, 256)) = s.password_sum \
                AND EXISTS(SELECT 1 FROM tblusers_clients r \
                           WHERE r.auth_user_id = s.user_id AND r.client_id = s.client_id AND r.owner <> 0))",
    )
    .bind(&hash[..])
    .bind(used_since)
    .bind(begun_since)
    .fetch_optional(db)
    .await
}

/// Stores when a session was used.
pub async fn store_use(db: &mut MySqlConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = "UPDATE mod_whmcs_api_fossbilling_sessions SET used_at = ? WHERE id = ?";
    sqlx::query(update).bind(now).bind(id).execute(db).await.map(drop)
}

/// A session to insert.
#[derive(Debug)]
pub struct NewSession<'a> {
    pub cookie_hash: [u8; 32],
    /// 0 for a guest.
    pub client: ClientId,
    pub user: UserId,
    /// The sum of the password as it is stored.
    pub password_sum: [u8; 32],
    pub address: &'a str,
    pub cart: Option<&'a str>,
}

/// Inserts a session.
pub async fn begin(tx: &mut Writer<'_>, new: NewSession<'_>) -> sqlx::Result<()> {
    let now = tx.now.utc();
    let insert = sqlx::query(BEGIN)
        .bind(new.cookie_hash.to_vec())
        .bind(new.client)
        .bind(new.user)
        .bind(new.password_sum.to_vec())
        .bind(new.address)
        .bind(now)
        .bind(now)
        .bind(new.cart);
    tx.execute(insert).await.map(drop)
}

/// Returns the sessions of a client, or else of guests from an address, but for so many of the newest.
pub async fn older(
    db: &mut MySqlConnection,
    client: ClientId,
    address: Option<&str>,
    newest: u32,
) -> sqlx::Result<Vec<i64>> {
    let address = address.unwrap_or_default();
    sqlx::query_scalar(OLDER).bind(client).bind(address).bind(address).bind(newest).fetch_all(db).await
}

/// Ends a session.
pub async fn end(tx: &mut Writer<'_>, id: i64) -> sqlx::Result<()> {
    tx.execute(sqlx::query(END).bind(id)).await.map(drop)
}

/// Reads the cart of a session, and locks it until the transaction ends. Returns `None` if there is no such session.
pub async fn lock_cart(db: &mut Lease, id: i64) -> sqlx::Result<Option<Option<String>>> {
    sqlx::query_scalar(LOCK_CART).bind(id).fetch_optional(db.locked()?).await
}

/// Replaces the cart of a session. Returns `false` if there is no such session.
pub async fn set_cart(tx: &mut Writer<'_>, id: i64, cart: Option<&str>) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_CART).bind(cart).bind(tx.now.utc()).bind(id)).await
}

/// A session in the list.
#[derive(Debug)]
pub struct ListedSession {
    pub id: i64,
    pub client: i64,
    pub address: String,
    pub created_at: NaiveDateTime,
    pub used_at: NaiveDateTime,
}

from_row!(ListedSession { id, client, address, created_at, used_at });

/// Returns the sessions of clients, or of one of them.
pub async fn list(db: &mut MySqlConnection, client: Option<i64>) -> sqlx::Result<Vec<ListedSession>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, CAST(client_id AS SIGNED) AS client, address, created_at, used_at \
         FROM mod_whmcs_api_fossbilling_sessions WHERE client_id <> 0 AND (? IS NULL OR client_id = ?) ORDER BY id",
    )
    .bind(client)
    .bind(client)
    .fetch_all(db)
    .await
}

/// Ends all sessions of a client, and returns their number.
pub async fn end_of_client(db: &mut MySqlConnection, client: i64) -> sqlx::Result<u64> {
    let delete = "DELETE FROM mod_whmcs_api_fossbilling_sessions WHERE client_id = ?";
    Ok(sqlx::query(delete).bind(client).execute(db).await?.rows_affected())
}

/// Deletes sessions that were not used since this time.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    let delete = "DELETE FROM mod_whmcs_api_fossbilling_sessions WHERE used_at < ?";
    sqlx::query(delete).bind(time).execute(db).await.map(drop)
}
