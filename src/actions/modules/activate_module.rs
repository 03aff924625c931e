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

/// Activates a module: a payment gateway, as the last in the operator's order; a registrar; or a fraud check or an endpoint of
/// notifications of this server's settings.
///
/// Only one fraud check is active: the others in the settings are deactivated. What the settings name is active at first.
/// Registrars and fraud checks are not sent their settings: their credentials belong to the endpoint.
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
        let module = modules::lock(&mut context, kind, &name).await.map_err(refused)?;
        modules::activate(context, &module, &self.settings.read()?).await.map_err(refused)?;
        Ok(ActivateModuleReply {})
    }
}
