//! `ModuleSuspend`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::module_command::{self, ModuleCommandReply, ServiceParam, run_command};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::module::Command;
use crate::error::DocumentedError;
use crate::error::Result;
use crate::operations::services::modules::MAX_ARGUMENT_BYTES;
use crate::outbox::modules::Arguments;
use crate::param::Param;

/// Sends the service's module the command to suspend it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ModuleSuspend {
    #[serde(flatten)]
    service: ServiceParam,
    /// The reason, which the client sees.
    suspendreason: Param<String>,
}

impl Action for ModuleSuspend {
    const NAME: &'static str = "ModuleSuspend";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "suspendreason": "Overdue"}"#;
    const ERRORS: &'static [DocumentedError] = module_command::ERRORS;
    type Reply = ModuleCommandReply;

    async fn run(self, call: Call<'_>) -> Result<ModuleCommandReply> {
        let suspend_reason = self.suspendreason.text("suspendreason", MAX_ARGUMENT_BYTES)?;
        let suspend_reason = Some(suspend_reason).filter(|given| !given.is_empty());
        run_command(call, self.service, Command::Suspend, &Arguments { suspend_reason, ..Arguments::default() }).await
    }
}
