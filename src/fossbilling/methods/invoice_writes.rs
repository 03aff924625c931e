//! The methods of the module `invoice` that write.

use std::collections::BTreeSet;

use sqlx::MySqlConnection;

use super::{client, gateway};
use crate::call::Call;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::tax::Rate;
use crate::fossbilling::mapping::hashes::Hashes;
use crate::fossbilling::mapping::orders::Ordered;
use crate::fossbilling::mapping::statuses;
use crate::fossbilling::sent::Sent;
use crate::fossbilling::words::{Failure, Reply, said, said_as};
use crate::operations::OperationError;
use crate::operations::billing::{
    self, CreditAmount, CreditPurchase, InvoiceDraft, InvoiceUpdate, IssueOptions, LineEdits, Payment, RateOverrides,
};
use crate::operations::clients;
use crate::store::fossbilling::invoices::{self, InvoiceFilter};

/// `admin/invoice/prepare`
pub async fn prepare(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let requested = gateway::sent_name(call.db, sent).await?;
    let client = clients::lock(call.db, ClientId(sent.id("client_id"))).await?;
    let is_approved = sent.is_set("approve");
    let draft = InvoiceDraft {
        status: if is_approved { Status::Unpaid } else { Status::Draft },
        payment_method: billing::gateway_of_client(call.db, requested, &client).await?,
        rates: RateOverrides { first: None, second: None },
        date: None,
        due_date: None,
        lines: new_lines(sent)?,
        notes: String::new(),
    };
    let options = IssueOptions { applies_credit: sent.is_set("use_credits") && is_approved, sends_mail: is_approved };
    Ok(billing::issue(call.context(), &client, draft, options).await?.id.0.into())
}

fn new_lines(sent: &Sent<'_>) -> Result<Vec<Line>, Failure> {
    sent.entries("items").iter().map(|(_, item)| new_line(item)).collect()
}

fn new_line(item: &Sent<'_>) -> Result<Line, Failure> {
    let title = item.filled("title").ok_or_else(|| said("Invoice item title is missing"))?;
    let quantity = quantity(item)?;
    let price = item.amount("price", "Price must be a valid number.")?.unwrap_or(Money::ZERO);
    let order = if item.filled("type").as_deref() == Some("order") { item.id_filter("rel_id") } else { None };
    let (kind, related) = match order.and_then(Ordered::parse) {
        Some(Ordered::Service(id)) => (LineKind::Hosting, id.0),
        Some(Ordered::Domain(id)) => (LineKind::Domain, id.0),
        Some(Ordered::Addon(id)) => (LineKind::Addon, id.0),
        None if item.filled("type").as_deref() == Some("deposit") => (LineKind::AddFunds, 0),
        None => (LineKind::Plain, 0),
    };
    Ok(Line {
        kind,
        related,
        description: if quantity == 1 { title } else { format!("{title} x {quantity}") },
        amount: price.times(quantity).ok_or_else(|| said("Price must be a valid number."))?,
        taxed: item.is_set("taxed"),
    })
}

/// The quantity, which is at least 1.
fn quantity(item: &Sent<'_>) -> Result<u32, Failure> {
    match item.filled("quantity") {
        None => Ok(1),
        Some(text) => {
            let quantity: i64 = text.parse().map_err(|_| said("Quantity must be a valid number."))?;
            u32::try_from(quantity.max(1)).map_err(|_| said("Quantity must be a valid number."))
        }
    }
}

/// `admin/invoice/approve`
pub async fn approve(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let invoice = billing::lock_invoice(call.db, InvoiceId(sent.id("id"))).await?;
    if invoice.check_is_draft().is_err() {
        return Ok(true.into());
    }
    let update = InvoiceUpdate { status: Some(Status::Unpaid), sends_mail: true, ..InvoiceUpdate::default() };
    billing::update_invoice(call.context(), &invoice, update).await?;
    Ok(true.into())
}

