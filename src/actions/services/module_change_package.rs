//! `ModuleChangePackage`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::module_command::{self, ModuleCommandReply, ServiceParam, run_command};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::module::Command;
use crate::error::DocumentedError;
use crate::error::Result;
use crate::outbox::modules::Arguments;

/// Sends the service's module the command to apply the current product and configurable options.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ModuleChangePackage {
    #[serde(flatten)]
    service: ServiceParam,
}

impl Action for ModuleChangePackage {
    const NAME: &'static str = "ModuleChangePackage";
    const ACCESS: Access = Access::Write;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1}"#;
    const ERRORS: &'static [DocumentedError] = module_command::ERRORS;
    type Reply = ModuleCommandReply;

    async fn run(self, call: Call<'_>) -> Result<ModuleCommandReply> {
        run_command(call, self.service, Command::ChangePackage, &Arguments::default()).await
    }
}
