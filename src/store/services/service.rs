//! Services of clients (`tblhosting`).

use chrono::NaiveDateTime;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::lease::Lease;
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{changed_since, push_is};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, OrderId, ProductId, PromotionId, ServerId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::service::Status;

const LOCK_OF_ORDER: &str = "SELECT CAST(packageid AS SIGNED) AS product, CAST(qty AS SIGNED) AS quantity, \
            domainstatus AS status, \
            EXISTS(SELECT 1 FROM tblproducts p WHERE p.id = packageid AND p.stockcontrol <> 0) AS is_counted \
     FROM tblhosting WHERE orderid = ? ORDER BY id FOR UPDATE";
const SET_STATUS_OF_ORDER: &str = "UPDATE tblhosting SET domainstatus = ?, updated_at = ? \
     WHERE orderid = ? AND (? OR domainstatus = 'Pending')";
const DELETE_CANCEL_REQUESTS_OF_ORDER: &str =
    "DELETE r FROM tblcancelrequests r JOIN tblhosting h ON h.id = r.relid WHERE h.orderid = ?";
const DELETE_AFFILIATE_ACCOUNTS_OF_ORDER: &str =
    "DELETE a FROM tblaffiliatesaccounts a JOIN tblhosting h ON h.id = a.relid WHERE h.orderid = ?";
const DELETE_QUEUED_OF_ORDER: &str = "DELETE q FROM tblmodulequeue q JOIN tblhosting h ON h.id = q.service_id \
     WHERE h.orderid = ? AND q.service_type = 'service'";
const DELETE_OF_ORDER: &str = "DELETE FROM tblhosting WHERE orderid = ?";
const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblhosting WHERE id = ?";
const LOCK: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(packageid AS SIGNED) AS product, \
            CAST(qty AS SIGNED) AS quantity, billingcycle AS cycle, CAST(server AS SIGNED) AS server, paymentmethod AS payment_method, \
            CAST(promoid AS SIGNED) AS promotion, \
            CAST(COALESCE(promocount, 0) AS SIGNED) AS promotion_uses, domainstatus AS status, \
            EXISTS(SELECT 1 FROM tblproducts p WHERE p.id = packageid AND p.stockcontrol <> 0) AS is_counted \
     FROM tblhosting WHERE id = ? FOR UPDATE";
const SERVER_EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblservers WHERE id = ?";
const UPDATE: &str = "UPDATE tblhosting SET packageid = COALESCE(?, packageid), server = COALESCE(?, server), \
            regdate = COALESCE(?, regdate), nextduedate = COALESCE(?, nextduedate), \
            nextinvoicedate = COALESCE(?, nextinvoicedate), termination_date = COALESCE(?, termination_date), \
            domain = COALESCE(?, domain), firstpaymentamount = COALESCE(?, firstpaymentamount), \
            amount = COALESCE(?, amount), paymentmethod = COALESCE(?, paymentmethod), \
            billingcycle = COALESCE(?, billingcycle), subscriptionid = COALESCE(?, subscriptionid), \
            domainstatus = COALESCE(?, domainstatus), notes = COALESCE(?, notes), \
            username = COALESCE(?, username), password = COALESCE(?, password), \
            overideautosuspend = COALESCE(?, overideautosuspend), \
            overidesuspenduntil = COALESCE(?, overidesuspenduntil), ns1 = COALESCE(?, ns1), \
            ns2 = COALESCE(?, ns2), dedicatedip = COALESCE(?, dedicatedip), \
            assignedips = COALESCE(?, assignedips), diskusage = COALESCE(?, diskusage), \
            disklimit = COALESCE(?, disklimit), bwusage = COALESCE(?, bwusage), bwlimit = COALESCE(?, bwlimit), \
            suspendreason = COALESCE(?, suspendreason), \
            promocount = IF(? IS NULL OR ? = promoid, promocount, 0), promoid = COALESCE(?, promoid), \
            lastupdate = COALESCE(?, lastupdate), updated_at = ? \
     WHERE id = ?";

/// Filter for services.
#[derive(Debug)]
pub struct ServiceFilter {
    pub client: Option<ClientId>,
    pub id: Option<ServiceId>,
    pub product: Option<ProductId>,
    pub domain: Option<String>,
    pub username: Option<String>,
    pub status: Option<String>,
    /// 0 for services on no server.
    pub server: Option<ServerId>,
    /// UTC.
    pub updated_since: Option<NaiveDateTime>,
}

/// A row of a list of services. Dates are `0000-00-00` if there is none.
#[derive(Debug)]
pub struct ServiceRow {
    pub id: ServiceId,
    pub quantity: i64,
    pub client: i64,
    pub order: i64,
    pub order_number: i64,
    pub product: i64,
    pub registered: String,
    /// The name and the group are empty if the product was deleted.
    pub name: String,
    pub group: String,
    pub domain: String,
    pub dedicated_address: String,
    pub server: i64,
    pub server_name: String,
    pub server_address: String,
    pub server_host: String,
    pub suspension_reason: String,
    pub first_payment: Money,
    pub recurring: Money,
    pub payment_method: String,
    pub cycle: String,
    pub next_due: String,
    pub status: String,
    pub username: String,
    pub password: String,
    pub subscription: String,
    pub promotion: i64,
    pub is_never_suspended: bool,
    pub not_suspended_until: String,
    pub nameserver1: String,
    pub nameserver2: String,
    pub assigned_addresses: String,
    pub notes: String,
    pub disk_usage: i64,
    pub disk_limit: i64,
    pub bandwidth_usage: i64,
    pub bandwidth_limit: i64,
    pub usage_read_at: String,
}

