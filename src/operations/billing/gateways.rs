//! Payment gateways: which may be used, how a client pays through one, and through which a payment came in.

use sqlx::MySqlConnection;

use super::Refusal;
use crate::config::Links;
use crate::domain::id::InvoiceId;
use crate::operations::Result;
use crate::store;
use crate::store::billing::gateways::{Gateway, PaymentGateway};
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// Finds an active gateway by its name.
pub async fn active_gateway(db: &mut MySqlConnection, name: &str) -> Result<Gateway, Refusal> {
    let gateways = store::billing::gateways::active(db).await?;
    match gateways.find(name) {
        Some(gateway) => Ok(gateway.clone()),
        None => Err(Refusal::InvalidPaymentMethod { valid: gateways.into_names() }.into()),
    }
}

/// Returns the gateway of a payment, of this client if there is one. Money that came in is booked, so any name is
/// accepted: that of no active gateway is recorded as it is.
///
/// A gateway that is no longer active is known by its internal name from the client's default gateway, invoices and
/// payments. That name goes before the display name of an active gateway.
pub async fn gateway_of_payment(
    db: &mut MySqlConnection,
    client: Option<&Client>,
    name: String,
) -> sqlx::Result<PaymentGateway> {
    let found = store::billing::gateways::active(db).await?.of_payment(name.clone());
    if let Some(client) = client.filter(|_| found.name != name && is_internal_name(&name))
        && (client.default_gateway == name || store::billing::invoices::has_gateway(db, client.id, &name).await?)
    {
        return Ok(PaymentGateway::named(name));
    }
    Ok(found)
}

/// Whether a name has the form of the internal names of gateways, which are those of files: `paypalcheckout`.
fn is_internal_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Returns the name of the gateway for a client's new invoice: the requested one; else the client's default gateway if
/// it is active; else the first active one; empty if there is none.
pub async fn gateway_of_client(
    db: &mut MySqlConnection,
    requested: Option<String>,
    client: &Client,
) -> Result<String, Refusal> {
    if let Some(name) = requested {
        return Ok(active_gateway(db, &name).await?.name);
    }
    let gateways = store::billing::gateways::active(db).await?;
    let own = gateways.find(&client.default_gateway).or(gateways.first());
    Ok(own.map(|gateway| gateway.name.clone()).unwrap_or_default())
}

/// Returns the payment instructions for an invoice: for `paypal`, the URL of the invoice's page; for `stripe`, nothing,
/// because the caller has a form of its own; for any other gateway, the text that the operator has entered.
pub fn instructions(gateway: &Gateway, invoice: InvoiceId, configuration: &Configuration, links: &Links) -> String {
    match gateway.name.as_str() {
        "stripe" => String::new(),
        "paypal" => links.invoice(&configuration.system_url, invoice.0),
        _ => gateway.instructions.clone(),
    }
}
