//! The reply of actions that return a whole invoice, with its lines and transactions.

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::MySqlConnection;

use crate::actions::words::billing::INVOICE_NOT_FOUND;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::error::{Error, Result};
use crate::store;
use crate::store::billing::invoice_details::InvoiceDetails;
use crate::store::billing::invoices::InvoiceLineRow;
use crate::store::billing::payments::PaymentRow;

/// An invoice, with its fields in the documented order.
#[derive(Debug, JsonSchema, Serialize)]
pub struct InvoiceReply {
    invoiceid: i64,
    /// Empty unless invoices are numbered in sequence.
    invoicenum: String,
    userid: i64,
    date: String,
    duedate: String,
    datepaid: String,
    lastcaptureattempt: String,
    subtotal: Money,
    credit: Money,
    tax: Money,
    tax2: Money,
    pub total: Money,
    /// What is left to pay: the total less the payments.
    balance: Money,
    taxrate: String,
    taxrate2: String,
    status: String,
    pub paymentmethod: String,
    notes: String,
    /// Whether the gateway charges cards.
    ccgateway: bool,
    items: InvoiceLines,
    transactions: Transactions,
    /// The code of the client's currency. WHMCS's reply has no currency; the names are those of GetInvoices.
    currencycode: String,
    /// What is written before an amount, and after it.
    currencyprefix: String,
    currencysuffix: String,
}

/// The lines of an invoice.
#[derive(Debug, JsonSchema, Serialize)]
pub struct InvoiceLines {
    item: Vec<Item>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Item {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    relid: i64,
    description: String,
    amount: Money,
    taxed: i64,
}

/// The transactions of an invoice; an empty string if there are none, as documented.
#[derive(Debug, JsonSchema, Serialize)]
#[serde(untagged)]
enum Transactions {
    None(&'static str),
    Some { transaction: Vec<Transaction> },
}

/// A transaction: money that came in or went out.
#[derive(Debug, JsonSchema, Serialize)]
pub struct Transaction {
    id: String,
    userid: String,
    currency: String,
    gateway: String,
    date: String,
    description: String,
    amountin: Money,
    fees: Money,
    amountout: Money,
    rate: String,
    transid: String,
    invoiceid: String,
    refundid: String,
}

/// Reads an invoice for the reply of GetInvoice.
pub async fn read(db: &mut MySqlConnection, id: InvoiceId) -> Result<InvoiceReply> {
    let details = store::billing::invoice_details::find(db, id).await?;
    let InvoiceDetails { invoice, lines, payments } = details.ok_or(Error::Refused(INVOICE_NOT_FOUND))?;
    let paid = Money::sum(payments.iter().flat_map(|payment| [payment.amount_in, -payment.amount_out]));
    let balance =
        invoice.total - paid.ok_or(Error::Internal("the payments of an invoice are beyond counting".into()))?;
    Ok(InvoiceReply {
        invoiceid: invoice.id.0,
        invoicenum: invoice.number,
        userid: invoice.client.0,
        date: invoice.date,
        duedate: invoice.due_date,
        datepaid: invoice.paid_at,
        lastcaptureattempt: invoice.last_capture_attempt,
        subtotal: invoice.subtotal,
        credit: invoice.credit,
        tax: invoice.tax,
        tax2: invoice.tax2,
        total: invoice.total,
        balance,
        taxrate: invoice.rate.to_string(),
        taxrate2: invoice.rate2.to_string(),
        status: invoice.status,
        paymentmethod: invoice.payment_method,
        notes: invoice.notes,
        ccgateway: invoice.charges_cards,
        items: InvoiceLines::from(lines),
        transactions: match payments.is_empty() {
            true => Transactions::None(""),
            false => Transactions::Some { transaction: payments.into_iter().map(Transaction::from).collect() },
        },
        currencycode: invoice.currency,
        currencyprefix: invoice.prefix,
        currencysuffix: invoice.suffix,
    })
}

impl From<Vec<InvoiceLineRow>> for InvoiceLines {
    fn from(lines: Vec<InvoiceLineRow>) -> InvoiceLines {
        InvoiceLines { item: lines.into_iter().map(Item::from).collect() }
    }
}

impl From<InvoiceLineRow> for Item {
    fn from(line: InvoiceLineRow) -> Item {
        Item {
            id: line.id,
            kind: line.kind,
            relid: line.related,
            description: line.description,
            amount: line.amount,
            taxed: line.taxed,
        }
    }
}

impl From<PaymentRow> for Transaction {
    fn from(payment: PaymentRow) -> Transaction {
        Transaction {
            id: payment.id.to_string(),
            userid: payment.client.to_string(),
            currency: payment.currency.to_string(),
            gateway: payment.gateway,
            date: payment.date,
            description: payment.description,
            amountin: payment.amount_in,
            fees: payment.fees,
            amountout: payment.amount_out,
            rate: format!("{:.5}", payment.rate),
            transid: payment.transaction,
            invoiceid: payment.invoice.to_string(),
            refundid: payment.refund_of.to_string(),
        }
    }
}