/// `admin/invoice/update`
pub async fn update(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let payment_method = gateway::sent_name(call.db, sent).await?;
    let invoice = billing::lock_invoice(call.db, InvoiceId(sent.id("id"))).await?;
    let publishes = sent.is_set("approve") || sent.is_set("approved");
    let status = match sent.filled("status") {
        Some(status) => Some(statuses::invoice(&status).ok_or_else(|| said("Invalid invoice status"))?),
        None => None,
    };
    let is_draft = invoice.check_is_draft().is_ok();
    let update = InvoiceUpdate {
        // A draft is unpaid already.
        status: match status {
            Some(Status::Unpaid) if is_draft && !publishes => None,
            None if is_draft && publishes => Some(Status::Unpaid),
            status => status,
        },
        sends_mail: is_draft && publishes,
        payment_method,
        rates: RateOverrides { first: rate(sent)?, second: None },
        // No method gives credit back later.
        credit: (status == Some(Status::Cancelled)).then_some(Money::ZERO),
        returns_credit: false,
        date: sent.date("created_at")?,
        due_date: sent.date("due_at")?,
        paid_at: sent.date("paid_at")?.and_then(|date| date.and_hms_opt(0, 0, 0)),
        clears_paid_at: false,
        notes: sent.text("notes"),
        lines: line_edits(call.db, invoice.balance.id, sent).await?,
    };
    billing::update_invoice(call.context(), &invoice, update).await?;
    Ok(true.into())
}

fn rate(sent: &Sent<'_>) -> Result<Option<Rate>, Failure> {
    match sent.filled("taxrate") {
        None => Ok(None),
        Some(text) => Rate::parse(&text).map(Some).ok_or_else(|| said("Tax rate must be a valid number.")),
    }
}

/// Reads `items`, fields by the ids of lines, and `new_item`. Fields of a line that are not sent stay as they are.
async fn line_edits(db: &mut MySqlConnection, id: InvoiceId, sent: &Sent<'_>) -> Result<LineEdits, Failure> {
    let mut edits = LineEdits::default();
    let items = sent.entries("items");
    let filter = InvoiceFilter { id: Some(id.0), ..InvoiceFilter::default() };
    let stored = if items.is_empty() { None } else { invoices::find(db, &filter).await? };
    let stored = stored.map(|invoice| invoice.lines.0).unwrap_or_default();
    for (key, item) in &items {
        let Some(line) = stored.iter().find(|line| line.id.to_string() == *key) else { continue };
        let price = item.amount("price", "Price must be a valid number.")?;
        let amount = match price {
            Some(price) => price.times(quantity(item)?).ok_or_else(|| said("Price must be a valid number."))?,
            None => line.amount,
        };
        edits.changed.insert(
            line.id,
            Line {
                kind: LineKind::Plain,
                related: 0,
                description: item.filled("title").unwrap_or_else(|| line.description.clone()),
                amount,
                taxed: item.flag("taxed").unwrap_or(line.taxed),
            },
        );
    }
    if let Some(item) = sent.object("new_item").filter(|item| item.filled("title").is_some()) {
        edits.added.push(new_line(&item)?);
    }
    Ok(edits)
}

