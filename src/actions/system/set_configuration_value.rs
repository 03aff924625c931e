//! `SetConfigurationValue`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::system::{NO_SETTING, SETTING_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::system;
use crate::param::{Clearable, Param};

/// Changes one of WHMCS's settings (`tblconfiguration`).
///
/// WHMCS allows that to programs on its own machine only, and answers everybody else as this server does by default: `API
/// Command Restricted to Internal API`. `compat.configuration_writable` names the settings that can be changed. A setting that
/// does not exist is not added.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SetConfigurationValue {
    /// The name, such as `CompanyName`, in any case.
    setting: Param<String>,
    /// The new value, which may be empty.
    #[schemars(with = "String")]
    value: Clearable<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct SetConfigurationValueReply {
    /// Whether the value was another one.
    value_changed: bool,
}

const NO_VALUE: &str = "Parameter value is required";

impl Action for SetConfigurationValue {
    const NAME: &'static str = "SetConfigurationValue";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["setting", "value"];
    const EXAMPLE: &'static str = r#"{"setting": "InvoicePayTo", "value": "Atlantic Hosting, Lisboa"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_SETTING), Exact(SETTING_NOT_FOUND), Exact(NO_VALUE)];
    type Reply = SetConfigurationValueReply;

    async fn run(self, call: Call<'_>) -> Result<SetConfigurationValueReply> {
        system::check_writable(call.compat)?;
        let name = self.setting.required(NO_SETTING)?;
        let value = self.value.text("value", TEXT_BYTES)?;
        if value.is_none() {
            // A setting that does not exist, or is secret, is rejected first.
            system::setting(call.db, &name, call.compat).await?;
        }
        let value = value.ok_or(Error::Refused(NO_VALUE))?;
        Ok(SetConfigurationValueReply { value_changed: system::set_setting(call.context(), &name, &value).await? })
    }
}
