//! `ActivateModule`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::module_params::{ModuleParams, SettingParams, UNEXPECTED};
use crate::actions::words::modules::{UNKNOWN_NAME, UNKNOWN_TYPE, of_action};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::modules;

/// Activates a payment gateway, as the last in the operator's order. Modules of other types are those in the settings of
/// this server.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ActivateModule {
    #[serde(flatten)]
    module: ModuleParams,
    #[serde(flatten)]
    settings: SettingParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ActivateModuleReply {}

const NOT_SUPPORTED: &str = "Module activation not supported by module type.";
const FAILED: &str = "Failed to activate:";

impl Action for ActivateModule {
    const NAME: &'static str = "ActivateModule";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["moduleType", "moduleName"];
    const EXAMPLE: &'static str =
        r#"{"moduleType": "gateway", "moduleName": "mailin", "parameters": {"FriendlyName": "Check by mail"}}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Prefix { text: UNKNOWN_TYPE, code: "invalid_module_type" },
        Exact(UNKNOWN_NAME),
        Exact(NOT_SUPPORTED),
        Prefix { text: FAILED, code: "module_already_active" },
        UNEXPECTED,
    ];
    type Reply = ActivateModuleReply;

    async fn run(self, call: Call<'_>) -> Result<ActivateModuleReply> {
        let refused = |error| of_action(error, NOT_SUPPORTED, FAILED);
        let (kind, name) = self.module.read()?;
        let mut context = call.context();
        let gateway = modules::lock(&mut context, kind, &name).await.map_err(refused)?;
        modules::activate(context, &gateway, &self.settings.read()?).await.map_err(refused)?;
        Ok(ActivateModuleReply {})
    }
}
