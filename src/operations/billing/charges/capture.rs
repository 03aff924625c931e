//! Charging an invoice.

use crate::database::writer::Subject;
use crate::domain::payments::{Command, PayMethodKind};
use crate::operations::billing::{LockedInvoice, Refusal};
use crate::operations::{Context, Result};
use crate::outbox::kind::random_request_id;
use crate::store;
use crate::store::billing::charges::{self, NewCharge};
use crate::store::billing::pay_methods::{self, PayMethodRow};

/// Queues a charge of what is left to pay on an unpaid invoice, through its gateway: with the way to pay that was chosen for
/// the invoice, or else the first one of the client that the gateway has stored. `code` is the security code of the card,
/// which is not stored.
pub async fn capture(context: Context<'_>, invoice: &LockedInvoice, code: Option<String>) -> Result<(), Refusal> {
    invoice.check_is_unpaid()?;
    let LockedInvoice { client, state, balance, .. } = invoice;
    if !state.due().is_positive() {
        return Err(Refusal::InvoiceNotUnpaid.into());
    }
    let gateway = &balance.payment_method;
    if !context.gateways.has(gateway) {
        return Err(Refusal::GatewayNotSetUp { gateway: gateway.clone() }.into());
    }
    if charges::is_open(context.db, Command::Capture, state.id.0).await? {
        return Err(Refusal::ChargeOpen.into());
    }
    let chosen = store::billing::invoices::pay_method(context.db, state.id).await?;
    let methods = pay_methods::of_client(context.db, client.id).await?;
    let mut usable = methods.iter().filter(|method| is_usable(method, gateway));
    let method = methods.iter().find(|method| method.id == chosen && is_usable(method, gateway));
    let method = method.or_else(|| usable.next()).ok_or(Refusal::NoPayMethod)?;
    let held = match code {
        Some(code) => context.gateways.hold(code)?,
        None => 0,
    };
    let new = NewCharge {
        id: random_request_id()?,
        command: Command::Capture,
        client: client.id,
        invoice: Some(state.id),
        payment: 0,
        pay_method: method.id,
        gateway,
        amount: state.due(),
        held,
    };
    let mut tx = context.write(Subject::Client(client.id)).await?;
    if !charges::add(&mut tx, &new).await? {
        return Err(Refusal::ChargeOpen.into());
    }
    let line = format!("Capture Requested - Invoice ID: {} - Amount: {}", state.id, state.due());
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    Ok(())
}

/// Whether a gateway has stored a way to pay, and its token is stored here.
fn is_usable(method: &PayMethodRow, gateway: &str) -> bool {
    let is_remote = PayMethodKind::parse(&method.kind).is_some_and(PayMethodKind::is_remote);
    is_remote && method.gateway == gateway && !method.sealed.is_empty()
}
