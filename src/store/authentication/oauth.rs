//! OAuth credentials (`tbloauthserver_clients`) and their scopes.

use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::page::Direction;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{OAuthCredentialId, ServiceId};

const SCOPES: &str = "SELECT CAST(id AS SIGNED) AS id, scope AS name FROM tbloauthserver_scopes ORDER BY id";
const CREATE: &str = "INSERT INTO tbloauthserver_clients (identifier, secret, redirect_uri, grant_types, user_id, service_id, name, \
                                         description, logo_uri, rsa_key_pair_id, created_at, updated_at) \
     VALUES (?, '', ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)";
const SET_SECRET: &str = "UPDATE tbloauthserver_clients SET secret = ?, updated_at = ? WHERE id = ?";
const UPDATE: &str = "UPDATE tbloauthserver_clients SET name = COALESCE(?, name), description = COALESCE(?, description), \
         grant_types = COALESCE(?, grant_types), service_id = COALESCE(?, service_id), user_id = COALESCE(?, user_id), \
         logo_uri = COALESCE(?, logo_uri), redirect_uri = COALESCE(?, redirect_uri), updated_at = ? WHERE id = ?";
const GRANT: &str = "INSERT INTO tbloauthserver_client_scopes (client_id, scope_id) VALUES (?, ?)";
const REVOKE_ALL: &str = "DELETE FROM tbloauthserver_client_scopes WHERE client_id = ?";
const DELETE: &str = "DELETE FROM tbloauthserver_clients WHERE id = ?";
const FIND: &str = "SELECT CAST(id AS SIGNED) AS id, name, secret, CAST(service_id AS SIGNED) AS service \
     FROM tbloauthserver_clients WHERE id = ?";
const FIND_BY_IDENTIFIER: &str =
    "SELECT CAST(id AS SIGNED) FROM tbloauthserver_clients WHERE BINARY identifier = ? LIMIT 1";
const SERVICE_CLIENT: &str = "SELECT CAST(h.userid AS SIGNED) AS client, c.id IS NOT NULL AS client_exists FROM tblhosting h \
     LEFT JOIN tblclients c ON c.id = h.userid WHERE h.id = ?";

/// A scope that a credential can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    pub id: i64,
    pub name: String,
}

from_row!(Scope { id, name });

pub async fn scopes(db: &mut MySqlConnection) -> sqlx::Result<Vec<Scope>> {
    sqlx::query_as(SCOPES).fetch_all(db).await
}

/// The fields of a credential, apart from its secret.
#[derive(Debug, Default)]
pub struct NewCredential {
    pub identifier: String,
    pub grant: &'static str,
    /// The client of the service; empty for none.
    pub user: String,
    /// 0 for none.
    pub service: i64,
    pub name: String,
    pub description: String,
    pub logo: String,
    /// Separated by spaces.
    pub redirects: String,
}

pub async fn create(tx: &mut Writer<'_>, new: NewCredential) -> sqlx::Result<OAuthCredentialId> {
    let utc = tx.now.utc();
    let insert = sqlx::query(CREATE)
        .bind(new.identifier)
        .bind(new.redirects)
        .bind(new.grant)
        .bind(new.user)
        .bind(new.service)
        .bind(new.name)
        .bind(new.description)
        .bind(new.logo)
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await.map(OAuthCredentialId)
}

/// Stores the sealed secret of a credential.
pub async fn set_secret(tx: &mut Writer<'_>, id: OAuthCredentialId, sealed: &str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_SECRET).bind(sealed.to_owned()).bind(tx.now.utc()).bind(id)).await
}

/// The fields of a credential to set; others stay.
#[derive(Debug, Default)]
pub struct CredentialChanges {
    pub name: Option<String>,
    pub description: Option<String>,
    pub grant: Option<&'static str>,
    pub service: Option<i64>,
    pub user: Option<String>,
    pub logo: Option<String>,
    pub redirects: Option<String>,
}

pub async fn update(tx: &mut Writer<'_>, id: OAuthCredentialId, changes: CredentialChanges) -> sqlx::Result<bool> {
    let update = sqlx::query(UPDATE)
        .bind(changes.name)
        .bind(changes.description)
        .bind(changes.grant)
        .bind(changes.service)
        .bind(changes.user)
        .bind(changes.logo)
        .bind(changes.redirects)
        .bind(tx.now.utc())
        .bind(id);
    tx.change(update).await
}

