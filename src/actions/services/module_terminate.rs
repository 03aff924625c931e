//! `ModuleTerminate`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::module_command::{self, ModuleCommandReply, ServiceParam, run_command};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::module::Command;
use crate::error::DocumentedError;
use crate::error::Result;
use crate::outbox::modules::Arguments;

/// Sends the service's module the command to terminate it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ModuleTerminate {
    #[serde(flatten)]
    service: ServiceParam,
}

impl Action for ModuleTerminate {
    const NAME: &'static str = "ModuleTerminate";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1}"#;
    const ERRORS: &'static [DocumentedError] = module_command::ERRORS;
    type Reply = ModuleCommandReply;

    async fn run(self, call: Call<'_>) -> Result<ModuleCommandReply> {
        run_command(call, self.service, Command::Terminate, &Arguments::default()).await
    }
}
