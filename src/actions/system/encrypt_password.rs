//! `EncryptPassword`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::Result;
use crate::operations::authentication;
use crate::param::{Param, Password};

/// Encrypts a text with the key of the operator (`keys.file`), so that only DecryptPassword of this server, and of others with
/// that key, can read it. The same text differs each time.
///
/// In a database of this server's own, the result may be stored as the password of a service (`tblhosting.password`) or as the
/// password or access hash of a server (`tblservers`): modules get the text. It is not that of a WHMCS, whose form no public
/// document tells, and which cannot read it. To have a WHMCS encrypt for you, name this action in `upstream.actions`.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct EncryptPassword {
    /// The text; by default, an empty one.
    password2: Param<Password>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct EncryptPasswordReply {
    /// The encrypted text.
    password: String,
}

impl Action for EncryptPassword {
    const NAME: &'static str = "EncryptPassword";
    const ACCESS: Access = Access::Read;
    const IS_LOCAL: bool = true;
    const EXAMPLE: &'static str = r#"{"password2": "teststring"}"#;
    type Reply = EncryptPasswordReply;

    async fn run(self, call: Call<'_>) -> Result<EncryptPasswordReply> {
        let text = self.password2.text("password2", TEXT_BYTES)?;
        Ok(EncryptPasswordReply { password: authentication::seal(call.keyring, &text)? })
    }
}
