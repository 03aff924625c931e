//! Invoices and their lines (`tblinvoices`, `tblinvoiceitems`): balances, and what is written. See also
//! [`super::invoice_list`].

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::tax::{Rate, Rates, Totals};

/// Returns the client that an invoice belongs to.
pub async fn client(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// Whether an invoice or a payment of a client has a gateway with exactly this internal name, active or not.
pub async fn has_gateway(db: &mut MySqlConnection, client: ClientId, name: &str) -> sqlx::Result<bool> {
    let query = sqlx::query_scalar(HAS_GATEWAY).bind(client).bind(name.to_owned());
    query.bind(client).bind(name.to_owned()).fetch_one(db).await
}

/// The fields of an invoice that its settlement depends on.
#[derive(Debug)]
pub struct InvoiceBalance {
    pub id: InvoiceId,
    pub status: String,
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub total: Money,
    /// The client's credit that was applied; `total` is already reduced by it.
    pub credit: Money,
    pub rate: Rate,
    pub rate2: Rate,
    pub client: ClientId,
    pub received: Money,
    pub refunded: Money,
    /// Whether any line has_selling_lines something.
    pub has_selling_lines: bool,
    /// Whether the invoice has entries in `mod_whmcs_api_settlements`.
    pub has_entries: bool,
    /// The credit that add-funds lines gave without a settlement entry: before the table of entries existed, or through
    /// a program that writes none.
    pub funds_without_entry: Money,
    /// Likewise, the amount paid beyond the total, which became credit.
    pub overpayment_without_entry: Money,
    pub payment_method: String,
}

from_row!(InvoiceBalance {
    id,
    status,
    subtotal,
    tax,
    tax2,
    total,
    credit,
    rate,
    rate2,
    client,
    received,
    refunded,
    has_selling_lines,
    has_entries,
    funds_without_entry,
    overpayment_without_entry,
    payment_method
});

impl InvoiceBalance {
    /// The totals of the lines, before credit.
    pub fn totals(&self) -> Totals {
        let InvoiceBalance { subtotal, tax, tax2, total, credit, .. } = *self;
        Totals { subtotal, tax, tax2, total: total.checked_add(credit).unwrap_or(total) }
    }

    /// The amount received, less refunds.
    pub fn paid(&self) -> Money {
        self.received - self.refunded
    }

    pub fn has_status(&self, status: Status) -> bool {
        Status::parse(&self.status) == Some(status)
    }
}

/// Reads an invoice and locks its row until the transaction ends. The client's row must have been locked before, so
/// that no two calls wait for each other.
pub async fn lock(db: &mut Lease, id: InvoiceId) -> sqlx::Result<Option<InvoiceBalance>> {
    db.note_invoice(id);
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.locked()?).await
}

/// A line of an invoice.
#[derive(Debug)]
pub struct InvoiceLineRow {
    pub id: i64,
    pub invoice: InvoiceId,
    pub kind: String,
    pub related: i64,
    pub description: String,
    pub amount: Money,
    pub taxed: i64,
}

from_row!(InvoiceLineRow { id, invoice, kind, related, description, amount, taxed });

macro_rules! select_lines {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(l.id AS SIGNED) AS id, CAST(l.invoiceid AS SIGNED) AS invoice, l.type AS kind, \
                    CAST(l.relid AS SIGNED) AS related, l.description, l.amount, CAST(l.taxed AS SIGNED) AS taxed ",
            $rest,
            " ORDER BY l.id"
        )
    };
}

/// What is done with an invoice that no money belongs to, nor may come to belong to.
macro_rules! without_money {
    ($verb:literal) => {
        concat!(
            $verb,
            " FROM tblinvoices \
              WHERE id = ? AND userid = ? AND status IN ('Draft', 'Unpaid', 'Cancelled') AND credit = 0 AND invoicenum = '' \
                AND (datepaid IS NULL OR datepaid = '0000-00-00 00:00:00') \
                AND NOT EXISTS (SELECT 1 FROM tblaccounts WHERE tblaccounts.invoiceid = tblinvoices.id) \
                AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_charges c WHERE c.invoice_id = tblinvoices.id \
                                  AND c.state IN ('open', 'sent', 'unknown', 'pending'))"
        )
    };
}

const CLIENT: &str = "SELECT CAST(userid AS SIGNED) FROM tblinvoices WHERE id = ?";
const PAY_METHOD: &str = "SELECT CAST(COALESCE(paymethodid, 0) AS SIGNED) FROM tblinvoices WHERE id = ?";
const HAS_GATEWAY: &str = "SELECT EXISTS(SELECT 1 FROM tblinvoices WHERE userid = ? AND BINARY paymentmethod = BINARY ?) \
            OR EXISTS(SELECT 1 FROM tblaccounts WHERE userid = ? AND BINARY gateway = BINARY ?)";
