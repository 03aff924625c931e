//! Who is calling, and what they may call.

mod verifier;

use serde_json::{Map, Value};
use sqlx::MySqlConnection;
use tracing::warn;

use crate::domain::Author;
use crate::error::{Error, Result};
use crate::store;
use crate::store::credentials::{self, Credential};
use crate::wire::Parameters;

pub use verifier::Verifier;

/// What a request says of who sends it.
pub struct Login<'p> {
    identifier: &'p str,
    secret: &'p str,
}

impl<'p> Login<'p> {
    /// `identifier` and `secret`, or the same pair in `username` and `password`. Empty ones count as not sent.
    pub fn of(parameters: &'p Parameters) -> Result<Login<'p>> {
        let pair = |identifier, secret| Some((parameters.text(identifier)?, parameters.text(secret)?));
        let (identifier, secret) =
            pair("identifier", "secret").or_else(|| pair("username", "password")).ok_or(Error::NotAuthenticated)?;
        Ok(Login { identifier, secret })
    }

    /// Looks for the credential. Whether there is one shows only when the claim is verified.
    pub async fn look_up(&self, db: &mut MySqlConnection) -> Result<Claim<'p>> {
        let roles = match credentials::find(db, self.identifier).await {
            // Characters that the column cannot even be compared with.
            Err(error) if store::is_unfit_value(&error) => Vec::new(),
            roles => roles?,
        };
        Ok(Claim { secret: self.secret, roles })
    }
}

/// A secret, and the credential that it is claimed to belong to: a row for each role, none where there is none.
pub struct Claim<'p> {
    secret: &'p str,
    roles: Vec<Credential>,
}

impl Claim<'_> {
    /// The caller, once the claim has been verified.
    pub fn caller(self, address: &str) -> Result<Caller> {
        let credential = self.roles.first().ok_or(Error::NotAuthenticated)?;
        let author =
            Author { admin: credential.admin, name: credential.admin_name.clone(), address: address.to_owned() };
        Ok(Caller { author, roles: self.roles })
    }
}

/// Somebody whose secret was right.
pub struct Caller {
    pub author: Author,
    roles: Vec<Credential>,
}

impl Caller {
    /// Whether one of the caller's roles includes the action.
    pub fn may_call(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.roles.iter().any(|role| permits(role, &action))
    }
}

fn permits(role: &Credential, action: &str) -> bool {
    let Some(permissions) = &role.permissions else { return false };
    match serde_json::from_str::<Map<String, Value>>(permissions) {
        Ok(permissions) => permissions.get(action).is_some_and(is_ticked),
        Err(error) => {
            warn!(credential = role.id, %error, "a role's permissions in tblapi_roles are no JSON object");
            false
        }
    }
}

fn is_ticked(permission: &Value) -> bool {
    match permission {
        Value::Bool(ticked) => *ticked,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::String(text) => !matches!(text.as_str(), "" | "0"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AdminId;

    fn role(permissions: &str) -> Credential {
        Credential {
            id: 1,
            identifier: String::new(),
            secret: String::new(),
            admin: AdminId(1),
            admin_name: String::new(),
            permissions: Some(permissions.to_owned()),
        }
    }

    #[test]
    fn a_role_permits_what_is_ticked() {
        for ticked in ["1", "true", "\"1\"", "\"on\""] {
            assert!(permits(&role(&format!("{{\"addcredit\":{ticked}}}")), "addcredit"), "{ticked}");
        }
        for not in [
            r#"{"addcredit":0}"#,
            r#"{"addcredit":"0"}"#,
            r#"{"addcredit":null}"#,
            r#"{"getcredits":1}"#,
            "{}",
            "[]",
            "",
        ] {
            assert!(!permits(&role(not), "addcredit"), "{not}");
        }
    }
}