/// Gives a credential these scopes, and no others.
pub async fn set_scopes(tx: &mut Writer<'_>, id: OAuthCredentialId, scopes: &[Scope]) -> sqlx::Result<()> {
    tx.execute(sqlx::query(REVOKE_ALL).bind(id)).await?;
    for scope in scopes {
        tx.execute(sqlx::query(GRANT).bind(id).bind(scope.id)).await?;
    }
    Ok(())
}

/// Deletes a credential with its scopes. Returns `false` if it does not exist.
pub async fn delete(tx: &mut Writer<'_>, id: OAuthCredentialId) -> sqlx::Result<bool> {
    tx.execute(sqlx::query(REVOKE_ALL).bind(id)).await?;
    tx.change(sqlx::query(DELETE).bind(id)).await
}

/// A credential that is to be changed.
#[derive(Debug)]
pub struct Stored {
    pub id: OAuthCredentialId,
    pub name: String,
    /// As it is stored.
    pub secret: String,
    pub service: i64,
}

from_row!(Stored { id, name, secret, service });

pub async fn find(db: &mut MySqlConnection, id: OAuthCredentialId) -> sqlx::Result<Option<Stored>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

pub async fn by_identifier(db: &mut MySqlConnection, identifier: &str) -> sqlx::Result<Option<OAuthCredentialId>> {
    sqlx::query_scalar(FIND_BY_IDENTIFIER).bind(identifier.to_owned()).fetch_optional(db).await
}

/// The client of a service.
#[derive(Debug)]
pub struct ServiceClient {
    pub client: i64,
    pub client_exists: bool,
}

from_row!(ServiceClient { client, client_exists });

/// Returns the client of a service; `None` if there is no such service.
pub async fn client_of_service(db: &mut MySqlConnection, service: ServiceId) -> sqlx::Result<Option<ServiceClient>> {
    sqlx::query_as(SERVICE_CLIENT).bind(service).fetch_optional(db).await
}

/// A credential in a list.
#[derive(Debug)]
pub struct CredentialRow {
    pub id: i64,
    pub name: String,
    pub description: String,
    pub grant_types: String,
    /// Separated by spaces.
    pub scopes: String,
    pub identifier: String,
    /// As it is stored.
    pub secret: String,
    pub service: i64,
    pub logo: String,
    pub redirects: String,
    pub key_pair: i64,
    pub created: String,
    pub updated: String,
}

from_row!(CredentialRow {
    id,
    name,
    description,
    grant_types,
    scopes,
    identifier,
    secret,
    service,
    logo,
    redirects,
    key_pair,
    created,
    updated
});

/// The column by which credentials are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CredentialSort {
    #[default]
    Id,
    Name,
    Created,
    Updated,
}

/// Returns credentials, of one grant type if it is given, at most `limit` of them.
pub async fn list(
    db: &mut MySqlConnection,
    grant: Option<String>,
    sort: CredentialSort,
    direction: Direction,
    limit: Option<u32>,
) -> sqlx::Result<Vec<CredentialRow>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(c.id AS SIGNED) AS id, c.name, c.description, c.grant_types, \
                COALESCE((SELECT GROUP_CONCAT(s.scope ORDER BY g.id SEPARATOR ' ') FROM tbloauthserver_client_scopes g \
                          JOIN tbloauthserver_scopes s ON s.id = g.scope_id WHERE g.client_id = c.id), '') AS scopes, \
                c.identifier, c.secret, CAST(c.service_id AS SIGNED) AS service, c.logo_uri AS logo, \
                c.redirect_uri AS redirects, CAST(c.rsa_key_pair_id AS SIGNED) AS key_pair, \
                COALESCE(CAST(c.created_at AS CHAR), '') AS created, COALESCE(CAST(c.updated_at AS CHAR), '') AS updated \
         FROM tbloauthserver_clients c",
    );
    if let Some(grant) = grant {
        query.push(" WHERE FIND_IN_SET(").push_bind(grant).push(", REPLACE(c.grant_types, ' ', ',')) > 0");
    }
    query.push(match sort {
        CredentialSort::Id => " ORDER BY c.id",
        CredentialSort::Name => " ORDER BY c.name",
        CredentialSort::Created => " ORDER BY c.created_at",
        CredentialSort::Updated => " ORDER BY c.updated_at",
    });
    query.push(match direction {
        Direction::Ascending => ", c.id",
        Direction::Descending => " DESC, c.id DESC",
    });
    if let Some(limit) = limit {
        query.push(" LIMIT ").push_bind(limit);
    }
    query.build_query_as().fetch_all(db).await
}
