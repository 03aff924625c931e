//! Has provisioning modules do something with services.

use super::{Refusal, Result};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{OrderId, ServiceId};
use crate::domain::module::Command;
use crate::operations::Context;
use crate::outbox::modules::{Arguments, Modules};
use crate::store;
use crate::store::services::module_calls::NewCall;
use crate::store::services::provisioning::Service;

/// How long a text in the arguments of a command can be: they are kept as JSON, in a column of 65,535 bytes; a character
/// may take six.
pub const MAX_ARGUMENT_BYTES: usize = 10_000;

/// Has the service's module do something when the transaction is committed. The service changes only when the module has
/// done it; what failed is tried again as often as the settings say, or until the next command about the service.
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
    require_set_up(context.modules, &service)?;
    let mut tx = context.write(Subject::Client(client)).await?;
    add_command(&mut tx, &service, None, command, arguments).await
}

/// Refuses where this server does not know where the service's module is.
pub fn require_set_up(modules: &Modules, service: &Service) -> Result<()> {
    match modules.has(&service.module) {
        true => Ok(()),
        false => Err(Refusal::ModuleNotSetUp { module: service.module.clone() }.into()),
    }
}

/// Writes down what the service's module is to do once the transaction is committed.
pub async fn add_command(
    tx: &mut Writer<'_>,
    service: &Service,
    order: Option<OrderId>,
    command: Command,
    arguments: &Arguments,
) -> Result<()> {
    let arguments = arguments.to_json()?;
    let new = NewCall { service: service.id, order, module: &service.module, command, arguments: &arguments };
    if store::services::module_calls::add(tx, &new).await? { Ok(()) } else { Err(Refusal::ModuleBusy.into()) }
}

/// Gives up what modules were still to do with an order's services, and refuses while one is at work on any of them.
pub async fn withdraw_commands(tx: &mut Writer<'_>, order: OrderId) -> Result<()> {
    match store::services::module_calls::withdraw(tx, order).await? {
        true => Ok(()),
        false => Err(Refusal::ModuleBusy.into()),
    }
}
