//! Which users may act for which clients (`tblusers_clients`), and invitations to do so (`tbluser_invites`).

use serde_json::Value;
use sqlx::MySqlConnection;

use crate::database::sql::{BindForms, id_list};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::clients::permission::UserPermissions;
use crate::domain::id::{ClientId, UserId};

const FIND: &str = "SELECT EXISTS(SELECT 1 FROM tblusers WHERE id = ?) AS user_exists, \
            EXISTS(SELECT 1 FROM tblclients WHERE id = ?) AS client_exists, \
            m.owner <> 0 AS is_owner, COALESCE(m.permissions, '') AS permissions \
     FROM (SELECT 1) AS one LEFT JOIN tblusers_clients m ON m.auth_user_id = ? AND m.client_id = ? LIMIT 1";
const SET_PERMISSIONS: &str = "UPDATE tblusers_clients SET permissions = ?, updated_at = ? \
     WHERE auth_user_id = ? AND client_id = ? AND owner = 0";
const DELETE: &str = "DELETE FROM tblusers_clients WHERE auth_user_id = ? AND client_id = ? AND owner = 0";
/// Only the latest rows are searched, as most users of a large installation are owners without permissions.
const LATEST_PERMISSIONS: &str = "SELECT permissions FROM \
     (SELECT id, permissions FROM tblusers_clients ORDER BY id DESC LIMIT 1000) AS latest \
     WHERE permissions <> '' ORDER BY id DESC LIMIT 1";
const IS_MEMBER: &str = "SELECT COUNT(*) > 0 FROM tblusers_clients m JOIN tblusers u ON u.id = m.auth_user_id \
     WHERE m.client_id = ? AND u.email IN (?, ?, ?)";
const OPEN_INVITE: &str = "SELECT CAST(id AS SIGNED) FROM tbluser_invites \
     WHERE client_id = ? AND email IN (?, ?, ?) AND accepted_at IS NULL AND deleted_at IS NULL ORDER BY id DESC LIMIT 1";
const INVITE: &str = "INSERT INTO tbluser_invites (token, email, client_id, invited_by, invited_by_admin, permissions, created_at, \
                                  updated_at) \
     VALUES (?, ?, ?, ?, 1, ?, ?, ?)";
const RENEW_INVITE: &str = "UPDATE tbluser_invites SET token = ?, invited_by = ?, invited_by_admin = 1, permissions = ?, \
         created_at = ?, updated_at = ? WHERE id = ? AND accepted_at IS NULL AND deleted_at IS NULL";
const END_OTHER_INVITES: &str = "UPDATE tbluser_invites SET deleted_at = ? \
     WHERE client_id = ? AND email IN (?, ?, ?) AND accepted_at IS NULL AND deleted_at IS NULL AND id <> ?";

/// What a user may do for a client.
#[derive(Debug)]
pub struct Membership {
    pub user_exists: bool,
    pub client_exists: bool,
    /// `None` if the user may not act for the client at all.
    is_owner: Option<bool>,
    permissions: String,
}

from_row!(Membership { user_exists, client_exists, is_owner, permissions });

impl Membership {
    /// Whether the user may act for the client at all.
    pub fn is_member(&self) -> bool {
        self.is_owner.is_some()
    }

    pub fn is_owner(&self) -> bool {
        self.is_owner == Some(true)
    }

    pub fn permissions(&self) -> UserPermissions {
        if self.is_owner() { UserPermissions::all() } else { parse(&self.permissions) }
    }
}

/// Looks up what a user may do for a client, neither of whom need exist.
pub async fn find(db: &mut MySqlConnection, user: UserId, client: ClientId) -> sqlx::Result<Membership> {
    sqlx::query_as(FIND).bind(user).bind(client).bind(user).bind(client).fetch_one(db).await
}

/// How permissions are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionsForm {
    /// `products,tickets`
    List,
    /// `["products","tickets"]`
    Json,
    /// `{"products":true,"tickets":true}`
    Flags,
}

impl PermissionsForm {
    fn of(stored: &str) -> PermissionsForm {
        match serde_json::from_str(stored) {
            Ok(Value::Array(_)) => PermissionsForm::Json,
            Ok(Value::Object(_)) => PermissionsForm::Flags,
            _ => PermissionsForm::List,
        }
    }

    /// Returns permissions as they are stored.
    pub fn write(self, permissions: &UserPermissions) -> String {
        let names = permissions.names();
        match self {
            PermissionsForm::List => names.join(","),
            PermissionsForm::Json => Value::from(names).to_string(),
            PermissionsForm::Flags => {
                names.iter().map(|name| ((*name).to_owned(), Value::Bool(true))).collect::<Value>().to_string()
            }
        }
    }
}

/// Reads permissions in any form.
fn parse(stored: &str) -> UserPermissions {
    match serde_json::from_str(stored) {
        Ok(Value::Array(names)) => UserPermissions::named(names.iter().filter_map(Value::as_str)),
        Ok(Value::Object(flags)) => {
            let set = flags.iter().filter(|(_, flag)| is_set(flag)).map(|(name, _)| name.as_str());
            UserPermissions::named(set)
        }
        _ => UserPermissions::named(stored.split(',')),
    }
}

