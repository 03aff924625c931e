//! What the actions have in common that ask a service's module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::respelled;
use crate::call::Call;
use crate::domain::id::ServiceId;
use crate::domain::module::Command;
use crate::error::Result;
use crate::operations::services::{Refusal, modules};
use crate::outbox::modules::Arguments;
use crate::param::Param;

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
    const NOT_FOUND: &str = "Service ID not found";
    let id = match service.serviceid {
        Param::Absent => service.accountid,
        id => id,
    };
    let id = id.required_or("Service ID is required", NOT_FOUND)?;
    let done = modules::run_command(call.context(), id, command, arguments).await;
    done.map_err(|error| respelled(error, &Refusal::ServiceNotFound, NOT_FOUND))?;
    Ok(Reply {})
}
