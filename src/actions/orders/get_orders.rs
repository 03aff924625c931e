//! `GetOrders`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use crate::actions::paging::Paging;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Listed;
use crate::domain::id::{ClientId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::order::parse_renewals;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::billing::gateways::DisplayNames;
use crate::store::orders::order::{OrderFilter, OrderRow, Upgrade};
use crate::store::services::addons;
use crate::store::services::domains;
use crate::store::services::service;

/// Returns a page of the list of orders, with their items.
///
/// Orders are sorted by id, so that a new one shifts no page. The number of statements is the same for any number of
/// orders. `paymentstatus` is the status of the order's invoice, or empty without an invoice.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetOrders {
    #[serde(flatten)]
    paging: Paging,
    /// Only the order with this id.
    id: Param<OrderId>,
    /// Only orders of this client.
    userid: Param<ClientId>,
    /// Only orders that this user placed.
    requestor_id: Param<UserId>,
    /// Only orders in this status.
    status: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetOrdersReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    orders: Orders,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Orders {
    order: Vec<Order>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Order {
    id: i64,
    ordernum: i64,
    userid: i64,
    contactid: i64,
    requestor_id: i64,
    admin_requestor_id: i64,
    date: String,
    nameservers: String,
    /// The transfer codes of domains; empty for callers whose roles only read, unless the setting
    /// `access.secret_readers` says otherwise.
    transfersecret: String,
    /// As stored: `id=years` of each domain, separated by commas.
    renewals: String,
    #[serde(rename = "renewalsByType")]
    renewals_by_type: Renewals,
    promocode: String,
    promotype: String,
    promovalue: String,
    orderdata: String,
    amount: Money,
    paymentmethod: String,
    invoiceid: i64,
    status: String,
    ipaddress: String,
    fraudmodule: String,
    fraudoutput: String,
    notes: String,
    paymentmethodname: String,
    paymentstatus: String,
    name: String,
    currencyprefix: String,
    currencysuffix: String,
    /// Always empty, as is `validationdata`: only modules of WHMCS's own fill them.
    frauddata: &'static str,
    validationdata: &'static str,
    lineitems: LineItems,
}

/// The ids of renewed domains. Renewals of services and addons are not stored.
#[derive(Debug, JsonSchema, Serialize)]
struct Renewals {
    domains: Vec<i64>,
    services: [i64; 0],
    addons: [i64; 0],
}

#[derive(Debug, Default, JsonSchema, Serialize)]
struct LineItems {
    lineitem: Vec<LineItem>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct LineItem {
    /// `product`, `addon`, `domain`, `renewal` or `upgrade`.
    #[serde(rename = "type")]
    kind: &'static str,
    relid: i64,
    producttype: String,
    product: String,
    domain: String,
    billingcycle: String,
    amount: Money,
    status: String,
}

impl Action for GetOrders {
    const NAME: &'static str = "GetOrders";
    const ACCESS: Access = Access::Read;
    const TELLS_SECRETS: bool = true;
    const EXAMPLE: &'static str = r#"{"limitnum": 1}"#;
    type Reply = GetOrdersReply;

    async fn run(self, call: Call<'_>) -> Result<GetOrdersReply> {
        let filter = OrderFilter {
            id: self.id.filter(),
            client: self.userid.filter(),
            requestor: self.requestor_id.filter().map(|user| user.0),
            status: self.status.lenient(),
        };
        let page = self.paging.page();
        let Listed { total, rows: mut listed } = store::orders::order::list(call.db, &filter, page).await?;
        if !call.tells_secrets {
            for order in &mut listed {
                order.transfer_secret.clear();
            }
        }
        let gateways = store::billing::gateways::display_names(call.db).await?;
        let mut items = line_items(call.db, &listed).await?;
        let order = |listed: OrderRow| {
            let lineitems = LineItems { lineitem: items.remove(&listed.id.0).unwrap_or_default() };
            Order::new(listed, &gateways, lineitems)
        };
        let orders: Vec<Order> = listed.into_iter().map(order).collect();
        Ok(GetOrdersReply {
            totalresults: total,
            startnumber: page.start,
            numreturned: orders.len(),
            orders: Orders { order: orders },
        })
    }
}

impl Order {
    fn new(listed: OrderRow, gateways: &DisplayNames, lineitems: LineItems) -> Order {
        let renewed = parse_renewals(&listed.renewals);
        Order {
            id: listed.id.0,
            ordernum: listed.number,
            userid: listed.client.0,
            contactid: listed.contact,
            requestor_id: listed.requestor,
            admin_requestor_id: listed.admin_requestor,
            date: listed.date,
            nameservers: listed.nameservers,
            transfersecret: listed.transfer_secret,
            renewals: listed.renewals,
            renewals_by_type: Renewals {
                domains: renewed.into_iter().map(|(domain, _)| domain).collect(),
                services: [],
                addons: [],
            },
            promocode: listed.promotion_code,
            promotype: listed.promotion_kind,
            promovalue: listed.promotion_value,
            orderdata: listed.data,
            amount: listed.amount,
            paymentmethodname: gateways.get(&listed.payment_method),
            paymentmethod: listed.payment_method,
            invoiceid: listed.invoice,
            status: listed.status,
            ipaddress: listed.address,
            fraudmodule: listed.fraud_module,
            fraudoutput: listed.fraud_output,
            notes: listed.notes,
            paymentstatus: listed.payment_status,
            name: format!("{} {}", listed.first_name, listed.last_name).trim().to_owned(),
            currencyprefix: listed.prefix,
            currencysuffix: listed.suffix,
            frauddata: "",
            validationdata: "",
            lineitems,
        }
    }
}

/// Returns the items by order id: services, then addons, domains, renewals and upgrades.
async fn line_items(db: &mut MySqlConnection, listed: &[OrderRow]) -> Result<HashMap<i64, Vec<LineItem>>> {
    let orders = || listed.iter().map(|order| order.id);
    let renewals: Vec<(i64, i64, i64)> = listed
        .iter()
        .flat_map(|order| parse_renewals(&order.renewals).into_iter().map(|(id, years)| (order.id.0, id, years)))
        .collect();
    let services = service::of_orders(db, orders()).await?;
    let addons = addons::of_orders(db, orders()).await?;
    let domains = domains::of_orders(db, orders(), renewals.iter().map(|&(_, domain, _)| domain)).await?;
    let upgrades = store::orders::order::upgrades(db, orders()).await?;

    let renewal = |(order, id, years): (i64, i64, i64)| {
        let domain = domains.iter().find(|domain| domain.id == id)?;
        Some((order, LineItem::renewal(domain, years)))
    };
    let items = services
        .into_iter()
        .map(|service| (service.order, LineItem::service(service)))
        .chain(addons.into_iter().map(|addon| (addon.order, LineItem::addon(addon))))
        .chain(domains.iter().map(|domain| (domain.order, LineItem::domain(domain))))
        .chain(renewals.into_iter().filter_map(renewal))
        .chain(upgrades.into_iter().map(|upgrade| (upgrade.order, LineItem::upgrade(upgrade))));
    let mut by_order: HashMap<i64, Vec<LineItem>> = HashMap::new();
    for (order, item) in items {
        by_order.entry(order).or_default().push(item);
    }
    Ok(by_order)
}

impl LineItem {
    fn service(service: service::OrderedService) -> LineItem {
        let producttype = match service.product_kind.as_str() {
            "hostingaccount" => "Hosting Account",
            "reselleraccount" => "Reseller Account",
            "server" => "Dedicated/VPS Server",
            _ => "Other Product/Service",
        };
        LineItem {
            kind: "product",
            relid: service.id,
            producttype: producttype.to_owned(),
            product: in_group(&service.group, &service.product),
            domain: service.domain,
            billingcycle: cycle(&service.cycle),
            amount: service.first_payment,
            status: service.status,
        }
    }

    fn addon(addon: addons::OrderedAddon) -> LineItem {
        LineItem {
            kind: "addon",
            relid: addon.id,
            producttype: "Addon".to_owned(),
            product: addons::name(addon.name, addon.predefined_name),
            domain: addon.domain,
            billingcycle: cycle(&addon.cycle),
            amount: addon.first_payment,
            status: addon.status,
        }
    }

    fn domain(domain: &domains::OrderedDomain) -> LineItem {
        let product = if domain.kind == "Transfer" { "Domain Transfer" } else { "Domain Registration" };
        LineItem {
            kind: "domain",
            relid: domain.id,
            producttype: "Domain".to_owned(),
            product: product.to_owned(),
            domain: domain.name.clone(),
            billingcycle: years(domain.years),
            amount: domain.first_payment,
            status: domain.status.clone(),
        }
    }

    fn renewal(domain: &domains::OrderedDomain, for_years: i64) -> LineItem {
        LineItem {
            kind: "renewal",
            relid: domain.id,
            producttype: "Domain".to_owned(),
            product: "Domain Renewal".to_owned(),
            domain: domain.name.clone(),
            billingcycle: years(for_years),
            amount: domain.recurring,
            status: domain.status.clone(),
        }
    }

    fn upgrade(upgrade: Upgrade) -> LineItem {
        let product = match upgrade.kind.as_str() {
            "package" => in_group(&upgrade.group.unwrap_or_default(), &upgrade.product.unwrap_or_default()),
            _ => "Configurable Options".to_owned(),
        };
        LineItem {
            kind: "upgrade",
            relid: upgrade.id,
            producttype: "Upgrade".to_owned(),
            product,
            domain: upgrade.domain,
            billingcycle: cycle(&upgrade.cycle),
            amount: upgrade.amount,
            status: upgrade.status,
        }
    }
}

/// Returns the product with its group: `SSL Certificates - Rapid SSL`.
fn in_group(group: &str, product: &str) -> String {
    if group.is_empty() { product.to_owned() } else { format!("{group} - {product}") }
}

/// Returns the billing cycle as orders spell it: with a hyphen in `One-Time`, unlike other lists.
fn cycle(stored: &str) -> String {
    match Cycle::parse(stored) {
        Some(Cycle::OneTime) => "One-Time".to_owned(),
        Some(cycle) => cycle.name().to_owned(),
        None => stored.to_owned(),
    }
}

fn years(years: i64) -> String {
    if years == 1 { "1 Year".to_owned() } else { format!("{years} Years") }
}
