//! The parameters, errors and execution that all actions with a module command share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::services::NO_MODULE;
use crate::actions::words::with_text;
use crate::call::Call;
use crate::domain::id::ServiceId;
use crate::domain::module::Command;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::services::{Refusal, modules};
use crate::outbox::modules::Arguments;
use crate::param::Param;

pub const NO_SERVICE: &str = "Service ID is required";
pub const SERVICE_NOT_FOUND: &str = "Service ID not found";

/// The documented errors of each of these actions.
pub const ERRORS: &[DocumentedError] = &[Exact(NO_SERVICE), Exact(SERVICE_NOT_FOUND), Exact(NO_MODULE)];

/// The service whose module gets the command.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ServiceParam {
    serviceid: Param<ServiceId>,
    /// The name of `serviceid` until WHMCS 7.7.
    accountid: Param<ServiceId>,
}

impl ServiceParam {
    pub fn is_sent(&self) -> bool {
        self.serviceid.is_sent() || self.accountid.is_sent()
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ModuleCommandReply {}

/// Sends a command to the service's module. The reply is sent once the module has executed the command; if the module
/// reports an error, this is the action's error.
pub async fn run_command(
    call: Call<'_>,
    service: ServiceParam,
    command: Command,
    arguments: &Arguments,
) -> Result<ModuleCommandReply> {
    let id = service.serviceid.or(service.accountid).required_or(NO_SERVICE, SERVICE_NOT_FOUND)?;
    let done = modules::run_command(call.context(), id, command, arguments).await;
    done.map_err(|error| with_text(error, &Refusal::ServiceNotFound, SERVICE_NOT_FOUND))?;
    Ok(ModuleCommandReply {})
}