const LOCK: &str = "SELECT CAST(i.id AS SIGNED) AS id, i.status, i.subtotal, i.tax, i.tax2, i.total, i.credit, \
            i.taxrate AS rate, i.taxrate2 AS rate2, CAST(i.userid AS SIGNED) AS client, \
            i.paymentmethod AS payment_method, \
            COALESCE((SELECT SUM(amountin) FROM tblaccounts WHERE invoiceid = i.id), 0.00) AS received, \
            COALESCE((SELECT SUM(amountout) FROM tblaccounts WHERE invoiceid = i.id), 0.00) AS refunded, \
            EXISTS(SELECT 1 FROM tblinvoiceitems WHERE invoiceid = i.id AND type IN \
                   ('AddFunds', 'Invoice', 'Hosting', 'Addon', 'DomainRegister', 'DomainTransfer', 'Domain', \
                    'Upgrade')) AS has_selling_lines, \
            EXISTS(SELECT 1 FROM mod_whmcs_api_settlements WHERE invoice_id = i.id) AS has_entries, \
            COALESCE((SELECT SUM(amount) FROM tblcredit \
                      WHERE clientid = i.userid AND amount > 0 AND description LIKE 'Add Funds Invoice #%' \
                        AND (relid = i.id OR description = CONCAT('Add Funds Invoice #', i.id))), 0.00) \
            - COALESCE((SELECT SUM(credited) FROM mod_whmcs_api_settlements \
                        WHERE invoice_id = i.id AND kind = 'AddFunds' AND credited > 0), 0.00) \
            AS funds_without_entry, \
            COALESCE((SELECT SUM(amount) FROM tblcredit \
                      WHERE clientid = i.userid AND amount > 0 AND relid = i.id \
                        AND description LIKE 'Overpayment of Invoice #%'), 0.00) \
            - COALESCE((SELECT SUM(credited) FROM mod_whmcs_api_settlements \
                        WHERE invoice_id = i.id AND kind = 'Overpayment' AND credited > 0), 0.00) \
            AS overpayment_without_entry \
     FROM tblinvoices i WHERE i.id = ? FOR UPDATE";
const LINES: &str = select_lines!("FROM tblinvoiceitems l WHERE l.invoiceid = ?");
const CREATE: &str = "INSERT INTO tblinvoices (userid, invoicenum, date, duedate, datepaid, subtotal, credit, tax, tax2, total, \
                              taxrate, taxrate2, status, paymentmethod, notes, created_at, updated_at) \
     VALUES (?, '', ?, ?, COALESCE(?, '0000-00-00 00:00:00'), ?, 0.00, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const ADD_LINE: &str = "INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, duedate, \
                                  paymentmethod, notes) \
     SELECT id, ?, ?, ?, ?, ?, ?, COALESCE(?, duedate), paymentmethod, '' FROM tblinvoices WHERE id = ?";
const CHANGE_LINE: &str =
    "UPDATE tblinvoiceitems SET description = ?, amount = ?, taxed = ? WHERE id = ? AND invoiceid = ?";
const DELETE_LINE: &str = "DELETE FROM tblinvoiceitems WHERE id = ? AND invoiceid = ?";
const UPDATE: &str = "UPDATE tblinvoices SET status = COALESCE(?, status), paymentmethod = COALESCE(?, paymentmethod), \
            taxrate = ?, taxrate2 = ?, subtotal = ?, tax = ?, tax2 = ?, credit = ?, total = ?, \
            date = COALESCE(?, date), duedate = COALESCE(?, duedate), notes = COALESCE(?, notes), \
            datepaid = COALESCE(?, CASE WHEN ? THEN '0000-00-00 00:00:00' END, datepaid), \
            date_cancelled = COALESCE(?, date_cancelled), date_refunded = COALESCE(?, date_refunded), updated_at = ? \
     WHERE id = ?";
const APPLY_CREDIT: &str = "UPDATE tblinvoices SET credit = credit + ?, total = total - ?, updated_at = ? \
     WHERE id = ? AND total >= ? AND status IN ('Unpaid', 'Collections', 'Payment Pending')";
const SET_STATUS: &str = "UPDATE tblinvoices SET status = ?, datepaid = COALESCE(?, CASE WHEN ? THEN '0000-00-00 00:00:00' END, datepaid), \
            date_refunded = COALESCE(?, date_refunded), updated_at = ? WHERE id = ? AND status <> ?";