fn is_set(flag: &Value) -> bool {
    match flag {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0"),
        _ => false,
    }
}

/// The form of the permissions that were stored last; `None` if there are none.
pub async fn latest_form(db: &mut MySqlConnection) -> sqlx::Result<Option<PermissionsForm>> {
    let latest: Option<String> = sqlx::query_scalar(LATEST_PERMISSIONS).fetch_optional(db).await?;
    Ok(latest.map(|stored| PermissionsForm::of(&stored)))
}

/// Replaces the permissions of a user who is no owner. Returns `false` if there is none.
pub async fn set_permissions(
    tx: &mut Writer<'_>,
    user: UserId,
    client: ClientId,
    permissions: &str,
) -> sqlx::Result<bool> {
    let update = sqlx::query(SET_PERMISSIONS).bind(permissions.to_owned()).bind(tx.now.utc()).bind(user).bind(client);
    Ok(tx.execute(update).await?.rows_affected() > 0)
}

/// Ends that a user who is no owner may act for a client. Returns `false` if there is none.
pub async fn delete(tx: &mut Writer<'_>, user: UserId, client: ClientId) -> sqlx::Result<bool> {
    Ok(tx.execute(sqlx::query(DELETE).bind(user).bind(client)).await?.rows_affected() > 0)
}

/// A client for whom a user may act.
#[derive(Debug)]
pub struct ClientOfUser {
    pub user: i64,
    pub client: i64,
    pub is_owner: bool,
}

from_row!(ClientOfUser { user, client, is_owner });

/// Returns the clients of these users, ordered by the client's id.
pub async fn clients_of(db: &mut MySqlConnection, users: impl Iterator<Item = i64>) -> sqlx::Result<Vec<ClientOfUser>> {
    sqlx::query_as(
        "SELECT CAST(m.auth_user_id AS SIGNED) AS user, CAST(m.client_id AS SIGNED) AS client, m.owner <> 0 AS is_owner \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblusers_clients m ON m.auth_user_id = wanted.id ORDER BY m.client_id, m.id",
    )
    .bind(id_list(users))
    .fetch_all(db)
    .await
}

/// Whether a user with this e-mail address may act for a client.
pub async fn is_member(db: &mut MySqlConnection, client: ClientId, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_MEMBER).bind(client).bind_forms(email).fetch_one(db).await
}

/// The id of the open invitation of an address to act for a client.
pub async fn open_invite(db: &mut MySqlConnection, client: ClientId, email: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(OPEN_INVITE).bind(client).bind_forms(email).fetch_optional(db).await
}

/// An invitation to store.
#[derive(Debug)]
pub struct NewInvite<'i> {
    pub client: ClientId,
    pub email: &'i str,
    /// As it is stored, which may be its hash.
    pub token: &'i str,
    pub permissions: &'i str,
}

/// Adds an invitation, or gives an open one a new token, new permissions, and as much time as a new one has. Others that are open
/// for the same address end.
pub async fn invite(tx: &mut Writer<'_>, new: &NewInvite<'_>, open: Option<i64>) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let (token, permissions) = (new.token.to_owned(), new.permissions.to_owned());
    if let Some(id) = open {
        let renew = sqlx::query(RENEW_INVITE).bind(token.clone()).bind(tx.author.admin).bind(permissions.clone());
        if tx.change(renew.bind(utc).bind(utc).bind(id)).await? {
            let others = sqlx::query(END_OTHER_INVITES).bind(utc).bind(new.client).bind_forms(new.email).bind(id);
            return tx.execute(others).await.map(|_| ());
        }
    }
    let insert = sqlx::query(INVITE)
        .bind(token)
        .bind(new.email.to_owned())
        .bind(new.client)
        .bind(tx.author.admin)
        .bind(permissions)
        .bind(utc)
        .bind(utc);
    tx.execute(insert).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_in_every_form_and_written_in_that_of_others() {
        for (stored, names, form) in [
            ("products,tickets", vec!["products", "tickets"], PermissionsForm::List),
            (r#"["products","tickets"]"#, vec!["products", "tickets"], PermissionsForm::Json),
            (r#"{"products":true,"tickets":true}"#, vec!["products", "tickets"], PermissionsForm::Flags),
            (
                r#"{"tickets":"1","products":1,"orders":0,"emails":"","quotes":false,"fly":1}"#,
                vec!["products", "tickets"],
                PermissionsForm::Flags,
            ),
            ("", vec![], PermissionsForm::List),
            ("[]", vec![], PermissionsForm::Json),
            ("1", vec![], PermissionsForm::List),
        ] {
            let permissions = parse(stored);
            assert_eq!(permissions.names(), names, "{stored}");
            assert_eq!(PermissionsForm::of(stored), form, "{stored}");
            assert_eq!(parse(&form.write(&permissions)), permissions, "{stored}");
        }
        let permissions = UserPermissions::named(["tickets", "products"]);
        assert_eq!(PermissionsForm::List.write(&permissions), "products,tickets");
        assert_eq!(PermissionsForm::Json.write(&permissions), r#"["products","tickets"]"#);
        assert_eq!(PermissionsForm::Flags.write(&permissions), r#"{"products":true,"tickets":true}"#);
    }
}
