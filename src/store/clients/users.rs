//! Users (`tblusers`) and the clients that they may act for (`tblusers_clients`).

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::lease::Lease;
use crate::database::page::{Direction, ListStatement, Listed, Page};
use crate::database::sql::{BindForms, like_prefix, push_like};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, UserId};

const EMAIL_EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblusers WHERE email IN (?, ?, ?)";
const CREATE: &str = "INSERT INTO tblusers (first_name, last_name, email, password, language, second_factor, second_factor_config, \
                           remember_token, reset_token, security_question_id, security_question_answer, last_ip, \
                           last_hostname, email_verification_token, created_at, updated_at) \
     SELECT ?, ?, ?, ?, ?, '', '', '', '', 0, '', ?, '', '', ?, ? \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tblusers WHERE email IN (?, ?, ?))";
const FIND: &str = "SELECT CAST(id AS SIGNED) FROM tblusers WHERE id = ?";
const TOUCH: &str = "UPDATE tblusers SET updated_at = ? WHERE id = ?";
const OWNER: &str = "SELECT CAST(u.id AS SIGNED) FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id \
     WHERE r.client_id = ? AND r.owner <> 0 ORDER BY u.id LIMIT 1 FOR UPDATE";
const SET_EMAIL: &str = "UPDATE tblusers u LEFT JOIN tblusers other ON other.email IN (?, ?, ?) AND other.id <> u.id \
     SET u.email = ?, u.reset_token = '', u.updated_at = ? WHERE u.id = ? AND other.id IS NULL";
const MAKE_OWNER: &str = "INSERT INTO tblusers_clients (auth_user_id, client_id, invite_id, owner, permissions, created_at, updated_at) \
     VALUES (?, ?, 0, 1, '', ?, ?)";
const CREDENTIALS: &str = "SELECT CAST(id AS SIGNED) AS id, password AS password_hash, second_factor <> '' AS has_second_factor \
     FROM tblusers WHERE email IN (?, ?, ?) ORDER BY id LIMIT 1";
const DECOY: &str = "SELECT password FROM tblusers \
     WHERE id >= CRC32(?) / 4294967296 * (SELECT MAX(id) FROM tblusers) ORDER BY id LIMIT 1";
const RECORD_LOGIN: &str = "UPDATE tblusers SET last_login = ?, updated_at = ? WHERE id = ? AND password = ?";
const OWNER_LOGIN: &str = "SELECT CAST(u.id AS SIGNED) AS id, u.password AS password_hash, u.second_factor <> '' AS has_second_factor \
     FROM tblusers_clients r JOIN tblusers u ON u.id = r.auth_user_id \
     WHERE r.client_id = ? AND r.owner <> 0 ORDER BY u.id LIMIT 1";
const SET_PASSWORD: &str =
    "UPDATE tblusers SET password = ?, reset_token = '', updated_at = ? WHERE id = ? AND password = ?";
const ACCOUNT: &str =
    "SELECT CAST(id AS SIGNED) AS id, first_name, last_name, email, language FROM tblusers WHERE id = ?";
const ACCOUNT_BY_EMAIL: &str = "SELECT CAST(id AS SIGNED) AS id, first_name, last_name, email, language FROM tblusers \
     WHERE email IN (?, ?, ?) ORDER BY id LIMIT 1";
const UPDATE: &str = "UPDATE tblusers u LEFT JOIN tblusers other ON other.email IN (?, ?, ?) AND other.id <> u.id \
     SET u.first_name = COALESCE(?, u.first_name), u.last_name = COALESCE(?, u.last_name), \
         u.email = COALESCE(?, u.email), u.language = COALESCE(?, u.language), \
         u.email_verified_at = IF(?, NULL, u.email_verified_at), u.reset_token = IF(?, '', u.reset_token), \
         u.updated_at = ? \
     WHERE u.id = ? AND other.id IS NULL";
const SET_RESET_TOKEN: &str =
    "UPDATE tblusers SET reset_token = ?, reset_token_expiry = ?, updated_at = ? WHERE id = ?";

/// A user to insert.
#[derive(Debug)]
pub struct NewUser<'a> {
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub email: &'a str,
    pub password_hash: &'a str,
    pub language: &'a str,
    /// The network address that the request came from, or empty.
    pub address: &'a str,
}

/// Whether a user has this e-mail address.
pub async fn email_exists(db: &mut MySqlConnection, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(EMAIL_EXISTS).bind_forms(email).fetch_one(db).await
}

/// Inserts a user. Returns `None`, with nothing written, if another user has the e-mail address.
pub async fn create(tx: &mut Writer<'_>, new: &NewUser<'_>) -> sqlx::Result<Option<UserId>> {
    let utc = tx.now.utc();
    let insert = sqlx::query(CREATE)
        .bind(new.first_name)
        .bind(new.last_name)
        .bind(new.email)
        .bind(new.password_hash)
        .bind(new.language)
        .bind(new.address)
        .bind(utc)
        .bind(utc)
        .bind_forms(new.email);
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| UserId(done.last_insert_id().cast_signed())))
}

/// Returns the user's id, or `None` if the user does not exist.
pub async fn find(db: &mut MySqlConnection, id: UserId) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar(FIND).bind(id).fetch_optional(db).await
}

/// Updates a user's row, so that the transaction conflicts with a deletion of the user. Returns whether the row exists.
pub async fn touch(tx: &mut Writer<'_>, id: UserId) -> sqlx::Result<bool> {
    tx.change(sqlx::query(TOUCH).bind(tx.now.utc()).bind(id)).await
}

/// Locks the row of a client's owner until the transaction ends. Returns `None` if the client has no owner.
pub async fn lock_owner(db: &mut Lease, client: ClientId) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar(OWNER).bind(client).fetch_optional(db.locked()?).await
}

