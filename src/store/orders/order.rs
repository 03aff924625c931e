//! Orders, their statuses and upgrades (`tblorders`, `tblorderstatuses`, `tblupgrades`).

use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::lease::Lease;
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::push_is;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId, OrderId};
use crate::domain::money::Money;
use crate::domain::order::Status;

const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblorders WHERE id = ?";
const LOCK: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, status, \
            CAST(invoiceid AS SIGNED) AS invoice, promocode AS promotion_code \
     FROM tblorders WHERE id = ? FOR UPDATE";
const FOR_FRAUD_CHECK: &str = "SELECT CAST(id AS SIGNED) AS id, CAST(ordernum AS SIGNED) AS number, CAST(userid AS SIGNED) AS client, \
            CAST(invoiceid AS SIGNED) AS invoice, amount, paymentmethod AS payment_method, ipaddress AS address \
     FROM tblorders WHERE id = ?";
const SET_FRAUD_CHECK: &str = "UPDATE tblorders SET fraudmodule = ?, fraudoutput = ? WHERE id = ?";
const SET_STATUS: &str = "UPDATE tblorders SET status = ? WHERE id = ?";
const SET_STATUS_OF_UPGRADES: &str =
    "UPDATE tblupgrades SET status = ? WHERE orderid = ? AND status IN ('Pending', 'Cancelled', 'Fraud')";
const DELETE_UPGRADES_OF_SERVICES: &str = "DELETE u FROM tblupgrades u JOIN tblhosting h ON h.id = u.relid \
     WHERE h.orderid = ? AND u.type IN ('package', 'configoptions')";
const DELETE_UPGRADES: &str = "DELETE FROM tblupgrades WHERE orderid = ?";
const DELETE: &str = "DELETE FROM tblorders WHERE id = ?";

/// What is asked about an order when it is checked for fraud.
#[derive(Debug)]
pub struct FraudOrder {
    pub id: i64,
    pub number: i64,
    pub client: i64,
    pub invoice: i64,
    pub amount: Money,
    pub payment_method: String,
    pub address: String,
}

from_row!(FraudOrder { id, number, client, invoice, amount, payment_method, address });

pub async fn for_fraud_check(db: &mut MySqlConnection, id: OrderId) -> sqlx::Result<Option<FraudOrder>> {
    sqlx::query_as(FOR_FRAUD_CHECK).bind(id).fetch_optional(db).await
}

/// Stores the result of a fraud check with an order.
pub async fn set_fraud_check(tx: &mut Writer<'_>, id: OrderId, module: &str, output: &str) -> sqlx::Result<()> {
    tx.execute(sqlx::query(SET_FRAUD_CHECK).bind(module).bind(output).bind(id)).await.map(|_| ())
}

/// Filter for orders.
#[derive(Debug)]
pub struct OrderFilter {
    pub id: Option<OrderId>,
    pub client: Option<ClientId>,
    /// The user who placed the order.
    pub requestor: Option<i64>,
    pub status: Option<String>,
}

/// A row of a list of orders.
#[derive(Debug)]
pub struct OrderRow {
    pub id: OrderId,
    pub number: i64,
    pub client: ClientId,
    pub contact: i64,
    pub requestor: i64,
    pub admin_requestor: i64,
    pub date: String,
    pub nameservers: String,
    pub transfer_secret: String,
    pub renewals: String,
    pub promotion_code: String,
    pub promotion_kind: String,
    pub promotion_value: String,
    pub data: String,
    pub amount: Money,
    pub payment_method: String,
    pub invoice: i64,
    pub status: String,
    pub address: String,
    pub fraud_module: String,
    pub fraud_output: String,
    pub notes: String,
    /// The status of the order's invoice; empty if there is none.
    pub payment_status: String,
    /// The client's names are empty if the client was deleted.
    pub first_name: String,
    pub last_name: String,
    /// The text before an amount in the client's currency; `suffix` comes after it.
    pub prefix: String,
    pub suffix: String,
}

from_row!(OrderRow {
    id,
    number,
    client,
    contact,
    requestor,
    admin_requestor,
    date,
    nameservers,
    transfer_secret,
    renewals,
    promotion_code,
    promotion_kind,
    promotion_value,
    data,
    amount,
    payment_method,
    invoice,
    status,
    address,
    fraud_module,
    fraud_output,
    notes,
    payment_status,
    first_name,
    last_name,
    prefix,
    suffix
});

