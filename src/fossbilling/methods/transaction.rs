//! The module `invoice`: transactions, which are payments and refunds that were made.

use serde_json::{Map, Value, json};

use super::client::{self, object};
use super::gateway;
use crate::call::Call;
use crate::database::page::Page;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::fossbilling::mapping::hashes::Hashes;
use crate::fossbilling::mapping::{gateways, money, times};
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said};
use crate::operations::OperationError;
use crate::operations::billing::{self, NewTransaction, RefundRequest, RefundWay, TransactionUpdate};
use crate::store;
use crate::store::fossbilling::invoices::{self, InvoiceFilter, TransactionFilter, TransactionRow};

/// How many payments of an invoice are looked for.
const ALL: Page = Page { start: 0, length: 500 };

/// `admin/invoice/transaction_get_list`
pub async fn list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = sent.id_filter("client_id");
    page(call, sent, client).await
}

/// `client/invoice/transaction_get_list`
pub async fn client_list(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let client = client::caller(&call)?.0;
    page(call, sent, Some(client)).await
}

async fn page(call: Call<'_>, sent: &Sent<'_>, client: Option<i64>) -> Reply {
    let page = sent.page()?;
    let gateway = match sent.id_filter("gateway_id") {
        Some(id) => Some(gateways::find(store::billing::gateways::active(call.db).await?, id).map(|found| found.name)),
        None => None,
    };
    let invoice = match sent.filled("invoice_hash") {
        Some(hash) => Some(Hashes::read(call.db).await?.invoice(&hash).map_or(0, |id| id.0)),
        None => sent.id_filter("invoice_id"),
    };
    let is_refund = sent.filled("type").map(|kind| match kind.as_str() {
        "payment" => Some(false),
        "refund" => Some(true),
        _ => None,
    });
    let has_other_status = sent.filled("status").is_some_and(|status| status != "processed");
    let filter = TransactionFilter {
        id: sent.id_filter("id"),
        client,
        invoice,
        is_impossible: has_other_status || gateway == Some(None) || is_refund == Some(None),
        is_refund: is_refund.flatten(),
        currency: sent.filled("currency"),
        gateway: gateway.flatten(),
        transaction: sent.filled("txn_id"),
        from: sent.date("date_from")?,
        to: sent.date("date_to")?,
        search: sent.filled("search"),
    };
    Ok(page.list(invoices::transactions(call.db, &filter, page.page()).await?, |row| transaction(&row).into()))
}

/// `admin/invoice/transaction_get`
pub async fn get(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let filter = TransactionFilter { id: Some(sent.id("id")), ..TransactionFilter::default() };
    let row = invoices::transactions(call.db, &filter, ALL).await?.rows.pop().ok_or_else(not_found)?;
    let mut found = transaction(&row);
    found.insert("ipn".to_owned(), Value::Null);
    Ok(found.into())
}

fn not_found() -> Failure {
    said("Transaction not found")
}

fn transaction(row: &TransactionRow) -> Map<String, Value> {
    let amount = row.amount_in - row.amount_out;
    object(json!({
        "id": row.id,
        "invoice_id": (row.invoice != 0).then_some(row.invoice),
        "txn_id": times::text(&row.transaction),
        "txn_status": "complete",
        "gateway_id": (!row.gateway.is_empty()).then(|| gateways::id(&row.gateway)),
        "gateway": times::text(&row.gateway),
        "amount": money::number(amount),
        "currency": times::text(&row.currency),
        "type": if amount < Money::ZERO { "refund" } else { "payment" },
        "status": "processed",
        "ip": null,
        "validate_ipn": true,
        "error": null,
        "error_code": null,
        "note": times::text(&row.description),
        "created_at": times::time(&row.date),
        "updated_at": times::time(&row.date),
    }))
}

/// `admin/invoice/transaction_create`: a payment of an invoice, by default of what is left to pay; a refund if the amount is
/// negative.
pub async fn create(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let invoice = sent.id_filter("invoice_id").ok_or_else(|| said("Transaction invoice ID is missing"))?;
    let gateway = gateway::sent_name(call.db, sent).await?.ok_or_else(|| said("Payment gateway ID is missing"))?;
    let sent_amount = sent.amount("amount", "Price must be a valid number.")?;
    let payer = billing::transaction_payer(call.db, None, Some(InvoiceId(invoice))).await?;
    let due = payer.due().filter(|due| due.is_positive());
    let amount = sent_amount.or(due).ok_or(OperationError::Refused(billing::Refusal::NothingToPay))?;
    let currency = billing::transaction_currency(call.db, None, payer.client()).await?;
    let new = NewTransaction {
        gateway: billing::gateway_of_payment(call.db, payer.client(), gateway).await?,
        date: call.now.local(),
        description: sent.text("note").unwrap_or_default(),
        amount_in: amount.max(Money::ZERO),
        fees: Money::ZERO,
        amount_out: (-amount).max(Money::ZERO),
        rate: None,
        transaction: sent.filled("txn_id").unwrap_or_default(),
        may_be_duplicate: false,
        becomes_credit: false,
    };
    Ok(billing::record_transaction(call.context(), &payer, currency, new).await?.into())
}

/// `admin/invoice/transaction_update`
pub async fn update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let amount = sent.amount("amount", "Price must be a valid number.")?;
    let update = TransactionUpdate {
        invoice: sent.id_filter("invoice_id").map(InvoiceId),
        transaction: sent.text("txn_id"),
        gateway: gateway::sent_name(call.db, sent).await?,
        description: sent.text("note"),
        amount_in: amount.map(|amount| amount.max(Money::ZERO)),
        amount_out: amount.map(|amount| (-amount).max(Money::ZERO)),
        ..TransactionUpdate::default()
    };
    billing::update_transaction(call.context(), sent.id("id"), update).await?;
    Ok(true.into())
}

/// `admin/invoice/refund`: books that the invoice's payment was paid back, as FOSSBilling does where refunds are managed by hand.
/// There are no credit notes, whose id it could return.
pub async fn refund(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let id = sent.id("id");
    let filter = InvoiceFilter { id: Some(id), ..InvoiceFilter::default() };
    let invoice = invoices::find(call.db, &filter).await?.ok_or_else(|| said("Invoice was not found"))?;
    if invoice.subtotal + invoice.tax + invoice.tax2 < Money::ZERO {
        return Err(said("Cannot refund invoice with negative amount"));
    }
    let filter = TransactionFilter { invoice: Some(id), ..TransactionFilter::default() };
    let payments = invoices::transactions(call.db, &filter, ALL).await?.rows;
    let mut payments = payments.into_iter().filter(|row| row.amount_in > Money::ZERO);
    let (payment, other) = (payments.next(), payments.next());
    let payment = payment.ok_or_else(|| said("Invoice has no payment that could be refunded"))?;
    if other.is_some() {
        return Err(said("Invoice has several payments: refund each of them with RefundPayment of WHMCS's API"));
    }
    let locked = billing::lock_refund(call.db, payment.id).await?;
    let transaction = String::new();
    let request = RefundRequest { amount: None, way: RefundWay::Booked, transaction, at: call.now.local() };
    billing::refund(call.context(), &locked, request).await?;
    Ok(Value::Null)
}