const CANCEL_UNPAID: &str = "UPDATE tblinvoices SET status = 'Cancelled', date_cancelled = ?, updated_at = ? \
     WHERE id = ? AND userid = ? AND status = 'Unpaid'";
const DELETE_WITHOUT_MONEY: &str = without_money!("DELETE");
const IS_WITHOUT_MONEY: &str = without_money!("SELECT CAST(id AS SIGNED)");
const DELETE_LINES: &str = "DELETE FROM tblinvoiceitems WHERE invoiceid = ?";

pub async fn lines(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Vec<InvoiceLineRow>> {
    sqlx::query_as(LINES).bind(id).fetch_all(db).await
}

/// Returns the lines of several invoices by invoice id.
pub async fn lines_of_all(
    db: &mut MySqlConnection,
    ids: impl Iterator<Item = InvoiceId>,
) -> sqlx::Result<HashMap<InvoiceId, Vec<InvoiceLineRow>>> {
    let all: Vec<InvoiceLineRow> = sqlx::query_as(select_lines!(
        "FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblinvoiceitems l ON l.invoiceid = wanted.id"
    ))
    .bind(id_list(ids.map(|id| id.0)))
    .fetch_all(db)
    .await?;
    let mut lines: HashMap<InvoiceId, Vec<InvoiceLineRow>> = HashMap::new();
    for line in all {
        lines.entry(line.invoice).or_default().push(line);
    }
    Ok(lines)
}

/// An invoice to insert.
#[derive(Debug)]
pub struct NewInvoice {
    pub client: ClientId,
    pub status: Status,
    pub date: NaiveDate,
    pub due_date: NaiveDate,
    /// The first day of the term that its lines pay for.
    pub item_due_date: NaiveDate,
    /// That of each line, in their order, where it is another one.
    pub due_dates_of_lines: Vec<Option<NaiveDate>>,
    pub payment_method: String,
    pub notes: String,
    pub rates: Rates,
    pub totals: Totals,
    pub lines: Vec<Line>,
}

/// Inserts an invoice, and returns its id and those of its lines.
pub async fn create(tx: &mut Writer<'_>, new: &NewInvoice) -> sqlx::Result<(InvoiceId, Vec<i64>)> {
    let paid_at = (new.status == Status::Paid).then(|| tx.now.local());
    let utc = tx.now.utc();
    let invoice = sqlx::query(CREATE)
        .bind(new.client)
        .bind(new.date)
        .bind(new.due_date)
        .bind(paid_at)
        .bind(new.totals.subtotal)
        .bind(new.totals.tax)
        .bind(new.totals.tax2)
        .bind(new.totals.total)
        .bind(new.rates.first)
        .bind(new.rates.second)
        .bind(new.status.name())
        .bind(&new.payment_method)
        .bind(&new.notes)
        .bind(utc)
        .bind(utc);
    let id = InvoiceId(tx.insert(invoice).await?);
    let mut lines = Vec::with_capacity(new.lines.len());
    for (at, line) in new.lines.iter().enumerate() {
        let due_date = new.due_dates_of_lines.get(at).copied().flatten().unwrap_or(new.item_due_date);
        lines.push(add_line(tx, new.client, id, line, Some(due_date)).await?);
    }
    Ok((id, lines))
}

/// Inserts a line with this due date, by default that of its invoice, and returns its id.
pub async fn add_line(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    line: &Line,
    due_date: Option<NaiveDate>,
) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD_LINE)
        .bind(client)
        .bind(line.kind.name())
        .bind(line.related)
        .bind(&line.description)
        .bind(line.amount)
        .bind(i32::from(line.taxed))
        .bind(due_date)
        .bind(invoice);
    tx.insert(insert).await
}

/// Changes description, amount and taxability of a line; its kind and related row stay.
pub async fn change_line(tx: &mut Writer<'_>, invoice: InvoiceId, id: i64, line: &Line) -> sqlx::Result<()> {
    let change = sqlx::query(CHANGE_LINE)
        .bind(&line.description)
        .bind(line.amount)
        .bind(i32::from(line.taxed))
        .bind(id)
        .bind(invoice);
    tx.execute(change).await.map(|_| ())
}

pub async fn delete_line(tx: &mut Writer<'_>, invoice: InvoiceId, id: i64) -> sqlx::Result<()> {
    let delete = sqlx::query(DELETE_LINE).bind(id).bind(invoice);
    tx.execute(delete).await.map(|_| ())
}