/// `admin/invoice/mark_as_paid`
pub async fn mark_as_paid(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let requested = gateway::sent_name(call.db, sent).await?;
    let id = InvoiceId(sent.id("id"));
    let mut invoice = billing::lock_invoice(call.db, id).await?;
    let has_one_of = |statuses: &[Status]| statuses.iter().any(|status| invoice.balance.has_status(*status));
    if has_one_of(&[Status::Paid]) {
        return Ok(true.into());
    }
    if has_one_of(&[Status::Refunded, Status::Cancelled]) {
        return Err(said("Only unpaid invoices can be marked as paid."));
    }
    let gateway = requested.unwrap_or_else(|| invoice.balance.payment_method.clone());
    if gateway.is_empty() {
        return Err(said("Payment gateway is required when marking an invoice as paid."));
    }
    let gateway = billing::gateway_of_payment(call.db, Some(&invoice.client), gateway).await?;
    let transaction = sent.filled("transactionId").unwrap_or_default();
    let payment = Payment { gateway, date: call.now.local(), amount: None, fees: Money::ZERO, transaction };
    let mut context = call.context();
    if invoice.check_is_draft().is_ok() {
        // The mail that confirms the payment has the invoice.
        let published = InvoiceUpdate { status: Some(Status::Unpaid), ..InvoiceUpdate::default() };
        billing::update_invoice(context.reborrow(), &invoice, published).await?;
        invoice = billing::lock_invoice(context.db, id).await?;
    }
    billing::pay_uniquely(context, &invoice, payment, true).await?;
    Ok(true.into())
}

/// `admin/invoice/delete`: one with payments or credit is canceled instead, as it is a part of the books. Its credit returns to
/// the balance.
pub async fn delete(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let invoice = billing::lock_invoice(call.db, InvoiceId(sent.id("id"))).await?;
    billing::delete_invoice(call.context(), &invoice).await?;
    Ok(true.into())
}

/// `admin/invoice/item_delete`
pub async fn item_delete(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    let line = sent.id("id");
    let id = invoices::of_line(call.db, line).await?.ok_or_else(|| said("Invoice item was not found"))?;
    let invoice = billing::lock_invoice(call.db, id).await?;
    let lines = LineEdits { deleted: BTreeSet::from([line]), ..LineEdits::default() };
    billing::update_invoice(call.context(), &invoice, InvoiceUpdate { lines, ..InvoiceUpdate::default() }).await?;
    Ok(true.into())
}

/// `admin/invoice/pay_with_credits`: true also if nothing was paid.
pub async fn pay_with_credits(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    use billing::Refusal::{InvoiceNotUnpaid, NoCreditToApply};
    let invoice = billing::lock_invoice(call.db, InvoiceId(sent.id("id"))).await?;
    match billing::apply_credit(call.context(), &invoice, CreditAmount::Full, true).await {
        Err(OperationError::Refused(InvoiceNotUnpaid | NoCreditToApply)) => Ok(true.into()),
        applied => Ok(applied.map(|_| true.into())?),
    }
}

/// `client/invoice/funds_invoice`: an invoice whose payment adds to the balance.
pub async fn funds_invoice(call: Call<'_>, sent: &Sent<'_>) -> Reply {
    use billing::Refusal::{BalanceTooLarge, PurchaseTooLarge, PurchaseTooSmall, PurchasesDisabled};
    let client = client::caller(&call)?;
    let not_a_number = "You need to enter numeric value";
    let amount = sent.amount("amount", not_a_number)?.filter(|amount| *amount > Money::ZERO);
    let amount = amount.ok_or_else(|| said(not_a_number))?;
    let hashes = Hashes::read(call.db).await?;
    let locked = clients::lock(call.db, client).await?;
    let gateway = billing::gateway_of_client(call.db, None, &locked).await?;
    let purchase = CreditPurchase {
        amount,
        gateway,
        description: "Add funds".to_owned(),
        notes: String::new(),
        checks_rules: true,
    };
    match billing::buy_credit(call.context(), &locked, purchase).await {
        Ok(bought) => Ok(hashes.of(bought.invoice.0).into()),
        Err(OperationError::Refused(refusal)) => Err(match refusal {
            PurchasesDisabled => said_as("980", "Adding funds to the account balance is currently disabled"),
            PurchaseTooSmall { minimum } => said_as("981", format!("Amount must be at least {minimum}")),
            PurchaseTooLarge { maximum } | BalanceTooLarge { maximum } => {
                said_as("982", format!("Amount cannot exceed {maximum}"))
            }
            other => OperationError::Refused(other).into(),
        }),
        Err(fault) => Err(fault.into()),
    }
}
