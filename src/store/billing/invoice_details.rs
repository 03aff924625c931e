//! One invoice with its lines and payments (`tblinvoices`, `tblinvoiceitems`, `tblaccounts`).

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use super::invoices::InvoiceLineRow;
use super::payments::PaymentRow;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::tax::Rate;

/// An invoice with its lines and payments, both ordered by id.
#[derive(Debug)]
pub struct InvoiceDetails {
    pub invoice: InvoiceHeader,
    pub lines: Vec<InvoiceLineRow>,
    pub payments: Vec<PaymentRow>,
}

/// The fields of an invoice itself.
#[derive(Debug)]
pub struct InvoiceHeader {
    pub id: InvoiceId,
    pub client: ClientId,
    pub number: String,
    /// Like the other dates and times, `0000-00-00` or `0000-00-00 00:00:00` if there is none.
    pub date: String,
    pub due_date: String,
    pub paid_at: String,
    pub last_capture_attempt: String,
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
    pub notes: String,
    /// The code of the client's currency; `prefix` and `suffix` are written before and after an amount.
    pub currency: String,
    pub prefix: String,
    pub suffix: String,
}

/// A row of the statement.
enum Part {
    Invoice(Box<InvoiceHeader>),
    Line(InvoiceLineRow),
    Payment(PaymentRow),
}

impl<'r> FromRow<'r, MySqlRow> for Part {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        match row.try_get::<&str, _>("part")? {
            "invoice" => header(row).map(Box::new).map(Part::Invoice),
            "line" => line(row).map(Part::Line),
            _ => payment(row).map(Part::Payment),
        }
    }
}

fn header(row: &MySqlRow) -> sqlx::Result<InvoiceHeader> {
    Ok(InvoiceHeader {
        id: row.try_get("id")?,
        client: row.try_get("client")?,
        number: row.try_get("reference")?,
        date: row.try_get("date")?,
        due_date: row.try_get("due_date")?,
        paid_at: row.try_get("time")?,
        last_capture_attempt: row.try_get("last_capture_attempt")?,
        subtotal: row.try_get("subtotal")?,
        credit: row.try_get("amount2")?,
        tax: row.try_get("amount3")?,
        tax2: row.try_get("tax2")?,
        total: row.try_get("amount")?,
        rate: row.try_get("rate")?,
        rate2: row.try_get("rate2")?,
        status: row.try_get("status")?,
        payment_method: row.try_get("name")?,
        charges_cards: row.try_get("number")?,
        notes: row.try_get("text")?,
        currency: row.try_get("currency")?,
        prefix: row.try_get("prefix")?,
        suffix: row.try_get("suffix")?,
    })
}

fn line(row: &MySqlRow) -> sqlx::Result<InvoiceLineRow> {
    Ok(InvoiceLineRow {
        id: row.try_get("id")?,
        invoice: row.try_get("invoice")?,
        kind: row.try_get("name")?,
        related: row.try_get("related")?,
        description: row.try_get("text")?,
        amount: row.try_get("amount")?,
        taxed: row.try_get("number")?,
    })
}

fn payment(row: &MySqlRow) -> sqlx::Result<PaymentRow> {
    Ok(PaymentRow {
        id: row.try_get("id")?,
        client: row.try_get("client")?,
        currency: row.try_get("number")?,
        gateway: row.try_get("name")?,
        date: row.try_get("time")?,
        description: row.try_get("text")?,
        amount_in: row.try_get("amount")?,
        fees: row.try_get("amount3")?,
        amount_out: row.try_get("amount2")?,
        rate: row.try_get("exchange_rate")?,
        transaction: row.try_get("reference")?,
        invoice: row.try_get("invoice")?,
        refund_of: row.try_get("related")?,
    })
}

/// Reads an invoice with its lines and payments.
///
/// Each row is the invoice, a line or a payment, as `part` says. Columns with neutral names are shared where the types
/// are equal, because the driver's time depends on their number. A collation is stated for columns with texts of
/// several tables, because tables of old installations may differ in theirs. There is no ORDER BY, for which the
/// database would write the rows to a temporary table on disk.
pub async fn find(db: &mut MySqlConnection, id: InvoiceId) -> sqlx::Result<Option<InvoiceDetails>> {
    let parts: Vec<Part> = sqlx::query_as(
        "SELECT CAST(i.id AS SIGNED) AS id, CAST(i.userid AS SIGNED) AS client, \
                CONVERT(i.invoicenum USING utf8mb4) COLLATE utf8mb4_unicode_ci AS reference, \
                COALESCE(CAST(i.date AS CHAR), '0000-00-00') AS date, \
                COALESCE(CAST(i.duedate AS CHAR), '0000-00-00') AS due_date, \
                COALESCE(CAST(i.datepaid AS CHAR), '0000-00-00 00:00:00') AS time, \
                COALESCE(CAST(i.last_capture_attempt AS CHAR), '0000-00-00 00:00:00') AS last_capture_attempt, \
                i.subtotal, i.credit AS amount2, i.tax AS amount3, i.tax2, i.total AS amount, i.taxrate AS rate, \
                i.taxrate2 AS rate2, i.status, \
                CONVERT(i.paymentmethod USING utf8mb4) COLLATE utf8mb4_unicode_ci AS name, \
                CAST(EXISTS(SELECT 1 FROM tblpaymentgateways \
                            WHERE gateway = CONVERT(i.paymentmethod USING utf8mb4) COLLATE utf8mb4_unicode_ci \
                              AND setting = 'type' AND value = 'CC') AS SIGNED) AS number, \
                CONVERT(i.notes USING utf8mb4) COLLATE utf8mb4_unicode_ci AS text, \
                COALESCE(m.code, '') AS currency, COALESCE(m.prefix, '') AS prefix, COALESCE(m.suffix, '') AS suffix, \
                NULL AS invoice, NULL AS related, NULL AS exchange_rate, 'invoice' AS part \
         FROM tblinvoices i LEFT JOIN tblclients c ON c.id = i.userid LEFT JOIN tblcurrencies m ON m.id = c.currency \
         WHERE i.id = ? \
         UNION ALL \
         SELECT CAST(id AS SIGNED), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, amount, NULL, NULL, NULL, \
                type, CAST(taxed AS SIGNED), description, NULL, NULL, NULL, \
                CAST(invoiceid AS SIGNED), CAST(relid AS SIGNED), NULL, 'line' \
         FROM tblinvoiceitems WHERE invoiceid = ? \
         UNION ALL \
         SELECT CAST(id AS SIGNED), CAST(userid AS SIGNED), transid, NULL, NULL, \
                COALESCE(CAST(date AS CHAR), '0000-00-00 00:00:00'), NULL, NULL, amountout, fees, NULL, amountin, NULL, \
                NULL, NULL, gateway, CAST(currency AS SIGNED), description, NULL, NULL, NULL, \
                CAST(invoiceid AS SIGNED), CAST(refundid AS SIGNED), rate, 'payment' \
         FROM tblaccounts WHERE invoiceid = ?",
    )
    .bind(id)
    .bind(id)
    .bind(id)
    .fetch_all(db)
    .await?;
    let (mut invoice, mut lines, mut payments) = (None, Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Invoice(header) => invoice = Some(*header),
            Part::Line(line) => lines.push(line),
            Part::Payment(payment) => payments.push(payment),
        }
    }
    lines.sort_unstable_by_key(|line| line.id);
    payments.sort_unstable_by_key(|payment| payment.id);
    Ok(invoice.map(|invoice| InvoiceDetails { invoice, lines, payments }))
}
