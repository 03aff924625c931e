//! Accepting orders: the changes to `tblorders` and to the ordered items.

use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{OrderId, ServerId};

pub use crate::store::orders::order::client;
use crate::store::webhooks::each::{self, Addons};

const LOCK_PENDING: &str = "SELECT EXISTS(SELECT 1 FROM tbldomains WHERE orderid = o.id) AS has_domains \
     FROM tblorders o WHERE o.id = ? AND o.status = 'Pending' FOR UPDATE";
const PAID: &str = "SELECT CAST(o.id AS SIGNED) FROM tblorders o JOIN tblinvoices i ON i.id = o.invoiceid \
     WHERE o.status = 'Pending' AND i.status = 'Paid' ORDER BY o.id";
const ASSIGN_TO_SERVICES: &str = "UPDATE tblhosting SET server = COALESCE(?, server), username = COALESCE(?, username), \
         password = COALESCE(?, password), updated_at = ? WHERE orderid = ?";
const ASSIGN_TO_DOMAINS: &str =
    "UPDATE tbldomains SET registrar = COALESCE(?, registrar), updated_at = ? WHERE orderid = ?";
const ACTIVATE_ADDONS: &str =
    "UPDATE tblhostingaddons SET status = 'Active', updated_at = ? WHERE orderid = ? AND status = 'Pending'";
const ACTIVATE_DOMAINS: &str =
    "UPDATE tbldomains SET status = 'Active', updated_at = ? WHERE orderid = ? AND status = 'Pending'";

/// An order that can be accepted.
#[derive(Debug)]
pub struct AcceptableOrder {
    pub has_domains: bool,
}

from_row!(AcceptableOrder { has_domains });

/// Reads a pending order and locks it until the transaction ends.
pub async fn lock_pending(db: &mut Lease, id: OrderId) -> sqlx::Result<Option<AcceptableOrder>> {
    sqlx::query_as(LOCK_PENDING).bind(id).fetch_optional(db.locked()?).await
}

/// Returns the pending orders whose invoice is paid.
pub async fn paid(db: &mut MySqlConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(PAID).fetch_all(db).await
}

/// Values that all items of an order get when it is accepted; `None` leaves them as they are.
#[derive(Debug, Default)]
pub struct OrderAssignment {
    pub server: Option<ServerId>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub registrar: Option<String>,
}

/// Assigns the values, and the password as it is to be stored.
pub async fn assign(
    tx: &mut Writer<'_>,
    order: OrderId,
    assigned: &OrderAssignment,
    password: Option<&str>,
) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let services = sqlx::query(ASSIGN_TO_SERVICES)
        .bind(assigned.server)
        .bind(&assigned.username)
        .bind(password)
        .bind(utc)
        .bind(order);
    tx.execute(services).await?;
    let domains = sqlx::query(ASSIGN_TO_DOMAINS).bind(&assigned.registrar).bind(utc).bind(order);
    tx.execute(domains).await.map(|_| ())
}

/// Activates addons and domains, which have no module.
pub(in crate::store) async fn activate_rest(tx: &mut Writer<'_>, order: OrderId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    each::addons_changed(tx, Addons::OfOrder(order, false), "Active").await?;
    tx.execute(sqlx::query(ACTIVATE_ADDONS).bind(utc).bind(order)).await?;
    tx.execute(sqlx::query(ACTIVATE_DOMAINS).bind(utc).bind(order)).await.map(|_| ())
}
