//! What is stored of one client's or one invoice's history, the newest first, and the search for them.
//!
//! Each list has at most [`MOST`] rows: a page for people has no use for more.

use std::time::{Duration, Instant};

use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::errors::is_schema_mismatch;
use crate::database::sql::push_is;
use crate::database::values::from_row;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;

/// Maximum number of rows of a list.
pub const MOST: u32 = 200;
/// Maximum number of results of a search.
const MOST_FOUND: u32 = 50;
/// Number of rows that are searched at a time for something that has no key.
const SEARCHED: u32 = 5_000;

/// A client.
#[derive(Debug)]
pub struct ClientHead {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub email: String,
    pub status: String,
    pub credit: Money,
    pub created: String,
    /// The code of the currency.
    pub currency: String,
}

from_row!(ClientHead { id, first_name, last_name, company, email, status, credit, created, currency });

macro_rules! clients {
    () => {
        "SELECT CAST(c.id AS SIGNED) AS id, c.firstname AS first_name, c.lastname AS last_name, c.companyname AS company, c.email, \
                c.status, c.credit, COALESCE(CAST(c.datecreated AS CHAR), '') AS created, COALESCE(m.code, '') AS currency \
         FROM tblclients c LEFT JOIN tblcurrencies m ON m.id = c.currency WHERE "
    };
}

pub async fn client(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<ClientHead>> {
    sqlx::query_as(concat!(clients!(), "c.id = ?")).bind(id).fetch_optional(db).await
}

/// Returns the clients with this id, or this e-mail address.
pub async fn find_clients(db: &mut MySqlConnection, text: &str) -> sqlx::Result<Vec<ClientHead>> {
    let mut query = QueryBuilder::<MySql>::new(clients!());
    match text.parse::<i64>() {
        Ok(id) => {
            query.push("c.id = ").push_bind(id);
        }
        Err(_) => push_is(&mut query, "c.email", text),
    }
    query.push(" ORDER BY c.id LIMIT ").push_bind(MOST_FOUND);
    query.build_query_as().persistent(false).fetch_all(db).await
}

/// An invoice in a list.
#[derive(Debug)]
pub struct InvoiceLine {
    pub id: i64,
    pub client: i64,
    pub number: String,
    /// `YYYY-MM-DD`, as the next one; `paid` has a time.
    pub date: String,
    pub due: String,
    pub paid: String,
    pub total: Money,
    pub credit: Money,
    pub status: String,
}

from_row!(InvoiceLine { id, client, number, date, due, paid, total, credit, status });

macro_rules! invoices {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, CAST(userid AS SIGNED) AS client, invoicenum AS number, \
                COALESCE(CAST(date AS CHAR), '') AS date, COALESCE(CAST(duedate AS CHAR), '') AS due, \
                COALESCE(CAST(datepaid AS CHAR), '') AS paid, total, credit, status FROM tblinvoices WHERE "
    };
}

