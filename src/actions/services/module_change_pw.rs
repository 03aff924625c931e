//! `ModuleChangePw`.

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
use crate::param::{Param, Password};

/// Sends the service's module the command to change the password.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ModuleChangePw {
    #[serde(flatten)]
    service: ServiceParam,
    /// The new password, which is stored once the module has changed it; by default, the stored password is sent again.
    servicepassword: Param<Password>,
}

impl Action for ModuleChangePw {
    const NAME: &'static str = "ModuleChangePw";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["serviceid"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "servicepassword": "ANewPassword"}"#;
    const ERRORS: &'static [DocumentedError] = module_command::ERRORS;
    type Reply = ModuleCommandReply;

    async fn run(self, call: Call<'_>) -> Result<ModuleCommandReply> {
        let password = self.servicepassword.text("servicepassword", MAX_ARGUMENT_BYTES)?;
        let password = Some(password).filter(|given| !given.is_empty());
        run_command(call, self.service, Command::ChangePassword, &Arguments { password, ..Arguments::default() }).await
    }
}