/// Changes a user's e-mail address. Returns `false`, with nothing written, if another user has it.
pub async fn set_email(tx: &mut Writer<'_>, id: UserId, email: &str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_EMAIL).bind_forms(email).bind(email).bind(tx.now.utc()).bind(id)).await
}

/// Makes a user the owner of a new client.
pub async fn make_owner(tx: &mut Writer<'_>, user: UserId, client: ClientId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(MAKE_OWNER).bind(user).bind(client).bind(utc).bind(utc);
    tx.execute(insert).await.map(|_| ())
}

/// A user who may act for a client.
#[derive(Debug)]
pub struct User {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub is_owner: bool,
}

/// The fields of a user that a login needs.
#[derive(Debug)]
pub struct UserLogin {
    pub id: UserId,
    pub password_hash: String,
    pub has_second_factor: bool,
}

from_row!(UserLogin { id, password_hash, has_second_factor });

/// Finds a user by e-mail address.
pub async fn credentials(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<UserLogin>> {
    sqlx::query_as(CREDENTIALS).bind_forms(email).fetch_optional(db).await
}

/// Finds the owner of a client.
pub async fn owner_login(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<UserLogin>> {
    sqlx::query_as(OWNER_LOGIN).bind(client).fetch_optional(db).await
}

/// Changes a user's password, and ends a link to choose one. Returns `false`, with nothing written, if the password has changed
/// meanwhile.
pub async fn set_password(tx: &mut Writer<'_>, user: &UserLogin, hash: &str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_PASSWORD).bind(hash).bind(tx.now.utc()).bind(user.id).bind(&user.password_hash)).await
}

/// The password hash of a random user, always the same for an address. Checking it for unknown addresses takes as long
/// as for known ones.
pub async fn decoy_hash(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(DECOY).bind(email.to_lowercase()).fetch_optional(db).await
}

/// Stores the time of a login. Returns `false`, with nothing written, if the password has changed meanwhile.
pub async fn record_login(tx: &mut Writer<'_>, user: &UserLogin) -> sqlx::Result<bool> {
    let change =
        sqlx::query(RECORD_LOGIN).bind(tx.now.local()).bind(tx.now.utc()).bind(user.id).bind(&user.password_hash);
    tx.change(change).await
}

/// A user with the fields that mails to them need.
#[derive(Debug, Clone)]
pub struct Account {
    pub id: UserId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    /// The language's full name, or empty for the operator's language.
    pub language: String,
}

from_row!(Account { id, first_name, last_name, email, language });

pub async fn account(db: &mut MySqlConnection, id: UserId) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(ACCOUNT).bind(id).fetch_optional(db).await
}

pub async fn account_by_email(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(ACCOUNT_BY_EMAIL).bind_forms(email).fetch_optional(db).await
}

/// The fields of a user to set; others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChanges {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub language: Option<String>,
}

/// Changes a user. Returns `false`, with nothing written, if another user has the e-mail address, or if the user is gone.
pub async fn update(
    tx: &mut Writer<'_>,
    id: UserId,
    changes: &UserChanges,
    ends_verification: bool,
) -> sqlx::Result<bool> {
    let update = sqlx::query(UPDATE)
        .bind_forms(changes.email.as_deref())
        .bind(changes.first_name.clone())
        .bind(changes.last_name.clone())
        .bind(changes.email.clone())
        .bind(changes.language.clone())
        .bind(ends_verification)
        .bind(ends_verification)
        .bind(tx.now.utc())
        .bind(id);
    tx.change(update).await
}

/// Stores the token with which a user can choose a new password until a time on the operator's clock. Returns `false` if the
/// user is gone.
pub async fn set_reset_token(
    tx: &mut Writer<'_>,
    id: UserId,
    token: &str,
    expiry: NaiveDateTime,
) -> sqlx::Result<bool> {
    let update = sqlx::query(SET_RESET_TOKEN).bind(token.to_owned()).bind(expiry).bind(tx.now.utc()).bind(id);
    tx.change(update).await
}

/// The hash of the password of a client's owner; `None` if the client has no owner.
pub async fn owner_hash(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT u.password FROM tblusers_clients m JOIN tblusers u ON u.id = m.auth_user_id \
         WHERE m.client_id = ? AND m.owner <> 0 ORDER BY u.id LIMIT 1",
    )
    .bind(client)
    .fetch_optional(db)
    .await
}

/// A row of a list of users.
#[derive(Debug)]
pub struct UserRow {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub created: String,
}

from_row!(UserRow { id, first_name, last_name, email, created });

/// Returns a page of users in the order of their ids. `search` is a prefix of the e-mail address, or of the first, last or
/// full name.
pub async fn list(
    db: &mut MySqlConnection,
    search: Option<&str>,
    direction: Direction,
    page: Page,
) -> sqlx::Result<Listed<UserRow>> {
    let order = match direction {
        Direction::Ascending => "ORDER BY tblusers.id",
        Direction::Descending => "ORDER BY tblusers.id DESC",
    };
    let statement = ListStatement {
        columns: "CAST(id AS SIGNED) AS id, first_name, last_name, email, \
                  COALESCE(CAST(created_at AS CHAR), '0000-00-00 00:00:00') AS created",
        table: "tblusers",
        joins: "",
        filter: &|query| search_for(query, search),
        order,
    };
    statement.read(db, page).await
}

fn search_for(query: &mut QueryBuilder<MySql>, search: Option<&str>) {
    if let Some(search) = search {
        let names = ["email", "first_name", "last_name", "CONCAT(first_name, ' ', last_name)"];
        push_like(query.push(" WHERE "), &names, search, like_prefix);
    }
}
