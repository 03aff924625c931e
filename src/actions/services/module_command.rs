//! What the actions have in common that ask a service's module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::respelled;
use crate::actions::words::services::NO_MODULE;
use crate::call::Call;
use crate::domain::id::ServiceId;
use crate::domain::module::Command;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::services::{Refusal, modules};
use crate::outbox::modules::Arguments;
use crate::param::Param;

const NO_SERVICE: &str = "Service ID is required";
const SERVICE_NOT_FOUND: &str = "Service ID not found";

/// What each of these actions documents.
pub const ERRORS: &[DocumentedError] = &[Exact(NO_SERVICE), Exact(SERVICE_NOT_FOUND), Exact(NO_MODULE)];

/// The service that its module is asked about.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ServiceParam {
    serviceid: Param<ServiceId>,
    /// Its name until WHMCS 7.7.
    accountid: Param<ServiceId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

/// Has the service's module do something. The reply is sent when it has, and what it says against it is the error.
pub async fn run_command(
    call: Call<'_>,
    service: ServiceParam,
    command: Command,
    arguments: &Arguments,
) -> Result<Reply> {
    let id = match service.serviceid {
        Param::Absent => service.accountid,
        id => id,
    };
    let id = id.required_or(NO_SERVICE, SERVICE_NOT_FOUND)?;
    let done = modules::run_command(call.context(), id, command, arguments).await;
    done.map_err(|error| respelled(error, &Refusal::ServiceNotFound, SERVICE_NOT_FOUND))?;
    Ok(Reply {})
}