pub async fn invoices(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<InvoiceLine>> {
    sqlx::query_as(concat!(invoices!(), "userid = ? ORDER BY id DESC LIMIT ?"))
        .bind(client)
        .bind(MOST)
        .fetch_all(db)
        .await
}

/// The invoices that a search has found.
#[derive(Debug)]
pub struct FoundInvoices {
    pub invoices: Vec<InvoiceLine>,
    /// Whether older invoices may have the number, too, for which there was no time.
    pub may_have_more: bool,
}

/// Returns the invoices with this id or this number. Numbers have no key: the newest invoices are searched, for as long as
/// `patience` lasts.
pub async fn find_invoices(db: &mut MySqlConnection, text: &str, patience: Duration) -> sqlx::Result<FoundInvoices> {
    let start = Instant::now();
    let mut invoices: Vec<InvoiceLine> = Vec::new();
    if let Ok(id) = text.parse::<i64>() {
        invoices.extend(sqlx::query_as(concat!(invoices!(), "id = ?")).bind(id).fetch_optional(&mut *db).await?);
    }
    let mut before = i64::MAX;
    while let Some(first) = first_of_slice(db, before).await? {
        if invoices.len() >= MOST_FOUND as usize || (before < i64::MAX && start.elapsed() >= patience) {
            return Ok(FoundInvoices { invoices, may_have_more: true });
        }
        let mut query = QueryBuilder::<MySql>::new(invoices!());
        query.push("id >= ").push_bind(first).push(" AND id < ").push_bind(before);
        push_is(query.push(" AND "), "invoicenum", text);
        query.push(" ORDER BY id DESC LIMIT ").push_bind(MOST_FOUND);
        let found: Vec<InvoiceLine> = query.build_query_as().persistent(false).fetch_all(&mut *db).await?;
        let is_known = |invoice: &InvoiceLine| invoices.iter().any(|known| known.id == invoice.id);
        let new: Vec<InvoiceLine> = found.into_iter().filter(|invoice| !is_known(invoice)).collect();
        invoices.extend(new);
        before = first;
    }
    Ok(FoundInvoices { invoices, may_have_more: false })
}

/// Returns the first id of the invoices that are searched next: those before an id, the newest first. `None` if there are none.
async fn first_of_slice(db: &mut MySqlConnection, before: i64) -> sqlx::Result<Option<i64>> {
    let statement = "SELECT CAST(MIN(id) AS SIGNED) FROM \
         (SELECT id FROM tblinvoices WHERE id < ? ORDER BY id DESC LIMIT ?) slice";
    sqlx::query_scalar(statement).bind(before).bind(SEARCHED).fetch_one(db).await
}

/// A change of a client's credit.
#[derive(Debug)]
pub struct CreditLine {
    pub id: i64,
    pub date: String,
    pub description: String,
    pub amount: Money,
}

from_row!(CreditLine { id, date, description, amount });

macro_rules! credit {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(date AS CHAR), '') AS date, description, amount \
         FROM tblcredit WHERE clientid = ? "
    };
}

pub async fn credit(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<CreditLine>> {
    sqlx::query_as(concat!(credit!(), "ORDER BY date DESC, id DESC LIMIT ?"))
        .bind(client)
        .bind(MOST)
        .fetch_all(db)
        .await
}

/// Returns the changes of a client's credit that name an invoice, as those of this server and of WHMCS do. The newest ones are
/// searched.
pub async fn credit_of_invoice(
    db: &mut MySqlConnection,
    client: ClientId,
    invoice: InvoiceId,
) -> sqlx::Result<Vec<CreditLine>> {
    sqlx::query_as(concat!(
        "SELECT id, date, description, amount FROM (",
        credit!(),
        "ORDER BY tblcredit.date DESC, tblcredit.id DESC LIMIT ?) newest WHERE description REGEXP ? ORDER BY date DESC, id DESC LIMIT ?"
    ))
        .bind(client)
        .bind(SEARCHED)
        .bind(format!("Invoice #{invoice}([^0-9]|$)"))
        .bind(MOST)
        .fetch_all(db)
        .await
}

/// A payment or a refund.
#[derive(Debug)]
pub struct PaymentLine {
    pub id: i64,
    pub date: String,
    pub gateway: String,
    pub description: String,
    pub amount_in: Money,
    pub amount_out: Money,
    pub fees: Money,
    pub transaction: String,
    /// 0 for none, as the next one.
    pub invoice: i64,
    pub refund_of: i64,
}

from_row!(PaymentLine { id, date, gateway, description, amount_in, amount_out, fees, transaction, invoice, refund_of });

macro_rules! payments {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(date AS CHAR), '') AS date, gateway, description, amountin AS amount_in, \
                amountout AS amount_out, fees, transid AS `transaction`, CAST(invoiceid AS SIGNED) AS invoice, \
                CAST(refundid AS SIGNED) AS refund_of FROM tblaccounts WHERE "
    };
}

