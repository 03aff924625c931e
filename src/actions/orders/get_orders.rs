//! `GetOrders`.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
use crate::store::orders::order::{OrderFilter, OrderRow};
use crate::store::orders::order_items::{self, OrderItem, OrderItems, OrderPart};

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
    producttype: &'static str,
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
        let renewals = renewals(&listed);
        let ids = listed.iter().map(|order| order.id);
        let OrderItems { items, gateways } = match listed.is_empty() {
            true => OrderItems::default(),
            false => order_items::read(call.db, ids, renewals.iter().map(|renewal| renewal.domain)).await?,
        };
        let mut items = line_items(items, renewals);
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

/// A renewal of a domain by an order.
struct Renewal {
    order: i64,
    domain: i64,
    years: i64,
}

fn renewals(listed: &[OrderRow]) -> Vec<Renewal> {
    let of_order = |order: &OrderRow| {
        let id = order.id.0;
        parse_renewals(&order.renewals).into_iter().map(move |(domain, years)| Renewal { order: id, domain, years })
    };
    listed.iter().flat_map(of_order).collect()
}

/// Returns the items by order id: services, then addons, domains, renewals and upgrades.
fn line_items(items: Vec<OrderItem>, renewals: Vec<Renewal>) -> HashMap<i64, Vec<LineItem>> {
    let renewed: Vec<(i64, LineItem)> = renewals.into_iter().filter_map(|renewal| renewed(&items, &renewal)).collect();
    let (upgrades, items): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.part == OrderPart::Upgrade);
    let item = |item: OrderItem| (item.order, LineItem::from(item));
    let mut by_order: HashMap<i64, Vec<LineItem>> = HashMap::new();
    for (order, item) in items.into_iter().map(item).chain(renewed).chain(upgrades.into_iter().map(item)) {
        by_order.entry(order).or_default().push(item);
    }
    by_order
}

/// Returns the item of a renewal with its order, unless the domain was deleted.
fn renewed(items: &[OrderItem], renewal: &Renewal) -> Option<(i64, LineItem)> {
    let domain = items.iter().find(|item| item.part == OrderPart::Domain && item.id == renewal.domain)?;
    let item = LineItem {
        kind: "renewal",
        relid: domain.id,
        producttype: "Domain",
        product: "Domain Renewal".to_owned(),
        domain: domain.domain.clone(),
        billingcycle: years(renewal.years),
        amount: domain.recurring,
        status: domain.status.clone(),
    };
    Some((renewal.order, item))
}

impl From<OrderItem> for LineItem {
    fn from(item: OrderItem) -> LineItem {
        let (kind, producttype, product, billingcycle) = match item.part {
            OrderPart::Service => {
                ("product", product_type(&item.kind), in_group(&item.group, item.product), cycle(&item.cycle))
            }
            OrderPart::Addon => ("addon", "Addon", item.product, cycle(&item.cycle)),
            OrderPart::Domain => ("domain", "Domain", domain_product(&item.kind).to_owned(), years(item.years)),
            OrderPart::Upgrade if item.kind == "package" => {
                ("upgrade", "Upgrade", in_group(&item.group, item.product), cycle(&item.cycle))
            }
            OrderPart::Upgrade => ("upgrade", "Upgrade", "Configurable Options".to_owned(), cycle(&item.cycle)),
        };
        LineItem {
            kind,
            relid: item.id,
            producttype,
            product,
            domain: item.domain,
            billingcycle,
            amount: item.first_payment,
            status: item.status,
        }
    }
}

fn product_type(kind: &str) -> &'static str {
    match kind {
        "hostingaccount" => "Hosting Account",
        "reselleraccount" => "Reseller Account",
        "server" => "Dedicated/VPS Server",
        _ => "Other Product/Service",
    }
}

fn domain_product(kind: &str) -> &'static str {
    if kind == "Transfer" { "Domain Transfer" } else { "Domain Registration" }
}

/// Returns the product with its group: `SSL Certificates - Rapid SSL`.
fn in_group(group: &str, product: String) -> String {
    if group.is_empty() { product } else { format!("{group} - {product}") }
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
