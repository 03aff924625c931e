//! Addons of services (`tblhostingaddons`).

use chrono::NaiveDateTime;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::lease::Lease;
use crate::database::sql::changed_since;
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AddonId, ClientId, OrderId, ServiceAddonId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::service::Status;
use crate::store::webhooks::each::{self, Addons};

const IS_OF_CLIENT: &str = "SELECT COUNT(*) > 0 FROM tblhostingaddons a JOIN tblhosting h ON h.id = a.hostingid \
     WHERE a.id = ? AND h.userid = ?";
const SET_STATUS_OF_ORDER: &str = "UPDATE tblhostingaddons SET status = ?, updated_at = ? \
     WHERE orderid = ? AND (? OR status = 'Pending')";
const CLIENT: &str = "SELECT CAST(COALESCE(NULLIF(a.userid, 0), h.userid, 0) AS SIGNED) \
     FROM tblhostingaddons a LEFT JOIN tblhosting h ON h.id = a.hostingid WHERE a.id = ?";
const LOCK: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(addonid AS SIGNED) AS predefined, CAST(qty AS SIGNED) AS quantity, \
            billingcycle AS cycle, status, \
            termination_date IS NULL OR termination_date = '0000-00-00' AS has_no_end \
     FROM tblhostingaddons WHERE id = ? FOR UPDATE";
const UPDATE: &str = "UPDATE tblhostingaddons SET status = COALESCE(?, status), addonid = COALESCE(?, addonid), \
            name = COALESCE(?, name), setupfee = COALESCE(?, setupfee), recurring = COALESCE(?, recurring), \
            billingcycle = COALESCE(?, billingcycle), nextduedate = COALESCE(?, nextduedate), \
            nextinvoicedate = COALESCE(?, nextinvoicedate), termination_date = COALESCE(?, termination_date), \
            notes = COALESCE(?, notes), updated_at = ? \
     WHERE id = ?";
const DELETE_OF_SERVICES: &str =
    "DELETE a FROM tblhostingaddons a JOIN tblhosting h ON h.id = a.hostingid WHERE h.orderid = ?";
const DELETE_OF_ORDER: &str = "DELETE FROM tblhostingaddons WHERE orderid = ?";

/// Whether an addon belongs to a service of this client.
pub async fn is_of_client(db: &mut MySqlConnection, addon: i64, client: ClientId) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_OF_CLIENT).bind(addon).bind(client).fetch_one(db).await
}

/// Filter for addons.
#[derive(Debug)]
pub struct ServiceAddonFilter {
    pub services: Option<Vec<ServiceId>>,
    pub client: Option<ClientId>,
    /// Id of the predefined addon (`tbladdons`).
    pub predefined: Option<i64>,
    /// UTC.
    pub updated_since: Option<NaiveDateTime>,
}

/// A row of a list of addons. Dates are `0000-00-00` if there is none.
#[derive(Debug)]
pub struct ServiceAddonRow {
    pub id: i64,
    pub quantity: i64,
    pub client: i64,
    pub order: i64,
    pub service: i64,
    pub predefined: i64,
    /// Empty if the addon has the name of the predefined one.
    pub name: String,
    pub predefined_name: Option<String>,
    pub setup_fee: Money,
    pub recurring: Money,
    pub cycle: String,
    pub tax: String,
    pub status: String,
    pub registered: String,
    pub next_due: String,
    pub next_invoice: String,
    pub payment_method: String,
    pub notes: String,
}

from_row!(ServiceAddonRow {
    id,
    quantity,
    client,
    order,
    service,
    predefined,
    name,
    predefined_name,
    setup_fee,
    recurring,
    cycle,
    tax,
    status,
    registered,
    next_due,
    next_invoice,
    payment_method,
    notes
});

