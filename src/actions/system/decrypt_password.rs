//! `DecryptPassword`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::{Error, Result};
use crate::operations::authentication;
use crate::param::{Param, Password};

/// Decrypts a text that EncryptPassword has encrypted, on this server or on another one with the same key, or that is the stored
/// password of a service (`tblhosting.password`). An empty text stays one.
///
/// It is for callers to whom `access.secret_readers` tells secrets: by default, those who may call an action that writes. What
/// a WHMCS has encrypted cannot be read, and is rejected; to have the WHMCS decrypt it, name this action in
/// `upstream.actions`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DecryptPassword {
    /// The encrypted text.
    password2: Param<Password>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DecryptPasswordReply {
    password: String,
}

impl Action for DecryptPassword {
    const NAME: &'static str = "DecryptPassword";
    const ACCESS: Access = Access::Read;
    const IS_LOCAL: bool = true;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"password2": ""}"#;
    type Reply = DecryptPasswordReply;

    async fn run(self, call: Call<'_>) -> Result<DecryptPasswordReply> {
        if !call.tells_secrets {
            return Err(Error::NotPermitted(Self::NAME.to_lowercase()));
        }
        let password = match self.password2.lenient() {
            Some(Password(sealed)) => authentication::unseal(call.keyring, &sealed)?,
            None => String::new(),
        };
        Ok(DecryptPasswordReply { password })
    }
}