/// Returns a page of orders, the oldest first.
pub async fn list(db: &mut MySqlConnection, filter: &OrderFilter, page: Page) -> sqlx::Result<Listed<OrderRow>> {
    let statement = ListStatement {
        columns: "CAST(o.id AS SIGNED) AS id, CAST(o.ordernum AS SIGNED) AS number, CAST(o.userid AS SIGNED) AS client, \
                CAST(o.contactid AS SIGNED) AS contact, CAST(o.requestor_id AS SIGNED) AS requestor, \
                CAST(o.admin_requestor_id AS SIGNED) AS admin_requestor, \
                COALESCE(CAST(o.date AS CHAR), '0000-00-00 00:00:00') AS date, o.nameservers, \
                o.transfersecret AS transfer_secret, o.renewals, o.promocode AS promotion_code, \
                o.promotype AS promotion_kind, o.promovalue AS promotion_value, o.orderdata AS data, o.amount, \
                o.paymentmethod AS payment_method, CAST(o.invoiceid AS SIGNED) AS invoice, o.status, \
                o.ipaddress AS address, o.fraudmodule AS fraud_module, o.fraudoutput AS fraud_output, o.notes, \
                COALESCE(i.status, '') AS payment_status, COALESCE(c.firstname, '') AS first_name, \
                COALESCE(c.lastname, '') AS last_name, COALESCE(m.prefix, '') AS prefix, \
                COALESCE(m.suffix, '') AS suffix",
        table: "tblorders o",
        joins: "LEFT JOIN tblclients c ON c.id = o.userid LEFT JOIN tblcurrencies m ON m.id = c.currency \
                LEFT JOIN tblinvoices i ON i.id = o.invoiceid",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY o.id",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &OrderFilter) {
    query.push(" WHERE TRUE");
    if let Some(id) = filter.id {
        query.push(" AND o.id = ").push_bind(id);
    }
    if let Some(client) = filter.client {
        query.push(" AND o.userid = ").push_bind(client);
    }
    if let Some(requestor) = filter.requestor {
        query.push(" AND o.requestor_id = ").push_bind(requestor);
    }
    if let Some(status) = &filter.status {
        push_is(query.push(" AND "), "o.status", status);
    }
}

/// The operator's order statuses, and the numbers of orders.
#[derive(Debug)]
pub struct StatusCounts {
    /// In the operator's order.
    pub titles: Vec<String>,
    /// The number of orders in each status that occurs.
    pub counts: Vec<(String, i64)>,
}

/// Reads the statuses and numbers of orders. Tables of old installations may differ in collation, so the statement
/// states one.
pub async fn status_counts(db: &mut MySqlConnection) -> sqlx::Result<StatusCounts> {
    let mut rows: Vec<(bool, i64, i64, String, i64)> = sqlx::query_as(
        "SELECT TRUE, CAST(sortorder AS SIGNED), CAST(id AS SIGNED), \
                CONVERT(title USING utf8mb4) COLLATE utf8mb4_unicode_ci, 0 FROM tblorderstatuses \
         UNION ALL \
         SELECT FALSE, 0, 0, status, COUNT(*) FROM tblorders GROUP BY status",
    )
    .fetch_all(db)
    .await?;
    rows.sort_unstable();
    let (defined, counted): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(is_defined, ..)| *is_defined);
    Ok(StatusCounts {
        titles: defined.into_iter().map(|(_, _, _, title, _)| title).collect(),
        counts: counted.into_iter().map(|(_, _, _, status, count)| (status, count)).collect(),
    })
}

/// Returns the client that an order belongs to.
pub async fn client(db: &mut MySqlConnection, id: OrderId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// An order that was locked to be changed.
#[derive(Debug)]
pub struct LockedOrder {
    pub id: OrderId,
    pub client: ClientId,
    pub status: String,
    /// 0 for none.
    pub invoice: InvoiceId,
    pub promotion_code: String,
}

from_row!(LockedOrder { id, client, status, invoice, promotion_code });

impl LockedOrder {
    pub fn has_status(&self, status: Status) -> bool {
        Status::parse(&self.status) == Some(status)
    }

    /// Whether the order is cancelled or fraudulent.
    pub fn is_final(&self) -> bool {
        Status::parse(&self.status).is_some_and(Status::is_final)
    }
}

/// Reads an order and locks its row until the transaction ends. The client's row must have been locked before.
pub async fn lock(db: &mut Lease, id: OrderId) -> sqlx::Result<Option<LockedOrder>> {
    let order: Option<LockedOrder> = sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await?;
    if let Some(order) = &order {
        db.note_invoice(order.invoice);
    }
    Ok(order)
}

pub async fn set_status(tx: &mut Writer<'_>, id: OrderId, status: Status) -> sqlx::Result<()> {
    let change = sqlx::query(SET_STATUS).bind(status.name()).bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Sets the status of those of an order's upgrades that have not been carried out.
pub async fn set_status_of_upgrades(tx: &mut Writer<'_>, order: OrderId, status: Status) -> sqlx::Result<()> {
    let change = sqlx::query(SET_STATUS_OF_UPGRADES).bind(status.name()).bind(order);
    tx.execute(change).await.map(|_| ())
}

/// Deletes an order with its upgrades and those of its services. The services must still exist.
pub async fn delete(tx: &mut Writer<'_>, id: OrderId) -> sqlx::Result<()> {
    for statement in [DELETE_UPGRADES_OF_SERVICES, DELETE_UPGRADES, DELETE] {
        tx.execute(sqlx::query(statement).bind(id)).await?;
    }
    Ok(())
}