from_row!(ServiceRow {
    id,
    quantity,
    client,
    order,
    order_number,
    product,
    registered,
    name,
    group,
    domain,
    dedicated_address,
    server,
    server_name,
    server_address,
    server_host,
    suspension_reason,
    first_payment,
    recurring,
    payment_method,
    cycle,
    next_due,
    status,
    username,
    password,
    subscription,
    promotion,
    is_never_suspended,
    not_suspended_until,
    nameserver1,
    nameserver2,
    assigned_addresses,
    notes,
    disk_usage,
    disk_limit,
    bandwidth_usage,
    bandwidth_limit,
    usage_read_at
});

/// Returns a page of services, the oldest first.
pub async fn list(db: &mut MySqlConnection, filter: &ServiceFilter, page: Page) -> sqlx::Result<Listed<ServiceRow>> {
    let statement = ListStatement {
        columns: "CAST(h.id AS SIGNED) AS id, CAST(h.qty AS SIGNED) AS quantity, CAST(h.userid AS SIGNED) AS client, \
                CAST(h.orderid AS SIGNED) AS `order`, CAST(COALESCE(o.ordernum, 0) AS SIGNED) AS order_number, \
                CAST(h.packageid AS SIGNED) AS product, COALESCE(CAST(h.regdate AS CHAR), '0000-00-00') AS registered, \
                COALESCE(p.name, '') AS name, COALESCE(g.name, '') AS `group`, h.domain, \
                h.dedicatedip AS dedicated_address, CAST(h.server AS SIGNED) AS server, \
                COALESCE(s.name, '') AS server_name, COALESCE(s.ipaddress, '') AS server_address, \
                COALESCE(s.hostname, '') AS server_host, h.suspendreason AS suspension_reason, \
                h.firstpaymentamount AS first_payment, h.amount AS recurring, h.paymentmethod AS payment_method, \
                h.billingcycle AS cycle, COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS next_due, \
                h.domainstatus AS status, h.username, h.password, h.subscriptionid AS subscription, \
                CAST(h.promoid AS SIGNED) AS promotion, h.overideautosuspend <> 0 AS is_never_suspended, \
                COALESCE(CAST(h.overidesuspenduntil AS CHAR), '0000-00-00') AS not_suspended_until, \
                h.ns1 AS nameserver1, h.ns2 AS nameserver2, h.assignedips AS assigned_addresses, h.notes, \
                CAST(h.diskusage AS SIGNED) AS disk_usage, CAST(h.disklimit AS SIGNED) AS disk_limit, \
                CAST(h.bwusage AS SIGNED) AS bandwidth_usage, CAST(h.bwlimit AS SIGNED) AS bandwidth_limit, \
                COALESCE(CAST(h.lastupdate AS CHAR), '0000-00-00 00:00:00') AS usage_read_at",
        table: "tblhosting h",
        joins: "LEFT JOIN tblorders o ON o.id = h.orderid LEFT JOIN tblproducts p ON p.id = h.packageid \
                LEFT JOIN tblproductgroups g ON g.id = p.gid LEFT JOIN tblservers s ON s.id = h.server",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY h.id",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &ServiceFilter) {
    query.push(" WHERE TRUE");
    if let Some(client) = filter.client {
        query.push(" AND h.userid = ").push_bind(client);
    }
    if let Some(id) = filter.id {
        query.push(" AND h.id = ").push_bind(id);
    }
    if let Some(product) = filter.product {
        query.push(" AND h.packageid = ").push_bind(product);
    }
    if let Some(domain) = &filter.domain {
        push_is(query.push(" AND "), "h.domain", domain);
    }
    if let Some(username) = &filter.username {
        push_is(query.push(" AND "), "h.username", username);
    }
    if let Some(status) = &filter.status {
        push_is(query.push(" AND "), "h.domainstatus", status);
    }
    if let Some(server) = filter.server {
        query.push(" AND h.server = ").push_bind(server);
    }
    if let Some(since) = filter.updated_since {
        query.push(" AND h.updated_at >= ").push_bind(changed_since(since));
    }
}

/// A service of a locked order, with the stock that it takes.
#[derive(Debug)]
pub struct ServiceStock {
    pub product: i64,
    pub quantity: i64,
    pub status: String,
    /// Whether its product exists and counts its stock.
    pub is_counted: bool,
}

from_row!(ServiceStock { product, quantity, status, is_counted });

/// Reads and locks the services of an order, which must be locked.
pub async fn lock_of_order(db: &mut Lease, order: OrderId) -> sqlx::Result<Vec<ServiceStock>> {
    sqlx::query_as(LOCK_OF_ORDER).bind(order).fetch_all(db.locked()?).await
}

/// Sets the status of an order's services: of all, or only of pending ones.
pub async fn set_status_of_order(
    tx: &mut Writer<'_>,
    order: OrderId,
    status: &'static str,
    all: bool,
) -> sqlx::Result<()> {
    let change = sqlx::query(SET_STATUS_OF_ORDER).bind(status).bind(tx.now.utc()).bind(order).bind(all);
    tx.execute(change).await.map(|_| ())
}

/// Deletes an order's services with their cancellation requests and pending module commands, and what affiliates were to earn
/// with them.
pub async fn delete_of_order(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    for statement in
        [DELETE_CANCEL_REQUESTS_OF_ORDER, DELETE_AFFILIATE_ACCOUNTS_OF_ORDER, DELETE_QUEUED_OF_ORDER, DELETE_OF_ORDER]
    {
        tx.execute(sqlx::query(statement).bind(order)).await?;
    }
    Ok(())
}

/// Returns the client that a service belongs to.
pub async fn client(db: &mut MySqlConnection, id: ServiceId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// A service that was locked to be changed: what its price depends on, and whether it uses stock.
#[derive(Debug)]
pub struct StoredService {
    pub id: ServiceId,
    pub product: ProductId,
    pub quantity: i64,
    pub cycle: String,
    /// 0 for none, as is the promotion.
    pub server: ServerId,
    pub payment_method: String,
    pub promotion: PromotionId,
    /// Number of terms to which the promotion has been applied.
    pub promotion_uses: i64,
    pub status: String,
    /// Whether its product exists and counts its stock.
    pub is_counted: bool,
}

from_row!(StoredService {
    id,
    product,
    quantity,
    cycle,
    server,
    payment_method,
    promotion,
    promotion_uses,
    status,
    is_counted
});

/// Reads a service and locks its row until the transaction ends. The client's row must have been locked before.
pub async fn lock(db: &mut Lease, id: ServiceId) -> sqlx::Result<Option<StoredService>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

pub async fn server_exists(db: &mut MySqlConnection, id: ServerId) -> sqlx::Result<bool> {
    sqlx::query_scalar(SERVER_EXISTS).bind(id).fetch_one(db).await
}

/// Changes to a service; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct ServiceChanges {
    pub product: Option<ProductId>,
    /// 0 for none.
    pub server: Option<i64>,
    /// This and the other dates may be `0000-00-00`.
    pub registered: Option<String>,
    /// The date of the next invoice is set with it.
    pub next_due: Option<String>,
    pub terminated: Option<String>,
    pub domain: Option<String>,
    pub first_payment: Option<Money>,
    pub recurring: Option<Money>,
    pub payment_method: Option<String>,
    pub cycle: Option<Cycle>,
    pub subscription: Option<String>,
    pub status: Option<Status>,
    pub notes: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub is_never_suspended: Option<bool>,
    pub not_suspended_until: Option<String>,
    pub nameserver1: Option<String>,
    pub nameserver2: Option<String>,
    pub dedicated_address: Option<String>,
    pub assigned_addresses: Option<String>,
    pub disk_usage: Option<i64>,
    pub disk_limit: Option<i64>,
    pub bandwidth_usage: Option<i64>,
    pub bandwidth_limit: Option<i64>,
    pub suspension_reason: Option<String>,
    /// 0 for none. With another promotion, the number of uses starts again.
    pub promotion: Option<i64>,
}

impl ServiceChanges {
    /// The time at which usage was measured, if any is given.
    fn usage_read_at(&self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        [self.disk_usage, self.disk_limit, self.bandwidth_usage, self.bandwidth_limit]
            .iter()
            .any(Option::is_some)
            .then_some(now)
    }
}

pub async fn update(tx: &mut Writer<'_>, id: ServiceId, changes: &ServiceChanges) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(changes.product)
        .bind(changes.server)
        .bind(&changes.registered)
        .bind(&changes.next_due)
        .bind(&changes.next_due)
        .bind(&changes.terminated)
        .bind(&changes.domain)
        .bind(changes.first_payment)
        .bind(changes.recurring)
        .bind(&changes.payment_method)
        .bind(changes.cycle.map(Cycle::name))
        .bind(&changes.subscription)
        .bind(changes.status.map(Status::name))
        .bind(&changes.notes)
        .bind(&changes.username)
        .bind(&changes.password)
        .bind(changes.is_never_suspended)
        .bind(&changes.not_suspended_until)
        .bind(&changes.nameserver1)
        .bind(&changes.nameserver2)
        .bind(&changes.dedicated_address)
        .bind(&changes.assigned_addresses)
        .bind(changes.disk_usage)
        .bind(changes.disk_limit)
        .bind(changes.bandwidth_usage)
        .bind(changes.bandwidth_limit)
        .bind(&changes.suspension_reason)
        .bind(changes.promotion)
        .bind(changes.promotion)
        .bind(changes.promotion)
        .bind(changes.usage_read_at(tx.now.local()))
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}
