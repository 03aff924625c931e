//! What OAuth credentials of the grant type client_credentials may call (`mod_whmcs_api_oauth_grants`), and the tokens that they get
//! (`mod_whmcs_api_oauth_tokens`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::OAuthCredentialId;

const GRANT: &str = "INSERT INTO mod_whmcs_api_oauth_grants (credential_id, maker_id, actions) VALUES (?, ?, ?)";
const CHANGE: &str = "UPDATE mod_whmcs_api_oauth_grants SET actions = ? WHERE credential_id = ?";
const REVOKE: &str = "DELETE FROM mod_whmcs_api_oauth_grants WHERE credential_id = ?";
const END: &str = "DELETE FROM mod_whmcs_api_oauth_tokens WHERE credential_id = ?";
const MAKER: &str = "SELECT CAST(maker_id AS SIGNED) FROM mod_whmcs_api_oauth_grants WHERE credential_id = ?";

/// Lets a credential call actions, as far as the API credential that made it may call them.
pub async fn grant(tx: &mut Writer<'_>, id: OAuthCredentialId, maker: i64, actions: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(GRANT).bind(id).bind(maker).bind(actions.to_owned())).await.map(drop)
}

/// Replaces the actions that a credential may call.
pub async fn change(tx: &mut Writer<'_>, id: OAuthCredentialId, actions: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(CHANGE).bind(actions.to_owned()).bind(id)).await.map(drop)
}

/// Ends what a credential may call.
pub async fn revoke(tx: &mut Writer<'_>, id: OAuthCredentialId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(REVOKE).bind(id)).await.map(drop)
}

/// Ends the tokens of a credential.
pub async fn end(tx: &mut Writer<'_>, id: OAuthCredentialId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(END).bind(id)).await.map(drop)
}

/// The API credential that made a credential; `None` if that is not of this grant type.
pub async fn maker(db: &mut MySqlConnection, id: OAuthCredentialId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(MAKER).bind(id).fetch_optional(db).await
}

/// The actions that a credential may call, separated by spaces.
#[derive(Debug)]
pub struct Granted {
    pub credential: i64,
    pub actions: String,
}

from_row!(Granted { credential, actions });

/// Returns what these credentials may call.
pub async fn granted(db: &mut MySqlConnection, ids: impl Iterator<Item = i64>) -> sqlx::Result<Vec<Granted>> {
    sqlx::query_as(
        "SELECT CAST(g.credential_id AS SIGNED) AS credential, g.actions \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN mod_whmcs_api_oauth_grants g ON g.credential_id = wanted.id",
    )
    .bind(id_list(ids))
    .fetch_all(db)
    .await
}

/// A credential that asks for a token.
#[derive(Debug)]
pub struct TokenClient {
    pub id: i64,
    pub identifier: String,
    /// As it is stored.
    pub secret: String,
    pub actions: String,
    /// The identifier of the API credential that made it.
    pub maker: String,
}

from_row!(TokenClient { id, identifier, secret, actions, maker });

pub async fn client(db: &mut MySqlConnection, identifier: &str) -> sqlx::Result<Option<TokenClient>> {
    let found: Option<TokenClient> = sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED) AS id, c.identifier, c.secret, g.actions, d.identifier AS maker \
         FROM tbloauthserver_clients c JOIN mod_whmcs_api_oauth_grants g ON g.credential_id = c.id \
         JOIN tbldeviceauth d ON d.id = g.maker_id WHERE c.identifier = ? ORDER BY c.id LIMIT 1",
    )
    .bind(identifier.to_owned())
    .fetch_optional(db)
    .await?;
    // The database may consider `Sync` and `sync ` equal.
    Ok(found.filter(|found| found.identifier == identifier))
}

/// Stores a token with the actions that it was asked for.
pub async fn create(
    db: &mut MySqlConnection,
    hash: [u8; 32],
    credential: i64,
    actions: &str,
    expires: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mod_whmcs_api_oauth_tokens (token_hash, credential_id, actions, expires_at) VALUES (?, ?, ?, ?)",
    )
    .bind(hash.to_vec())
    .bind(credential)
    .bind(actions.to_owned())
    .bind(expires)
    .execute(db)
    .await
    .map(drop)
}

/// A token that has not expired.
#[derive(Debug)]
pub struct Token {
    /// The identifier of the OAuth credential.
    pub identifier: String,
    /// The actions that it was asked for.
    pub actions: String,
    /// The actions that the credential has now.
    pub granted: String,
    /// The identifier of the API credential that made the OAuth credential.
    pub maker: String,
}

from_row!(Token { identifier, actions, granted, maker });

pub async fn find(db: &mut MySqlConnection, hash: [u8; 32], now: NaiveDateTime) -> sqlx::Result<Option<Token>> {
    sqlx::query_as(
        "SELECT c.identifier, t.actions, g.actions AS granted, d.identifier AS maker FROM mod_whmcs_api_oauth_tokens t \
         JOIN mod_whmcs_api_oauth_grants g ON g.credential_id = t.credential_id \
         JOIN tbloauthserver_clients c ON c.id = t.credential_id JOIN tbldeviceauth d ON d.id = g.maker_id \
         WHERE t.token_hash = ? AND t.expires_at > ?",
    )
    .bind(hash.to_vec())
    .bind(now)
    .fetch_optional(db)
    .await
}

/// Deletes tokens that have expired.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mod_whmcs_api_oauth_tokens WHERE expires_at < ?").bind(time).execute(db).await.map(drop)
}
