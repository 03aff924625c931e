//! What the actions have in common that ask a service's module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, ServiceId};
use crate::domain::module::Command;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::outbox::modules::{Arguments, Modules};
use crate::param::Param;
use crate::store;
use crate::store::services::module_calls::NewCall;
use crate::store::services::provisioning::Service;

/// What a module is told is kept as JSON, in a column of 65,535 bytes; a character may take six.
pub const MOST_ARGUMENT_BYTES: usize = 10_000;

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

/// Has the service's module do something. The reply is sent when it has, and what it says against it is the error. The
/// service changes only when it has; what failed is tried again as often as `module_queue` says, or until the next command
/// about the service.
pub async fn ask(call: Call<'_>, service: ServiceParam, command: Command, arguments: &Arguments) -> Result<Reply> {
    const NOT_FOUND: &str = "Service ID not found";
    let id = match service.serviceid {
        Param::Absent => service.accountid,
        id => id,
    };
    let id = id.required_or("Service ID is required", NOT_FOUND)?;
    let client = store::services::provisioning::client_of(call.db, id).await?.ok_or(Error::Refused(NOT_FOUND))?;
    store::clients::client::lock(call.db, client).await?;
    let service = store::services::provisioning::find(call.db, id).await?.ok_or(Error::Refused(NOT_FOUND))?;
    if service.module.is_empty() {
        return refuse("Service not assigned to a module");
    }
    require_set_up(call.modules, &service)?;
    let mut books = call.write(Subject::Client(client)).await?;
    write(&mut books, &service, None, command, arguments).await?;
    Ok(Reply {})
}

/// Refuses where this server does not know where the module is asked.
pub fn require_set_up(modules: &Modules, service: &Service) -> Result<()> {
    if modules.has(&service.module) {
        return Ok(());
    }
    let name = &service.module;
    refuse_as("module_not_found", format!("Module Not Found: this server's settings have no modules.{name}"))
}

/// What is told while a module is being asked about the same service.
pub const BUSY: &str = "The module is still busy with this service; please try again";

/// Writes down what the module is to be asked when the call is committed.
pub async fn write(
    books: &mut Writer<'_>,
    service: &Service,
    order: Option<OrderId>,
    command: Command,
    arguments: &Arguments,
) -> Result<()> {
    let not_written = |error: serde_json::Error| Error::Internal(error.to_string().into());
    let arguments = serde_json::to_string(arguments).map_err(not_written)?;
    let new = NewCall { service: service.id, order, module: &service.module, command, arguments: &arguments };
    if store::services::module_calls::add(books, &new).await? { Ok(()) } else { refuse(BUSY) }
}
