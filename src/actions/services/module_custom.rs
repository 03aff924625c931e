//! `ModuleCustom`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::module_command::{ModuleCommandReply, NO_SERVICE, SERVICE_NOT_FOUND, ServiceParam, run_command};
use crate::actions::words::services::NO_MODULE;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::module::Command;
use crate::error::DocumentedError::{self, Exact, Never};
use crate::error::{Result, refuse};
use crate::outbox::modules::Arguments;
use crate::param::Param;

/// Has the service's module execute a function of its own, such as `reboot`. If the module reports an error, this is the
/// action's error, and the function is not tried again. As any command, it supersedes earlier ones about the service that
/// have failed and would be retried.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ModuleCustom {
    #[serde(flatten)]
    service: ServiceParam,
    /// The name of the function, without the name of the module.
    func_name: Param<String>,
}

/// WHMCS documents no error for a call without a function: this text is ours.
const NO_FUNCTION: &str = "Function name is required";
const NOT_A_FUNCTION: &str = "Function names have only letters, digits, hyphens and underscores";
/// Maximum length of the name, which is also a column of the module queue.
const NAME_BYTES: usize = 64;

impl Action for ModuleCustom {
    const NAME: &'static str = "ModuleCustom";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const RUNS_MODULES: bool = true;
    const REQUIRED: &[&str] = &["serviceid", "func_name"];
    const EXAMPLE: &'static str = r#"{"serviceid": 1, "func_name": "reboot"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_SERVICE),
        Exact(SERVICE_NOT_FOUND),
        Exact(NO_MODULE),
        Never { text: "Server response message", reason: "the documented text stands for the module's own message" },
    ];
    type Reply = ModuleCommandReply;

    async fn run(self, call: Call<'_>) -> Result<ModuleCommandReply> {
        let function = self.func_name.text("func_name", NAME_BYTES)?.trim().to_owned();
        let is_name = function.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        match self.service.is_sent() {
            true if function.is_empty() => return refuse(NO_FUNCTION),
            true if !is_name => return refuse(NOT_A_FUNCTION),
            _ => {}
        }
        let arguments = Arguments { function: Some(function), ..Arguments::default() };
        run_command(call, self.service, Command::Custom, &arguments).await
    }
}
