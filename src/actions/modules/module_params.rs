//! The parameters that the actions about modules share: a type, a name, and settings.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::modules::{UNKNOWN_NAME, UNKNOWN_TYPE};
use crate::domain::module::registry::ModuleKind;
use crate::error::DocumentedError::{self, Never};
use crate::error::{Result, refuse_as};
use crate::param::{NestedHtml, Param};

/// An error that is documented and cannot occur here.
pub const UNEXPECTED: DocumentedError =
    Never { text: "An unexpected error occurred:", reason: "unexpected failures return an internal error" };

/// The module that an action is about.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModuleParams {
    /// `gateway`, `registrar`, `fraud` or `notification`. WHMCS's other types of modules cannot be managed here.
    module_type: Param<String>,
    /// The name of the module, such as `paypal`, in any case.
    module_name: Param<String>,
}

impl ModuleParams {
    pub fn read(self) -> Result<(ModuleKind, String)> {
        let kind = self.module_type.lenient().and_then(|name| ModuleKind::parse(&name));
        let Some(kind) = kind else {
            return refuse_as("invalid_module_type", format!("{UNKNOWN_TYPE} {}", ModuleKind::names()));
        };
        Ok((kind, self.module_name.required(UNKNOWN_NAME)?))
    }
}

/// Settings of a module.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SettingParams {
    /// Settings by name, as GetModuleConfigurationParameters lists them; `parameters[email]=…` in a form. Unknown ones are
    /// ignored. Notifications have none: they are in the settings of this server.
    parameters: Param<NestedHtml>,
}

impl SettingParams {
    /// Returns the settings with their names. Values that are no text, number or flag are left out.
    pub fn read(self) -> Result<Vec<(String, String)>> {
        let Some(NestedHtml(settings)) = self.parameters.optional("parameters must be an array")? else {
            return Ok(Vec::new());
        };
        let text = |value: Json| match value {
            Json::String(text) => Some(text),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(flag) => Some(if flag { "1" } else { "" }.to_owned()),
            Json::Null => Some(String::new()),
            Json::Array(_) | Json::Object(_) => None,
        };
        let pairs = settings.pairs("parameters")?.into_iter();
        Ok(pairs.filter_map(|(name, value)| Some((name, text(value)?))).collect())
    }
}
