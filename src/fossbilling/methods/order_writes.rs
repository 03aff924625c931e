//! The module `order`: creating, activating, suspending and ending.

use std::collections::BTreeMap;

use serde_json::Value;

use super::gateway;
use super::order::find;
use crate::call::Call;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{ClientId, OrderId, ProductId};
use crate::domain::module::Command;
use crate::domain::money::Money;
use crate::domain::order::DomainKind;
use crate::domain::order::domain_price::{DomainAddons, MAX_YEARS};
use crate::domain::service::Status;
use crate::fossbilling::mapping::orders::Ordered;
use crate::fossbilling::mapping::{periods, statuses};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::operations::orders::accept::{Acceptance, PendingOrder, accept};
use crate::operations::orders::cart::{CartDomain, CartItem, CartService};
use crate::operations::orders::place::{Customer, NewOrder, OrderMailOptions, PlacedOrder, place};
use crate::operations::services::update::{LockedService, ServiceUpdate, update};
use crate::operations::{clients, services};
use crate::outbox::modules::Arguments;

use crate::store::fossbilling::orders::{OrderRow, is_pending};
use crate::store::orders::order_acceptance::OrderAssignment;
use crate::store::services::service::ServiceChanges;

/// `admin/order/create`
pub async fn create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    if sent.is_set("mark_invoice_paid") {
        return Err(said("Pay the invoice with admin/invoice/mark_as_paid, not while the order is created"));
    }
    if sent.is_set("activate") {
        return Err(said("Activate the order with admin/order/activate, not while it is created"));
    }
    if sent.filled("group_id").is_some() {
        return Err(said_as("832", "Parent order was not found: addons are ordered with their product here"));
    }
    let requested = gateway::sent_name(call.db, sent).await?;
    let item = item(sent)?;
    let mut context = call.context();
    let client = ClientId(sent.id("client_id"));
    let locked = clients::lock(context.db, client).await?;
    let payment_method = crate::operations::billing::gateway_of_client(context.db, requested, &locked).await?;
    let customer = Customer::lock(&mut context, client).await?;
    let is_invoiced = sent.filled("invoice_option").as_deref() == Some("issue-invoice");
    let placed = place(context, &customer, new_order(vec![item], payment_method, is_invoiced)).await?;
    Ok(first_order(&placed))
}

/// An order without a promotion, whose mails are sent.
pub fn new_order(items: Vec<CartItem>, payment_method: String, is_invoiced: bool) -> NewOrder {
    NewOrder {
        items,
        payment_method,
        promotion: None,
        is_invoiced,
        mails: OrderMailOptions { confirmation: true, invoice: is_invoiced },
        nameservers: Vec::new(),
        contact: None,
        address: None,
        affiliate: None,
    }
}

/// The ids of the orders that were placed.
pub fn orders(placed: &PlacedOrder) -> Vec<i64> {
    let services = placed.services.iter().map(|id| Ordered::Service(*id));
    let domains = placed.domains.iter().map(|id| Ordered::Domain(*id));
    let addons = placed.addons.iter().map(|id| Ordered::Addon(*id));
    services.chain(domains).chain(addons).map(Ordered::order).collect()
}

fn first_order(placed: &PlacedOrder) -> Value {
    orders(placed).first().copied().into()
}

/// Reads a product with its configuration. A domain to register or transfer is one by itself.
pub fn item(sent: &Sent<'_>) -> Result<CartItem, Failure> {
    let config = sent.object("config");
    let price = sent.amount("price", "Price must be a valid number.")?;
    if price.is_some_and(|price| price < Money::ZERO) {
        return Err(said("Price cannot be negative."));
    }
    if let Some(config) = &config
        && let Some(domain) = domain(config, price)?
    {
        return Ok(CartItem::Domain(domain));
    }
    let cycle = match sent.filled("period") {
        None => None,
        Some(period) => {
            Some(periods::cycle(&period).ok_or_else(|| said("Selected billing period is invalid"))?.to_owned())
        }
    };
    let quantity = sent.filled("quantity").map_or(Ok(1), |text| text.parse::<i64>());
    let quantity = quantity.map_err(|_| said("Quantity must be a valid number."))?;
    Ok(CartItem::Service(CartService {
        product: ProductId(sent.id("product_id")),
        quantity: u32::try_from(quantity.max(1)).map_err(|_| said("Quantity must be a valid number."))?,
        cycle,
        domain: config.map_or(Ok(String::new()), |config| domain_of_service(&config))?,
        nameservers: [String::new(), String::new()],
        password: String::new(),
        price,
        options: BTreeMap::default(),
        fields: BTreeMap::default(),
        addons: Vec::new(),
    }))
}

/// The domain of a hosting account; empty if there is none.
fn domain_of_service(config: &Sent<'_>) -> Result<String, Failure> {
    let domain = config.object("domain").unwrap_or_else(|| config.clone());
    let of_action = |action: &str| parts(&domain, &format!("{action}_"));
    match ["owndomain", "register", "transfer"].into_iter().find_map(of_action).or_else(|| parts(config, "")) {
        Some(name) => Ok(parse_name(&name)?.as_str().to_owned()),
        None => Ok(String::new()),
    }
}

