//! Accepting orders.

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, OrderId};
use crate::domain::module::Command;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::operations::domains::registration;
use crate::operations::domains::registration::commands::{CommandArguments, NewCommand};
use crate::operations::services::{modules, passwords};
use crate::outbox::modules::Arguments;
use crate::store;
use crate::store::orders::order_acceptance::{AcceptableOrder, OrderAssignment};
use crate::store::services::provisioning::Service;
use crate::store::webhooks::events::raise;

/// A pending order, locked after its client until the transaction ends.
#[derive(Debug)]
pub struct PendingOrder {
    id: OrderId,
    client: ClientId,
    order: AcceptableOrder,
}

impl PendingOrder {
    pub async fn lock(context: &mut Context<'_>, id: OrderId) -> Result<PendingOrder> {
        let client = store::orders::order_acceptance::client(context.db, id).await?.ok_or(Refusal::NotPending)?;
        store::clients::client::lock(context.db, client).await?;
        let order = store::orders::order_acceptance::lock_pending(context.db, id).await?.ok_or(Refusal::NotPending)?;
        Ok(PendingOrder { id, client, order })
    }
}

/// How an order is accepted.
#[derive(Debug)]
pub struct Acceptance {
    /// The server, user name, password and registrar to assign to its services and domains.
    pub assigned: OrderAssignment,
    /// Whether registrars register and transfer its domains.
    pub registers_domains: bool,
    /// Whether modules create its services; by default, as set for each product.
    pub creates_services: Option<bool>,
    /// Whether each product's welcome mail is sent once its service has been created.
    pub sends_welcome: bool,
}

/// Accepts an order: sends commands to modules and registrars after the commit, to create its services and to register its
/// domains, and activates the other items. The order turns Active once all of these have succeeded.
pub async fn accept(mut context: Context<'_>, order: &PendingOrder, acceptance: &Acceptance) -> Result<()> {
    let assigned = &acceptance.assigned;
    if let Some(server) = assigned.server
        && !store::services::service::server_exists(context.db, server).await?
    {
        return Err(Refusal::ServerNotFound.into());
    }
    let password = assigned.password.as_deref().map(|password| passwords::stored(&context, password)).transpose()?;
    let (id, client) = (order.id, order.client);
    let services = store::services::provisioning::of_order(context.db, id).await?;
    let pending = services.into_iter().filter(|service| service.status == "Pending");
    let (created, others): (Vec<_>, Vec<_>) = pending.partition(|service| acceptance.creates(service));
    created.iter().try_for_each(|service| modules::require_set_up(context.modules, &service.module))?;
    let domains = domains_to_send(&mut context, order, acceptance).await?;

    let arguments = Arguments { sends_welcome: acceptance.sends_welcome, ..Arguments::default() };
    let mut tx = context.write(Subject::Client(client)).await?;
    store::orders::order_acceptance::assign(&mut tx, id, assigned, password.as_deref()).await?;
    modules::withdraw_commands(&mut tx, id).await?;
    registration::commands::withdraw_unpaid(&mut tx, id).await?;
    for service in &created {
        modules::add_command(&mut tx, service.id, &service.module, Some(id), Command::Create, &arguments).await?;
    }
    for domain in &domains {
        registration::commands::add(&mut tx, domain, Some(id), CommandArguments::default()).await?;
    }
    for service in &others {
        store::services::provisioning::activate(&mut tx, service.id).await?;
    }
    store::services::provisioning::accept_order(&mut tx, id).await?;
    store::system::activity::log(&mut tx, Some(client), &format!("Order Accepted - Order ID: {id}")).await?;
    raise(&mut tx, About::Client(client), &Event::AcceptOrder { order: id }).await?;
    Ok(())
}

/// Returns the commands that registrars are to get for the pending domains; rejects a domain that has no registrar.
async fn domains_to_send(
    context: &mut Context<'_>,
    order: &PendingOrder,
    acceptance: &Acceptance,
) -> Result<Vec<NewCommand>> {
    if !acceptance.registers_domains || !order.order.has_domains {
        return Ok(Vec::new());
    }
    let mut commands = Vec::new();
    for mut domain in store::domains::registered::pending_of_order(context.db, order.id).await? {
        if let Some(registrar) = &acceptance.assigned.registrar {
            domain.registrar.clone_from(registrar);
        }
        registration::require_registrar(context.registrars, &domain)?;
        commands.push(NewCommand::of_order(context, domain).await?);
    }
    Ok(commands)
}

impl Acceptance {
    /// Whether a module creates this service.
    fn creates(&self, service: &Service) -> bool {
        self.creates_services.unwrap_or(!service.auto_setup.is_empty()) && !service.module.is_empty()
    }
}