/// Changes to an invoice; `None` leaves a field as it is.
#[derive(Debug)]
pub struct InvoiceChanges {
    pub status: Option<Status>,
    pub payment_method: Option<String>,
    pub rates: Rates,
    pub totals: Totals,
    /// The client's credit that is applied, by which the stored total is reduced.
    pub credit: Money,
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    /// By default, the current time if the status becomes Paid, and no date if it becomes Unpaid.
    pub paid_at: Option<NaiveDateTime>,
    /// Whether the time of payment is removed.
    pub clears_paid_at: bool,
    pub notes: Option<String>,
}

pub async fn update(tx: &mut Writer<'_>, id: InvoiceId, changes: &InvoiceChanges) -> sqlx::Result<()> {
    let now = tx.now.local();
    let time_if_set_to = |status| (changes.status == Some(status)).then_some(now);
    let update = sqlx::query(UPDATE)
        .bind(changes.status.map(Status::name))
        .bind(&changes.payment_method)
        .bind(changes.rates.first)
        .bind(changes.rates.second)
        .bind(changes.totals.subtotal)
        .bind(changes.totals.tax)
        .bind(changes.totals.tax2)
        .bind(changes.credit)
        .bind(changes.totals.total - changes.credit)
        .bind(changes.date)
        .bind(changes.due_date)
        .bind(&changes.notes)
        .bind(changes.paid_at.or(time_if_set_to(Status::Paid)))
        .bind(changes.clears_paid_at || changes.status == Some(Status::Unpaid))
        .bind(time_if_set_to(Status::Cancelled))
        .bind(time_if_set_to(Status::Refunded))
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(update).await.map(|_| ())
}

/// Applies an amount of the client's credit to an invoice. Returns `false`, with nothing written, if the amount exceeds
/// the invoice's total, or the invoice is not to be paid.
pub async fn apply_credit(tx: &mut Writer<'_>, id: InvoiceId, amount: Money) -> sqlx::Result<bool> {
    let change = sqlx::query(APPLY_CREDIT).bind(amount).bind(amount).bind(tx.now.utc()).bind(id).bind(amount);
    tx.change(change).await
}

/// Returns the way to pay that was chosen for an invoice, or 0.
pub async fn pay_method(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<i64> {
    let chosen: Option<i64> = sqlx::query_scalar(PAY_METHOD).bind(id).fetch_optional(db).await?;
    Ok(chosen.unwrap_or_default())
}

/// Sets the status of an invoice. The time of payment becomes `paid_at` if the new status is Paid, and is cleared if it
/// is Unpaid. Returns `false`, with nothing written, if the invoice has the status already.
pub async fn set_status(
    tx: &mut Writer<'_>,
    id: InvoiceId,
    status: Status,
    paid_at: NaiveDateTime,
) -> sqlx::Result<bool> {
    let change = sqlx::query(SET_STATUS)
        .bind(status.name())
        .bind((status == Status::Paid).then_some(paid_at))
        .bind(status == Status::Unpaid)
        .bind((status == Status::Refunded).then(|| tx.now.local()))
        .bind(tx.now.utc())
        .bind(id)
        .bind(status.name());
    tx.change(change).await
}

/// Cancels an invoice of a client. Returns `false`, with nothing written, if its status is not Unpaid.
pub async fn cancel_unpaid(tx: &mut Writer<'_>, id: InvoiceId, client: ClientId) -> sqlx::Result<bool> {
    let change = sqlx::query(CANCEL_UNPAID).bind(tx.now.local()).bind(tx.now.utc()).bind(id).bind(client);
    tx.change(change).await
}

/// Whether [`delete_if_without_payments`] deletes an invoice of a client.
pub async fn is_without_payments(db: &mut MySqlConnection, id: InvoiceId, client: ClientId) -> sqlx::Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(IS_WITHOUT_MONEY).bind(id).bind(client).fetch_optional(db).await?;
    Ok(found.is_some())
}

/// Deletes an invoice of a client, with its lines, if it was never Paid and has neither a number nor
/// payments nor credit. Returns
/// `false`, with nothing deleted, otherwise.
pub async fn delete_if_without_payments(tx: &mut Writer<'_>, id: InvoiceId, client: ClientId) -> sqlx::Result<bool> {
    let is_deleted = tx.change(sqlx::query(DELETE_WITHOUT_MONEY).bind(id).bind(client)).await?;
    if is_deleted {
        tx.execute(sqlx::query(DELETE_LINES).bind(id)).await?;
    }
    Ok(is_deleted)
}