/// The name whose two parts have this prefix.
fn parts(sent: &Sent<'_>, prefix: &str) -> Option<String> {
    let part = |name: &str| sent.filled(&format!("{prefix}{name}"));
    Some(format!("{}.{}", part("sld")?, part("tld")?.trim_start_matches('.')))
}

fn parse_name(name: &str) -> Result<DomainName, Failure> {
    DomainName::parse(name).ok_or_else(|| said_as("701", "Domain name is invalid"))
}

/// The domain to register or transfer, if the configuration of an order says so by itself.
fn domain(config: &Sent<'_>, price: Option<Money>) -> Result<Option<CartDomain>, Failure> {
    let (kind, action) = match config.filled("action").as_deref() {
        Some("register") => (DomainKind::Register, "register"),
        Some("transfer") => (DomainKind::Transfer, "transfer"),
        _ => return Ok(None),
    };
    let part = |name: &str| config.filled(&format!("{action}_{name}"));
    let name = parse_name(&parts(config, &format!("{action}_")).unwrap_or_default())?;
    let years = match part("years") {
        None => Some(1),
        Some(years) => years.parse().ok().filter(|years| (1..=MAX_YEARS).contains(years)),
    };
    Ok(Some(CartDomain {
        name,
        kind,
        years: years.ok_or_else(|| said("Domain registration period is invalid"))?,
        addons: DomainAddons { dns_management: false, email_forwarding: false, id_protection: false },
        price,
        // The price of an order is that of its renewals, too, as a service's is.
        renewal_price: price,
        transfer_secret: part("code").unwrap_or_default(),
        fields: BTreeMap::default(),
    }))
}

/// `admin/order/activate`: accepts what was ordered together, if that is pending, or else has the module create the service.
pub async fn activate(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let row = existing(&mut *call.db, sent).await?;
    if statuses::of_order(&row.status) != "pending_setup" {
        return Err(said("Only pending setup or failed orders can be activated"));
    }
    let mut context = call.context();
    let is_pending = is_pending(context.db, row.group).await?;
    match Ordered::parse(row.id) {
        _ if is_pending => {
            let order = PendingOrder::lock(&mut context, OrderId(row.group)).await?;
            let acceptance = Acceptance {
                assigned: OrderAssignment::default(),
                registers_domains: row.kind == "domain",
                creates_services: None,
                sends_welcome: true,
            };
            accept(context, &order, &acceptance).await?;
        }
        Some(Ordered::Service(id)) => {
            services::modules::run_command(context, id, Command::Create, &Arguments::default()).await?;
        }
        _ => return Err(said("Only pending setup or failed orders can be activated")),
    }
    Ok(true.into())
}

/// `admin/order/suspend`
pub async fn suspend(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let check = |status: &str| match status {
        "active" => Ok(()),
        _ => Err(said("Only active orders can be suspended")),
    };
    let arguments = Arguments { suspend_reason: sent.filled("reason"), ..Arguments::default() };
    let changes = ServiceChanges {
        status: Some(Status::Suspended),
        suspension_reason: sent.filled("reason"),
        ..ServiceChanges::default()
    };
    change(call, sent, Command::Suspend, check, &arguments, changes).await
}

/// `admin/order/unsuspend`
pub async fn unsuspend(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let check = |status: &str| match status {
        "suspended" => Ok(()),
        _ => Err(said("Only suspended orders can be unsuspended")),
    };
    let changes = ServiceChanges { status: Some(Status::Active), ..ServiceChanges::default() };
    change(call, sent, Command::Unsuspend, check, &Arguments::default(), changes).await
}

/// `admin/order/cancel`
pub async fn cancel(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    if sent.is_set("cancel_at_period_end") {
        return Err(said("No active gateway subscription is linked to this order."));
    }
    let check = |status: &str| match status {
        "active" | "suspended" => Ok(()),
        _ => Err(said(format!("Cannot cancel {status} order"))),
    };
    let changes = ServiceChanges { status: Some(Status::Cancelled), ..ServiceChanges::default() };
    change(call, sent, Command::Terminate, check, &Arguments::default(), changes).await
}

async fn existing(db: &mut sqlx::MySqlConnection, sent: &Sent<'_>) -> Result<OrderRow, Failure> {
    find(db, sent.id("id"), None).await?.ok_or_else(|| said("Order Not Found"))
}

/// Has a service's module carry out a command, if `check` accepts the status that the locked service has; a service without a
/// module is only changed here.
async fn change(
    call: Call<'_>,
    sent: &Sent<'_>,
    command: Command,
    check: impl Fn(&str) -> Result<(), Failure>,
    arguments: &Arguments,
    changes: ServiceChanges,
) -> Reply {
    let row = existing(&mut *call.db, sent).await?;
    let Some(Ordered::Service(id)) = Ordered::parse(row.id) else {
        check(statuses::of_order(&row.status))?;
        return Err(said("Domains and addons are changed by the API of WHMCS here"));
    };
    let mut context = call.context();
    let locked = LockedService::lock(&mut context, id).await?;
    check(statuses::of_order(&locked.stored().status))?;
    if row.module.is_empty() {
        let new = ServiceUpdate {
            changes,
            recalculates: false,
            custom_fields: clients::CustomFieldValues::default(),
            options: BTreeMap::default(),
        };
        update(context, &locked, new).await?;
    } else {
        services::modules::run_command(context, id, command, arguments).await?;
    }
    Ok(true.into())
}
