//! `GetModuleConfigurationParameters`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::module_params::{ModuleParams, UNEXPECTED};
use crate::actions::words::modules::{UNKNOWN_NAME, UNKNOWN_TYPE, of_action};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::module::registry::Field;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::modules;

/// Returns the settings that a payment gateway, a registrar or a fraud check has, active or not; their values are never
/// returned. Of modules that this program does not know, these are the settings that are stored.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetModuleConfigurationParameters {
    #[serde(flatten)]
    module: ModuleParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetModuleConfigurationParametersReply {
    parameters: Vec<Parameter>,
}

#[derive(Debug, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameter {
    name: String,
    display_name: String,
    /// `text`, `password`, `yesno` or `textarea`.
    field_type: &'static str,
}

const NOT_SUPPORTED: &str = "Get module configuration parameters not supported by module type.";

impl Action for GetModuleConfigurationParameters {
    const NAME: &'static str = "GetModuleConfigurationParameters";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["moduleType", "moduleName"];
    const EXAMPLE: &'static str = r#"{"moduleType": "gateway", "moduleName": "paypal"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Prefix { text: UNKNOWN_TYPE, code: "invalid_module_type" },
        Exact(UNKNOWN_NAME),
        Exact(NOT_SUPPORTED),
        UNEXPECTED,
    ];
    type Reply = GetModuleConfigurationParametersReply;

    async fn run(self, call: Call<'_>) -> Result<GetModuleConfigurationParametersReply> {
        let (kind, name) = self.module.read()?;
        let found = modules::find(&mut call.context(), kind, &name).await;
        let module = found.map_err(|error| of_action(error, NOT_SUPPORTED, ""))?;
        let parameters = module.fields().into_iter().map(Parameter::from).collect();
        Ok(GetModuleConfigurationParametersReply { parameters })
    }
}

impl From<Field> for Parameter {
    fn from(field: Field) -> Parameter {
        Parameter { name: field.name, display_name: field.display_name, field_type: field.kind.name() }
    }
}
