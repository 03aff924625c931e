//! Events about each of several rows that one statement changes or deletes. They are raised before it, by a statement with the same
//! condition; nothing is read, and nothing is sent to the database if nobody listens.

use sqlx::MySql;
use sqlx::mysql::MySqlArguments;
use sqlx::query::Query;

use crate::database::writer::Writer;
use crate::domain::id::{ClientId, OrderId, ServiceId};

/// A statement that raises an event of each row: from the id of a row, its client, the parameters as JSON, and the rows with their
/// condition.
macro_rules! of_each {
    ($id:literal, $client:literal, ($($data:tt)+), ($($rows:tt)+)) => {
        concat!(
            "INSERT INTO mod_whmcs_api_events (event_id, sequence, name, subject, subject_id, data, created_at) \
             SELECT CONCAT('evt_', ?, LOWER(LPAD(HEX(", $id, "), 8, '0'))), NULL, ?, 'client', ", $client, ", ", $($data)+,
            ", ? FROM ", $($rows)+, " AND EXISTS (SELECT 1 FROM mod_whmcs_api_webhooks)"
        )
    };
}

/// The condition of unpaid invoices `i` that are for one service alone. Not those that money belongs to, or may come to belong to.
macro_rules! only_of_service {
    () => {
        "i.userid = (SELECT h.userid FROM tblhosting h WHERE h.id = ?) AND i.status = 'Unpaid' AND i.credit = 0 \
           AND EXISTS(SELECT 1 FROM tblinvoiceitems l WHERE l.invoiceid = i.id AND l.type = 'Hosting' AND l.relid = ?) \
           AND NOT EXISTS(SELECT 1 FROM tblinvoiceitems l WHERE l.invoiceid = i.id \
                          AND l.type NOT IN ('GroupDiscount', 'LateFee') \
                          AND NOT (l.type IN ('Hosting', 'Setup', 'PromoHosting') AND l.relid = ?) \
                          AND NOT (l.type = 'Addon' AND l.relid IN (SELECT a.id FROM tblhostingaddons a WHERE a.hostingid = ?))) \
           AND NOT EXISTS(SELECT 1 FROM tblaccounts t WHERE t.invoiceid = i.id) \
           AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_charges x \
                          WHERE x.invoice_id = i.id AND x.state IN ('open', 'sent', 'unknown', 'pending'))"
    };
}
pub(in crate::store) use only_of_service;

/// Invoices of a condition.
macro_rules! invoices {
    ($($condition:tt)+) => {
        of_each!("i.id", "i.userid", ("CONCAT('{\"invoiceid\":', i.id, '}')"), ("tblinvoices i WHERE ", $($condition)+))
    };
}

/// Addons of a condition that get another status.
macro_rules! addons {
    ($condition:literal) => {
        of_each!(
            "a.id",
            "COALESCE(NULLIF(a.userid, 0), h.userid, 0)",
            ("CONCAT('{\"id\":', a.id, ',\"userid\":', COALESCE(NULLIF(a.userid, 0), h.userid, 0), ',\"serviceid\":', a.hostingid, \
                     ',\"addonid\":', a.addonid, '}')"),
            ("tblhostingaddons a LEFT JOIN tblhosting h ON h.id = a.hostingid \
              WHERE a.status <> ? AND COALESCE(? = (a.status = 'Suspended'), TRUE) AND ", $condition)
        )
    };
}

/// The rows of a table that are deleted with their order.
macro_rules! deleted {
    ($table:literal, $parameter:literal) => {
        of_each!(
            "t.id",
            "t.userid",
            ("CONCAT('{\"userid\":', t.userid, ',\"", $parameter, "\":', t.id, '}')"),
            ($table, " t WHERE t.orderid = ?")
        )
    };
}

/// The upgrades of one type that are carried out together with one of them.
macro_rules! upgrades {
    ($type:literal) => {
        of_each!(
            "u.id",
            "u.userid",
            ("CONCAT('{\"upgradeid\":', u.id, '}')"),
            ("tblupgrades paid JOIN tblupgrades u ON u.orderid = paid.orderid AND u.userid = paid.userid AND u.paid <> 'Y' \
                   AND u.status = 'Pending' AND u.type = '", $type, "' \
              WHERE paid.id = ? AND paid.paid <> 'Y' AND paid.status = 'Pending'")
        )
    };
}

const UNPAID_INVOICES: &str = invoices!("i.userid = ? AND i.status = 'Unpaid'");
const INVOICES_OF_SERVICE: &str = invoices!(only_of_service!());
const INVOICES_OF_GATEWAY: &str = of_each!(
    "i.id",
    "i.userid",
    ("CONCAT('{\"invoiceid\":', i.id, ',\"paymentmethod\":', JSON_QUOTE(?), '}')"),
    ("tblinvoices i WHERE i.paymentmethod = ? AND i.status IN ('Draft', 'Unpaid', 'Payment Pending', 'Collections')")
);
const SERVICES_OF_ORDER: &str = deleted!("tblhosting", "serviceid");
const DOMAINS_OF_ORDER: &str = deleted!("tbldomains", "domainid");
const DELETED_ADDONS: &str = of_each!(
    "a.id",
    "COALESCE(NULLIF(a.userid, 0), h.userid, 0)",
    ("CONCAT('{\"id\":', a.id, '}')"),
    ("tblhostingaddons a LEFT JOIN tblhosting h ON h.id = a.hostingid WHERE (a.orderid = ? OR h.orderid = ?)")
);
const ADDONS_OF_ORDER: &str = addons!("a.orderid = ? AND (? OR a.status = 'Pending')");
const ADDONS_OF_SERVICE: &str = addons!("a.hostingid = ? AND a.status IN ('Pending', 'Active', 'Suspended')");
const ADDONS_OF_CLIENT: &str = addons!("h.userid = ? AND a.status IN ('Pending', 'Active', 'Suspended')");
const ADDON: &str = addons!("a.id = ?");
const ADDON_WITH_STATUS: &str = addons!("a.id = ? AND a.status = ?");
const UPGRADES_OF_PRODUCTS: &str = upgrades!("package");
const UPGRADES_OF_OPTIONS: &str = upgrades!("configoptions");