/// Returns the addons that match the filter, the oldest first. Old rows have no client of their own: the service's is
/// used.
pub async fn list(db: &mut MySqlConnection, filter: &ServiceAddonFilter) -> sqlx::Result<Vec<ServiceAddonRow>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(a.id AS SIGNED) AS id, CAST(a.qty AS SIGNED) AS quantity, \
                CAST(COALESCE(NULLIF(a.userid, 0), h.userid, 0) AS SIGNED) AS client, \
                CAST(a.orderid AS SIGNED) AS `order`, CAST(a.hostingid AS SIGNED) AS service, \
                CAST(a.addonid AS SIGNED) AS predefined, a.name, p.name AS predefined_name, \
                a.setupfee AS setup_fee, a.recurring, a.billingcycle AS cycle, a.tax, a.status, \
                COALESCE(CAST(a.regdate AS CHAR), '0000-00-00') AS registered, \
                COALESCE(CAST(a.nextduedate AS CHAR), '0000-00-00') AS next_due, \
                COALESCE(CAST(a.nextinvoicedate AS CHAR), '0000-00-00') AS next_invoice, \
                a.paymentmethod AS payment_method, a.notes \
         FROM tblhostingaddons a LEFT JOIN tblhosting h ON h.id = a.hostingid \
         LEFT JOIN tbladdons p ON p.id = a.addonid WHERE TRUE",
    );
    if let Some(services) = &filter.services {
        query.push(" AND a.hostingid IN (SELECT wanted.id FROM JSON_TABLE(");
        query.push_bind(id_list(services.iter().map(|id| id.0)));
        query.push(", '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted)");
    }
    if let Some(client) = filter.client {
        query.push(" AND (a.userid = ").push_bind(client);
        query.push(" OR (a.userid = 0 AND h.userid = ").push_bind(client).push("))");
    }
    if let Some(predefined) = filter.predefined {
        query.push(" AND a.addonid = ").push_bind(predefined);
    }
    if let Some(since) = filter.updated_since {
        query.push(" AND a.updated_at >= ").push_bind(changed_since(since));
    }
    query.push(" ORDER BY a.id");
    query.build_query_as().fetch_all(db).await
}

/// Returns an addon's own name, or else the predefined addon's.
pub fn name(own: String, predefined: Option<String>) -> String {
    if own.is_empty() { predefined.unwrap_or_default() } else { own }
}

/// Sets the status of an order's addons: of all, or only of pending ones.
pub async fn set_status_of_order(
    tx: &mut Writer<'_>,
    order: OrderId,
    status: &'static str,
    all: bool,
) -> sqlx::Result<()> {
    each::addons_changed(tx, Addons::OfOrder(order, all), status).await?;
    let change = sqlx::query(SET_STATUS_OF_ORDER).bind(status).bind(tx.now.utc()).bind(order).bind(all);
    tx.execute(change).await.map(|_| ())
}

/// Deletes an order's addons and all addons of its services, which must still exist.
pub async fn delete_of_order(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    for statement in [DELETE_OF_SERVICES, DELETE_OF_ORDER] {
        tx.execute(sqlx::query(statement).bind(order)).await?;
    }
    Ok(())
}

/// Returns the client that an addon belongs to. Old rows have no client of their own: the service's is used.
pub async fn client(db: &mut MySqlConnection, id: ServiceAddonId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// An addon that was locked to be changed.
#[derive(Debug)]
pub struct StoredAddon {
    pub id: ServiceAddonId,
    /// Id of the predefined addon (`tbladdons`), or 0.
    pub predefined: i64,
    pub quantity: i64,
    pub cycle: String,
    pub status: String,
    /// Whether it has no date of termination.
    pub has_no_end: bool,
}

from_row!(StoredAddon { id, predefined, quantity, cycle, status, has_no_end });

/// Reads an addon and locks its row until the transaction ends. The client's row must have been locked before.
pub async fn lock(db: &mut Lease, id: ServiceAddonId) -> sqlx::Result<Option<StoredAddon>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

/// Changes to an addon; `None` leaves a field as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AddonChanges {
    pub status: Option<Status>,
    pub predefined: Option<AddonId>,
    pub name: Option<String>,
    pub setup_fee: Option<Money>,
    pub recurring: Option<Money>,
    pub cycle: Option<Cycle>,
    /// This and the other date may be `0000-00-00`. The date of the next invoice is set with it.
    pub next_due: Option<String>,
    pub terminated: Option<String>,
    pub notes: Option<String>,
}

pub async fn update(tx: &mut Writer<'_>, id: ServiceAddonId, changes: &AddonChanges) -> sqlx::Result<()> {
    if let Some(status) = changes.status {
        each::addons_changed(tx, Addons::One(id.0), status.name()).await?;
    }
    let change = sqlx::query(UPDATE)
        .bind(changes.status.map(Status::name))
        .bind(changes.predefined)
        .bind(&changes.name)
        .bind(changes.setup_fee)
        .bind(changes.recurring)
        .bind(changes.cycle.map(Cycle::name))
        .bind(&changes.next_due)
        .bind(&changes.next_due)
        .bind(&changes.terminated)
        .bind(&changes.notes)
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}
