//! `GetConfigurationValue`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::system::{NO_SETTING, SETTING_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::system;
use crate::param::Param;

/// Returns one of WHMCS's settings (`tblconfiguration`).
///
/// Passwords, keys and other secrets are not told: a setting counts as missing if its name is like that of a secret, such as one with
/// `pass`, `secret`, `token`, `key`, `auth` or `smtp`, unless `compat.configuration_readable` names it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetConfigurationValue {
    /// The name, such as `CompanyName`, in any case.
    setting: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetConfigurationValueReply {
    /// The name as it is stored.
    setting: String,
    value: String,
}

impl Action for GetConfigurationValue {
    const NAME: &'static str = "GetConfigurationValue";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["setting"];
    const EXAMPLE: &'static str = r#"{"setting": "SystemURL"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_SETTING), Exact(SETTING_NOT_FOUND)];
    type Reply = GetConfigurationValueReply;

    async fn run(self, call: Call<'_>) -> Result<GetConfigurationValueReply> {
        let name = self.setting.required(NO_SETTING)?;
        let setting = system::setting(call.db, &name, call.compat).await?;
        Ok(GetConfigurationValueReply { setting: setting.name, value: setting.value })
    }
}
