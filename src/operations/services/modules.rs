//! Commands to provisioning modules about services.

use super::{Refusal, Result, passwords};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, ServiceId};
use crate::domain::module::Command;
use crate::operations::Context;
use crate::outbox::kind::random_request_id;
use crate::outbox::modules::{Arguments, Modules};
use crate::store;
use crate::store::services::module_calls::NewCall;

/// Maximum length of a text in the arguments of a command: they are stored as JSON in a column of 65,535 bytes, where a
/// character may take six.
pub const MAX_ARGUMENT_BYTES: usize = 10_000;

/// Queues a command to the service's module, which is sent after the commit. The service changes only once the module
/// has executed it; failed commands are retried as the settings say, or until the next command about the service.
pub async fn run_command(
    context: Context<'_>,
    service: ServiceId,
    command: Command,
    arguments: &Arguments,
) -> Result<()> {
    let client = store::services::provisioning::client_of(context.db, service).await?;
    let client = client.ok_or(Refusal::ServiceNotFound)?;
    store::clients::client::lock(context.db, client).await?;
    let service = store::services::provisioning::find(context.db, service).await?.ok_or(Refusal::ServiceNotFound)?;
    if service.module.is_empty() {
        return Err(Refusal::NoModule.into());
    }
    require_set_up(context.modules, &service.module)?;
    // It is stored once the module has it.
    arguments.password.as_deref().map(|password| passwords::stored(&context, password)).transpose()?;
    let mut tx = context.write(Subject::Client(client)).await?;
    add_command(&mut tx, service.id, &service.module, None, command, arguments).await
}

/// Rejects a service whose module is not configured on this server.
pub fn require_set_up(modules: &Modules, module: &str) -> Result<()> {
    match modules.has(module) {
        true => Ok(()),
        false => Err(Refusal::ModuleNotSetUp { module: module.to_owned() }.into()),
    }
}

/// Queues a command to the service's module, which is sent after the commit.
pub async fn add_command(
    tx: &mut Writer<'_>,
    service: ServiceId,
    module: &str,
    order: Option<OrderId>,
    command: Command,
    arguments: &Arguments,
) -> Result<()> {
    let arguments = arguments.to_json()?;
    let request_id = random_request_id()?;
    let new = NewCall { service, order, module, command, arguments: &arguments, request_id };
    if store::services::module_calls::add(tx, new).await? { Ok(()) } else { Err(Refusal::ModuleBusy.into()) }
}

/// Withdraws the queued commands of an order's services, and rejects the call if one of them is being executed.
pub async fn withdraw_commands(tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
    match store::services::module_calls::withdraw(tx, order).await? {
        true => Ok(()),
        false => Err(Refusal::ModuleBusy.into()),
    }
}
