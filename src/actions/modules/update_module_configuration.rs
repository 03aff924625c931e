//! `UpdateModuleConfiguration`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::module_params::{ModuleParams, SettingParams, UNEXPECTED};
use crate::actions::words::modules::{UNKNOWN_NAME, UNKNOWN_TYPE, of_action};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::modules;

/// Changes settings of an active payment gateway, registrar or fraud check. Those that are not sent stay as they are.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateModuleConfiguration {
    #[serde(flatten)]
    module: ModuleParams,
    #[serde(flatten)]
    settings: SettingParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateModuleConfigurationReply {}

/// The documented text, which speaks of activation here, too.
const NOT_SUPPORTED: &str = "Module activation not supported by module type.";
const FAILED: &str = "Module Configuration Update Failed:";

impl Action for UpdateModuleConfiguration {
    const NAME: &'static str = "UpdateModuleConfiguration";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["moduleType", "moduleName"];
    const EXAMPLE: &'static str = r#"{"moduleType": "gateway", "moduleName": "banktransfer", "parameters": {"instructions": "IBAN: PT50 0002 0123 1234 5678 9015 4"}}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Prefix { text: UNKNOWN_TYPE, code: "invalid_module_type" },
        Exact(UNKNOWN_NAME),
        Exact(NOT_SUPPORTED),
        Prefix { text: FAILED, code: "module_not_active" },
        UNEXPECTED,
    ];
    type Reply = UpdateModuleConfigurationReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateModuleConfigurationReply> {
        let refused = |error| of_action(error, NOT_SUPPORTED, FAILED);
        let (kind, name) = self.module.read()?;
        let mut context = call.context();
        let module = modules::lock(&mut context, kind, &name).await.map_err(refused)?;
        modules::update(context, &module, &self.settings.read()?).await.map_err(refused)?;
        Ok(UpdateModuleConfigurationReply {})
    }
}