type Insert = Query<'static, MySql, MySqlArguments>;

async fn raise(
    tx: &mut Writer<'_>,
    name: &'static str,
    statement: &'static str,
    bind: impl FnOnce(Insert) -> Insert,
) -> sqlx::Result<()> {
    if !tx.wanted.has(name) {
        return Ok(());
    }
    let id = super::events::new_id()?;
    // The rest of the id is that of the row.
    let random = id.get(4..28).unwrap_or_default().to_owned();
    tx.execute(bind(sqlx::query(statement).bind(random).bind(name))).await.map(|_| ())
}

/// Before all unpaid invoices of a client are cancelled.
pub async fn unpaid_invoices_cancelled(tx: &mut Writer<'_>, client: ClientId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    raise(tx, "InvoiceCancelled", UNPAID_INVOICES, |insert| insert.bind(utc).bind(client)).await
}

/// Before the unpaid invoices of a service are cancelled that are for nothing else.
pub async fn invoices_of_service_cancelled(tx: &mut Writer<'_>, service: i64) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let bind = |insert: Insert| insert.bind(utc).bind(service).bind(service).bind(service).bind(service);
    raise(tx, "InvoiceCancelled", INVOICES_OF_SERVICE, bind).await
}

/// Before invoices that are still to be paid are to be paid through another gateway.
pub async fn gateway_replaced(tx: &mut Writer<'_>, gateway: &str, by: &str) -> sqlx::Result<()> {
    let (utc, gateway, by) = (tx.now.utc(), gateway.to_owned(), by.to_owned());
    raise(tx, "InvoiceChangeGateway", INVOICES_OF_GATEWAY, |insert| insert.bind(by).bind(utc).bind(gateway)).await
}

/// Before everything that an order consists of is deleted.
pub async fn items_deleted(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    raise(tx, "AddonDeleted", DELETED_ADDONS, |insert| insert.bind(utc).bind(order).bind(order)).await?;
    raise(tx, "ServiceDelete", SERVICES_OF_ORDER, |insert| insert.bind(utc).bind(order)).await?;
    raise(tx, "DomainDelete", DOMAINS_OF_ORDER, |insert| insert.bind(utc).bind(order)).await
}

/// Before an upgrade is carried out, with the others of its order.
pub async fn upgraded(tx: &mut Writer<'_>, upgrade: i64) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    raise(tx, "AfterProductUpgrade", UPGRADES_OF_PRODUCTS, |insert| insert.bind(utc).bind(upgrade)).await?;
    raise(tx, "AfterConfigOptionsUpgrade", UPGRADES_OF_OPTIONS, |insert| insert.bind(utc).bind(upgrade)).await
}

/// Which addons get another status.
#[derive(Debug, Clone, Copy)]
pub enum Addons<'s> {
    /// Those of an order: all, or only pending ones.
    OfOrder(OrderId, bool),
    /// Those of a service that have not ended.
    OfService(ServiceId),
    /// Those of a client that have not ended.
    OfClient(ClientId),
    One(i64),
    /// One, if it has this status.
    WithStatus(i64, &'s str),
}

/// Before addons get another status. There is no event of those that are pending or completed.
pub async fn addons_changed(tx: &mut Writer<'_>, which: Addons<'_>, status: &str) -> sqlx::Result<()> {
    // What an event says may depend on whether the addon was suspended.
    let events: &[(&'static str, Option<bool>)] = match status {
        "Active" => &[("AddonActivated", Some(false)), ("AddonUnsuspended", Some(true))],
        "Suspended" => &[("AddonSuspended", None)],
        "Terminated" => &[("AddonTerminated", None)],
        "Cancelled" => &[("AddonCancelled", None)],
        "Fraud" => &[("AddonFraud", None)],
        _ => &[],
    };
    let utc = tx.now.utc();
    for &(name, was_suspended) in events {
        let begin = |insert: Insert| insert.bind(utc).bind(status.to_owned()).bind(was_suspended);
        match which {
            Addons::OfOrder(order, all) => {
                raise(tx, name, ADDONS_OF_ORDER, |it| begin(it).bind(order).bind(all)).await?;
            }
            Addons::OfService(service) => raise(tx, name, ADDONS_OF_SERVICE, |it| begin(it).bind(service)).await?,
            Addons::OfClient(client) => raise(tx, name, ADDONS_OF_CLIENT, |it| begin(it).bind(client)).await?,
            Addons::One(addon) => raise(tx, name, ADDON, |it| begin(it).bind(addon)).await?,
            Addons::WithStatus(addon, before) => {
                raise(tx, name, ADDON_WITH_STATUS, |it| begin(it).bind(addon).bind(before.to_owned())).await?;
            }
        }
    }
    Ok(())
}