pub async fn payments(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<PaymentLine>> {
    let statement = concat!(payments!(), "userid = ? ORDER BY date DESC, id DESC LIMIT ?");
    sqlx::query_as(statement).bind(client).bind(MOST).fetch_all(db).await
}

pub async fn payments_of_invoice(db: &mut MySqlConnection, invoice: InvoiceId) -> sqlx::Result<Vec<PaymentLine>> {
    let statement = concat!(payments!(), "invoiceid = ? ORDER BY date DESC, id DESC LIMIT ?");
    sqlx::query_as(statement).bind(invoice).bind(MOST).fetch_all(db).await
}

/// Returns the client and the invoice of a payment; 0 for none.
pub async fn owner_of_payment(db: &mut MySqlConnection, payment: i64) -> sqlx::Result<Option<(i64, i64)>> {
    sqlx::query_as("SELECT CAST(userid AS SIGNED), CAST(invoiceid AS SIGNED) FROM tblaccounts WHERE id = ?")
        .bind(payment)
        .fetch_optional(db)
        .await
}

/// A line of the activity log.
#[derive(Debug)]
pub struct ActivityLine {
    pub id: i64,
    pub date: String,
    pub description: String,
    pub user: String,
    pub address: String,
}

from_row!(ActivityLine { id, date, description, user, address });

macro_rules! activity {
    () => {
        "SELECT CAST(id AS SIGNED) AS id, COALESCE(CAST(date AS CHAR), '') AS date, description, user, ipaddr AS address \
         FROM tblactivitylog WHERE userid = ? "
    };
}

pub async fn activity(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<ActivityLine>> {
    sqlx::query_as(concat!(activity!(), "ORDER BY id DESC LIMIT ?")).bind(client).bind(MOST).fetch_all(db).await
}

/// Returns the lines about a client that name an invoice, as those of this server and of WHMCS do. The newest ones are searched.
pub async fn activity_of_invoice(
    db: &mut MySqlConnection,
    client: ClientId,
    invoice: InvoiceId,
) -> sqlx::Result<Vec<ActivityLine>> {
    sqlx::query_as(concat!(
        "SELECT id, date, description, user, address FROM (",
        activity!(),
        "ORDER BY tblactivitylog.id DESC LIMIT ?) newest WHERE description REGEXP ? ORDER BY id DESC LIMIT ?"
    ))
    .bind(client)
    .bind(SEARCHED)
    .bind(format!("Invoice (ID: |#){invoice}([^0-9]|$)"))
    .bind(MOST)
    .fetch_all(db)
    .await
}

/// What an invoice gave for what was paid.
#[derive(Debug)]
pub struct SettlementLine {
    pub id: i64,
    pub kind: String,
    pub related: i64,
    pub amount: Money,
    pub credited: Money,
    pub payment: i64,
    pub reverses: i64,
    pub created: String,
}

from_row!(SettlementLine { id, kind, related, amount, credited, payment, reverses, created });

/// Returns what an invoice gave; nothing if the database has no record of that.
pub async fn settlements(db: &mut MySqlConnection, invoice: InvoiceId) -> sqlx::Result<Vec<SettlementLine>> {
    let read = sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, kind, CAST(related_id AS SIGNED) AS related, amount, credited, \
                CAST(payment_id AS SIGNED) AS payment, CAST(reverses_id AS SIGNED) AS reverses, \
                CAST(created_at AS CHAR) AS created \
         FROM mod_whmcs_api_settlements WHERE invoice_id = ? ORDER BY id DESC LIMIT ?",
    );
    without_table(read.bind(invoice).bind(MOST).fetch_all(db).await)
}

/// A charge or a refund through a gateway.
#[derive(Debug)]
pub struct ChargeLine {
    pub id: i64,
    pub kind: String,
    pub gateway: String,
    pub amount: Money,
    pub state: String,
    pub transaction: String,
    pub created: String,
    /// The entry of the outbox that carries it out, or 0.
    pub entry: i64,
}

from_row!(ChargeLine { id, kind, gateway, amount, state, transaction, created, entry });

/// Returns the charges for an invoice; nothing if the database has no record of that.
pub async fn charges(db: &mut MySqlConnection, invoice: InvoiceId) -> sqlx::Result<Vec<ChargeLine>> {
    let read = sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED) AS id, c.kind, c.gateway, c.amount, c.state, c.transaction_id AS `transaction`, \
                CAST(c.created_at AS CHAR) AS created, \
                COALESCE((SELECT CAST(MAX(e.id) AS SIGNED) FROM mod_whmcs_api_outbox_entries e \
                          WHERE e.kind = 'gateway' AND e.record_id = c.id), 0) AS entry \
         FROM mod_whmcs_api_charges c WHERE c.invoice_id = ? ORDER BY c.id DESC LIMIT ?",
    );
    without_table(read.bind(invoice).bind(MOST).fetch_all(db).await)
}

/// A database that only reads may lack our own tables.
fn without_table<T>(rows: sqlx::Result<Vec<T>>) -> sqlx::Result<Vec<T>> {
    match rows {
        Err(error) if is_schema_mismatch(&error) => Ok(Vec::new()),
        rows => rows,
    }
}
