//! Invoices and their lines (`tblinvoices`, `tblinvoiceitems`).

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{Direction, Page};
use crate::database::sql::changed_since;
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::tax::{Rate, Rates, Totals};

/// An invoice without its lines.
#[derive(Debug)]
pub struct InvoiceRow {
    pub id: InvoiceId,
    pub client: ClientId,
    /// The client's names are empty if the client was deleted.
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    pub number: String,
    /// Like the other dates and times, `0000-00-00` or `0000-00-00 00:00:00` if there is none.
    pub date: String,
    pub due_date: String,
    pub paid_at: String,
    pub last_capture_attempt: String,
    pub refunded_at: String,
    pub cancelled_at: String,
    pub subtotal: Money,
    pub credit: Money,
    pub tax: Money,
    pub tax2: Money,
    pub total: Money,
    pub rate: Rate,
    pub rate2: Rate,
    pub status: String,
    pub payment_method: String,
    /// Whether the invoice's gateway charges cards.
    pub charges_cards: bool,
    pub pay_method: Option<i64>,
    pub notes: String,
    pub created_at: String,
    pub updated_at: String,
    /// The code of the client's currency; `prefix` and `suffix` are written before and after an amount.
    pub currency: String,
    pub prefix: String,
    pub suffix: String,
}

from_row!(InvoiceRow {
    id,
    client,
    first_name,
    last_name,
    company,
    number,
    date,
    due_date,
    paid_at,
    last_capture_attempt,
    refunded_at,
    cancelled_at,
    subtotal,
    credit,
    tax,
    tax2,
    total,
    rate,
    rate2,
    status,
    payment_method,
    charges_cards,
    pay_method,
    notes,
    created_at,
    updated_at,
    currency,
    prefix,
    suffix
});

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(i.id AS SIGNED) AS id, CAST(i.userid AS SIGNED) AS client, \
                    COALESCE(c.firstname, '') AS first_name, COALESCE(c.lastname, '') AS last_name, \
                    COALESCE(c.companyname, '') AS company, i.invoicenum AS number, \
                    COALESCE(CAST(i.date AS CHAR), '0000-00-00') AS date, \
                    COALESCE(CAST(i.duedate AS CHAR), '0000-00-00') AS due_date, \
                    COALESCE(CAST(i.datepaid AS CHAR), '0000-00-00 00:00:00') AS paid_at, \
                    COALESCE(CAST(i.last_capture_attempt AS CHAR), '0000-00-00 00:00:00') AS last_capture_attempt, \
                    COALESCE(CAST(i.date_refunded AS CHAR), '0000-00-00 00:00:00') AS refunded_at, \
                    COALESCE(CAST(i.date_cancelled AS CHAR), '0000-00-00 00:00:00') AS cancelled_at, \
                    i.subtotal, i.credit, i.tax, i.tax2, i.total, i.taxrate AS rate, i.taxrate2 AS rate2, i.status, \
                    i.paymentmethod AS payment_method, \
                    EXISTS(SELECT 1 FROM tblpaymentgateways \
                           WHERE gateway = CONVERT(i.paymentmethod USING utf8mb4) COLLATE utf8mb4_unicode_ci \
                             AND setting = 'type' AND value = 'CC') AS charges_cards, \
                    CAST(i.paymethodid AS SIGNED) AS pay_method, i.notes, \
                    COALESCE(CAST(i.created_at AS CHAR), '0000-00-00 00:00:00') AS created_at, \
                    COALESCE(CAST(i.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated_at, \
                    COALESCE(m.code, '') AS currency, COALESCE(m.prefix, '') AS prefix, COALESCE(m.suffix, '') AS suffix \
             FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies m ON m.id = c.currency ",
            $rest
        )
    };
}

