//! What orders consist of: services, addons, domains and upgrades.

use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::domain::id::OrderId;
use crate::domain::money::Money;
use crate::store::billing::gateways::DisplayNames;

/// The items of orders.
#[derive(Debug, Default)]
pub struct OrderItems {
    /// By part, and within a part by id.
    pub items: Vec<OrderItem>,
    /// The names of the gateways, which are read with the items.
    pub gateways: DisplayNames,
}

/// The table that an item comes from. Items are listed in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderPart {
    Service,
    Addon,
    Domain,
    Upgrade,
}

/// A service, an addon, a domain or an upgrade. Texts that its table does not have are empty, and numbers 0.
#[derive(Debug)]
pub struct OrderItem {
    pub part: OrderPart,
    /// Of a renewed domain, the order with which it was registered or transferred.
    pub order: i64,
    pub id: i64,
    /// Of a service, the kind of its product; of a domain, `Register` or `Transfer`; of an upgrade, `package` for a
    /// change of product, else what of the service changes.
    pub kind: String,
    /// The product's name, or the addon's own name or else that of the predefined addon. Empty if it was deleted.
    pub product: String,
    /// The group of the product.
    pub group: String,
    /// The service's domain, or the domain itself.
    pub domain: String,
    pub cycle: String,
    pub first_payment: Money,
    /// Only of domains, like the next.
    pub recurring: Money,
    pub years: i64,
    pub status: String,
}

/// A row of the statement: an item, or the display name of a gateway.
struct Row {
    part: String,
    order: i64,
    id: i64,
    kind: String,
    product: String,
    group: String,
    domain: String,
    cycle: String,
    first_payment: Money,
    recurring: Money,
    years: i64,
    status: String,
}

from_row!(Row { part, order, id, kind, product, group, domain, cycle, first_payment, recurring, years, status });

/// Returns the items of these orders, and the domains that the orders renew. Tables of old installations may differ in
/// collation, so the statement states one.
pub async fn read(
    db: &mut MySqlConnection,
    orders: impl Iterator<Item = OrderId>,
    renewed: impl Iterator<Item = i64>,
) -> sqlx::Result<OrderItems> {
    let orders = id_list(orders.map(|id| id.0));
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT 'service' AS part, CAST(h.orderid AS SIGNED) AS `order`, CAST(h.id AS SIGNED) AS id, \
                CONVERT(COALESCE(p.type, '') USING utf8mb4) COLLATE utf8mb4_unicode_ci AS kind, \
                CONVERT(COALESCE(p.name, '') USING utf8mb4) COLLATE utf8mb4_unicode_ci AS product, \
                CONVERT(COALESCE(g.name, '') USING utf8mb4) COLLATE utf8mb4_unicode_ci AS `group`, \
                CONVERT(h.domain USING utf8mb4) COLLATE utf8mb4_unicode_ci AS domain, \
                CONVERT(h.billingcycle USING utf8mb4) COLLATE utf8mb4_unicode_ci AS cycle, \
                h.firstpaymentamount AS first_payment, 0.00 AS recurring, 0 AS years, \
                CONVERT(h.domainstatus USING utf8mb4) COLLATE utf8mb4_unicode_ci AS status \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblhosting h ON h.orderid = wanted.id LEFT JOIN tblproducts p ON p.id = h.packageid \
         LEFT JOIN tblproductgroups g ON g.id = p.gid \
         UNION ALL \
         SELECT 'addon', CAST(a.orderid AS SIGNED), CAST(a.id AS SIGNED), '', \
                CASE WHEN a.name = '' THEN COALESCE(p.name, '') ELSE a.name END, '', COALESCE(h.domain, ''), \
                a.billingcycle, a.firstpaymentamount, 0.00, 0, a.status \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblhostingaddons a ON a.orderid = wanted.id LEFT JOIN tblhosting h ON h.id = a.hostingid \
         LEFT JOIN tbladdons p ON p.id = a.addonid \
         UNION ALL \
         SELECT 'domain', CAST(d.orderid AS SIGNED), CAST(d.id AS SIGNED), d.type, '', '', d.domain, '', \
                d.firstpaymentamount, d.recurringamount, CAST(d.registrationperiod AS SIGNED), d.status \
         FROM (SELECT o.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS ordered \
                      JOIN tbldomains o ON o.orderid = ordered.id \
               UNION SELECT renewed.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS renewed) AS wanted \
         JOIN tbldomains d ON d.id = wanted.id \
         UNION ALL \
         SELECT 'upgrade', CAST(u.orderid AS SIGNED), CAST(u.id AS SIGNED), u.type, COALESCE(p.name, ''), \
                COALESCE(g.name, ''), COALESCE(h.domain, ''), u.new_cycle, u.amount, 0.00, 0, u.status \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblupgrades u ON u.orderid = wanted.id LEFT JOIN tblhosting h ON h.id = u.relid \
         LEFT JOIN tblproducts p ON u.type = 'package' \
              AND p.id = CAST(SUBSTRING_INDEX(u.newvalue, ',', 1) AS UNSIGNED) \
         LEFT JOIN tblproductgroups g ON g.id = p.gid \
         UNION ALL \
         SELECT 'gateway', 0, 0, gateway, value, '', '', '', 0.00, 0.00, 0, '' \
         FROM tblpaymentgateways WHERE setting = 'name' AND value <> ''",
    )
    .bind(&orders)
    .bind(&orders)
    .bind(&orders)
    .bind(id_list(renewed))
    .bind(&orders)
    .fetch_all(db)
    .await?;

    let (mut items, mut gateways) = (Vec::new(), Vec::new());
    for row in rows {
        match row.part.as_str() {
            "service" => items.push(row.item(OrderPart::Service)),
            "addon" => items.push(row.item(OrderPart::Addon)),
            "domain" => items.push(row.item(OrderPart::Domain)),
            "upgrade" => items.push(row.item(OrderPart::Upgrade)),
            _ => gateways.push((row.kind, row.product)),
        }
    }
    items.sort_unstable_by_key(|item| (item.part, item.id));
    Ok(OrderItems { items, gateways: gateways.into_iter().collect() })
}

impl Row {
    fn item(self, part: OrderPart) -> OrderItem {
        let Row { order, id, kind, product, group, domain, cycle, first_payment, recurring, years, status, .. } = self;
        OrderItem { part, order, id, kind, product, group, domain, cycle, first_payment, recurring, years, status }
    }
}
