//! `GetClientPassword`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store;

/// Returns the hash of the password of a client's owner, or of the user with an e-mail address.
///
/// Callers to whom `access.secret_readers` tells no secrets get an empty text. WHMCS has deprecated this action: to check a
/// password, use ValidateLogin.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetClientPassword {
    /// The client's id.
    userid: Param<ClientId>,
    /// The e-mail address of a user, or else of a client, instead of `userid`.
    email: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetClientPasswordReply {
    /// A hash of bcrypt or Argon2id; empty if there is no password.
    password: String,
}

impl Action for GetClientPassword {
    const NAME: &'static str = "GetClientPassword";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"userid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND)];
    type Reply = GetClientPasswordReply;

    async fn run(self, call: Call<'_>) -> Result<GetClientPasswordReply> {
        let hash = match self.userid.filter().filter(|_| self.userid.is_sent()) {
            Some(client) if store::clients::client::exists(call.db, client).await? => {
                store::clients::users::owner_hash(call.db, client).await?
            }
            Some(_) => return refuse(CLIENT_NOT_FOUND),
            None => {
                let email = self.email.required(CLIENT_NOT_FOUND)?;
                match store::clients::users::credentials(call.db, email.trim()).await? {
                    Some(user) => Some(user.password_hash),
                    None => match store::clients::client::by_email(call.db, email.trim()).await? {
                        Some(client) => store::clients::users::owner_hash(call.db, client).await?,
                        None => return refuse(CLIENT_NOT_FOUND),
                    },
                }
            }
        };
        Ok(GetClientPasswordReply { password: hash.filter(|_| call.tells_secrets).unwrap_or_default() })
    }
}