pub async fn find(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<InvoiceRow>> {
    sqlx::query_as(select!("WHERE i.id = ?")).bind(id).fetch_optional(db).await
}

/// Filter for invoices; all conditions must hold.
#[derive(Debug)]
pub struct InvoiceFilter {
    pub client: Option<ClientId>,
    /// A status, or `Overdue`.
    pub status: Option<String>,
    /// Only invoices that have changed since this time, in UTC.
    pub updated_since: Option<NaiveDateTime>,
    /// The current date: an unpaid invoice with an earlier due date is overdue.
    pub today: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvoiceSort {
    Id,
    Number,
    Date,
    DueDate,
    Total,
    Status,
}

pub async fn count(db: &mut MySqlConnection, filter: &InvoiceFilter) -> sqlx::Result<i64> {
    let mut query = QueryBuilder::new("SELECT COUNT(*) FROM tblinvoices i");
    apply_filter(&mut query, filter);
    query.build_query_scalar().fetch_one(db).await
}

pub async fn list(
    db: &mut MySqlConnection,
    filter: &InvoiceFilter,
    order: InvoiceSort,
    direction: Direction,
    page: Page,
) -> sqlx::Result<Vec<InvoiceRow>> {
    let mut query = QueryBuilder::new(select!(""));
    apply_filter(&mut query, filter);
    let (ascending, descending) = match order {
        InvoiceSort::Id => (" ORDER BY i.id", " ORDER BY i.id DESC"),
        InvoiceSort::Number => (" ORDER BY i.invoicenum, i.id", " ORDER BY i.invoicenum DESC, i.id DESC"),
        InvoiceSort::Date => (" ORDER BY i.date, i.id", " ORDER BY i.date DESC, i.id DESC"),
        InvoiceSort::DueDate => (" ORDER BY i.duedate, i.id", " ORDER BY i.duedate DESC, i.id DESC"),
        InvoiceSort::Total => (" ORDER BY i.total, i.id", " ORDER BY i.total DESC, i.id DESC"),
        InvoiceSort::Status => (" ORDER BY i.status, i.id", " ORDER BY i.status DESC, i.id DESC"),
    };
    query.push(if direction == Direction::Ascending { ascending } else { descending });
    page.append_to(&mut query);
    query.build_query_as().fetch_all(db).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &InvoiceFilter) {
    query.push(" WHERE TRUE");
    if let Some(client) = filter.client {
        query.push(" AND i.userid = ").push_bind(client);
    }
    match filter.status.as_deref() {
        Some(status) if status.eq_ignore_ascii_case("Overdue") => {
            query.push(" AND i.status = 'Unpaid' AND i.duedate < ").push_bind(filter.today);
        }
        Some(status) => {
            query.push(" AND i.status = ").push_bind(status.to_owned());
        }
        None => {}
    }
    if let Some(time) = filter.updated_since {
        query.push(" AND i.updated_at >= ").push_bind(changed_since(time));
    }
}

/// Returns the client that an invoice belongs to.
pub async fn client(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(CLIENT).bind(id).fetch_optional(db).await?;
    Ok(client.map(ClientId))
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
pub async fn lock(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<InvoiceBalance>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db).await
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

statements! {
    CLIENT = "SELECT CAST(userid AS SIGNED) FROM tblinvoices WHERE id = ?";
    LOCK = "SELECT CAST(i.id AS SIGNED) AS id, i.status, i.subtotal, i.tax, i.tax2, i.total, i.credit, \
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
    LINES = select_lines!("FROM tblinvoiceitems l WHERE l.invoiceid = ?");
    CREATE = "INSERT INTO tblinvoices (userid, invoicenum, date, duedate, datepaid, subtotal, credit, tax, tax2, total, \
                                  taxrate, taxrate2, status, paymentmethod, notes, created_at, updated_at) \
         VALUES (?, '', ?, ?, COALESCE(?, '0000-00-00 00:00:00'), ?, 0.00, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    ADD_LINE = "INSERT INTO tblinvoiceitems (invoiceid, userid, type, relid, description, amount, taxed, duedate, \
                                      paymentmethod, notes) \
         SELECT id, ?, ?, ?, ?, ?, ?, duedate, paymentmethod, '' FROM tblinvoices WHERE id = ?";
    CHANGE_LINE = "UPDATE tblinvoiceitems SET description = ?, amount = ?, taxed = ? WHERE id = ? AND invoiceid = ?";
    DELETE_LINE = "DELETE FROM tblinvoiceitems WHERE id = ? AND invoiceid = ?";
    UPDATE = "UPDATE tblinvoices SET status = COALESCE(?, status), paymentmethod = COALESCE(?, paymentmethod), \
                taxrate = ?, taxrate2 = ?, subtotal = ?, tax = ?, tax2 = ?, credit = ?, total = ?, \
                date = COALESCE(?, date), duedate = COALESCE(?, duedate), notes = COALESCE(?, notes), \
                datepaid = COALESCE(?, CASE WHEN ? THEN '0000-00-00 00:00:00' END, datepaid), \
                date_cancelled = COALESCE(?, date_cancelled), date_refunded = COALESCE(?, date_refunded), updated_at = ? \
         WHERE id = ?";
    APPLY_CREDIT = "UPDATE tblinvoices SET credit = credit + ?, total = total - ?, updated_at = ? \
         WHERE id = ? AND total >= ? AND status IN ('Unpaid', 'Collections', 'Payment Pending')";
    SET_STATUS = "UPDATE tblinvoices SET status = ?, datepaid = COALESCE(?, CASE WHEN ? THEN '0000-00-00 00:00:00' END, datepaid), \
                updated_at = ? WHERE id = ? AND status <> ?";
    CANCEL_UNPAID = "UPDATE tblinvoices SET status = 'Cancelled', date_cancelled = ?, updated_at = ? \
         WHERE id = ? AND userid = ? AND status = 'Unpaid'";
    DELETE_WITHOUT_MONEY = "DELETE FROM tblinvoices \
         WHERE id = ? AND userid = ? AND status IN ('Draft', 'Unpaid', 'Cancelled') AND credit = 0 \
           AND (datepaid IS NULL OR datepaid = '0000-00-00 00:00:00') \
           AND NOT EXISTS (SELECT 1 FROM tblaccounts WHERE tblaccounts.invoiceid = tblinvoices.id)";
    DELETE_LINES = "DELETE FROM tblinvoiceitems WHERE invoiceid = ?";
}

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
    for line in &new.lines {
        lines.push(add_line(tx, new.client, id, line).await?);
    }
    Ok((id, lines))
}

/// Inserts a line with the due date of its invoice, and returns its id.
pub async fn add_line(tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId, line: &Line) -> sqlx::Result<i64> {
    let insert = sqlx::query(ADD_LINE)
        .bind(client)
        .bind(line.kind.name())
        .bind(line.related)
        .bind(&line.description)
        .bind(line.amount)
        .bind(i32::from(line.taxed))
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
        .bind(changes.status == Some(Status::Unpaid))
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

/// Deletes an invoice of a client, with its lines, if it was never Paid and has neither payments nor credit. Returns
/// `false`, with nothing deleted, otherwise.
pub async fn delete_if_without_payments(tx: &mut Writer<'_>, id: InvoiceId, client: ClientId) -> sqlx::Result<bool> {
    let is_deleted = tx.change(sqlx::query(DELETE_WITHOUT_MONEY).bind(id).bind(client)).await?;
    if is_deleted {
        tx.execute(sqlx::query(DELETE_LINES).bind(id)).await?;
    }
    Ok(is_deleted)
}
