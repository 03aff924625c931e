//! `AddInvoicePayment`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::add_credit::{locked_client, positive};
use super::get_invoice::INVOICE_NOT_FOUND;
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::config::DuplicateTransid;
use crate::database::TEXT_BYTES;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Status, settle};
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::outbox::mail::InvoiceLetter;
use crate::param::Param;
use crate::param::schema;
use crate::store;
use crate::store::billing::invoices::Balance;
use crate::store::billing::payments::{NewPayment, Unique};
use crate::store::clients::client::Client;

/// Records a payment of an invoice.
///
/// When nothing is left to pay, the invoice turns Paid and its `AddFunds` lines become credit, once: also where it was
/// paid before and somebody has set it back since. What was paid beyond the balance becomes credit too, and the client
/// gets the e-mail that confirms the payment. What else WHMCS does on payment is not done here: nothing is provisioned
/// or renewed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddInvoicePayment {
    invoiceid: Param<InvoiceId>,
    /// The gateway's own id for the payment. One that was booked before is refused: see `compat.duplicate_transid`.
    transid: Param<String>,
    /// The name of an active gateway; by default, the invoice's.
    gateway: Param<String>,
    /// `YYYY-MM-DD HH:MM:SS`, or a day alone; by default, now.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    /// How much was paid; by default, all that is left to pay.
    amount: Param<Money>,
    /// How much of it the gateway kept.
    fees: Param<Money>,
    /// Sends no e-mail.
    noemail: Param<bool>,
}

/// WHMCS's words, which it documents for AddTransaction alone.
pub const NOT_UNIQUE: &str = "Transaction ID must be Unique";
pub const IS_CANCELLED: &str = "It is not possible to add a payment to an invoice that is Cancelled";

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

impl Action for AddInvoicePayment {
    const NAME: &'static str = "AddInvoicePayment";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str =
        r#"{"invoiceid": 129, "transid": "4KX10273", "gateway": "paypal", "date": "2026-11-20"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND), Exact(IS_CANCELLED)];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, invoice) = locked_invoice(call.db, self.invoiceid).await?;
        let id = invoice.id;
        if invoice.has_status(Status::Cancelled) {
            return refuse(IS_CANCELLED);
        }
        let gateway = self.gateway.lenient().unwrap_or_else(|| invoice.payment_method.clone());
        let gateways = store::billing::gateways::active(call.db).await?;
        if gateways.find(&gateway).is_none() {
            return refuse_as("invalid_payment_method", gateways.refusal());
        }
        let date = self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.local());
        let amount = amount(self.amount, &invoice)?;
        let fees = self.fees.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
        if fees < Money::ZERO {
            return refuse(NOT_AN_AMOUNT);
        }
        let transaction = self.transid.text("transid", TEXT_BYTES)?;
        let unique = match call.compat.duplicate_transid {
            DuplicateTransid::Invoice => Unique::OfInvoice,
            DuplicateTransid::Gateway => Unique::OfGateway,
            DuplicateTransid::Accept => Unique::No,
        };
        let letter = match settle(invoice.due(), amount).settled && !self.noemail.is_set() {
            true => InvoiceLetter::about_payment(call.db, client.id, id, call.now).await?,
            false => None,
        };

        let mut books = call.write(Subject::Client(client.id)).await?;
        let payment = NewPayment {
            client: Some(client.id),
            invoice: Some(id),
            currency: 0,
            gateway: &gateway,
            date,
            description: "Invoice Payment",
            amount_in: amount,
            fees,
            amount_out: Money::ZERO,
            rate: client.currency_rate,
            transaction: &transaction,
            unique,
        };
        if !store::billing::payments::record(&mut books, &payment).await? {
            return refuse(NOT_UNIQUE);
        }
        let is_paid = settle_invoice(&mut books, client.id, &invoice, amount, date).await?;
        if let Some(mut letter) = letter.filter(|_| is_paid) {
            letter.set_payment(amount, &transaction);
            letter.send(&mut books, id).await?;
        }
        Ok(Reply {})
    }
}

/// An invoice whose books a call is about to change, and its client: locked in that order, client first, by every action.
pub async fn locked_invoice(db: &mut MySqlConnection, id: Param<InvoiceId>) -> Result<(Client, Balance)> {
    let not_found = || Error::Refused(INVOICE_NOT_FOUND);
    let id = id.required(INVOICE_NOT_FOUND)?;
    let client = store::billing::invoices::client(db, id).await?.ok_or_else(not_found)?;
    let client = locked_client(db, Param::Given(client)).await?;
    let invoice = store::billing::invoices::lock(db, id).await?.ok_or_else(not_found)?;
    Ok((client, invoice))
}

/// Does what follows from a payment that was recorded: the invoice turns Paid when nothing is left to pay, and what is
/// too much becomes credit. Tells whether the invoice turned Paid.
pub async fn settle_invoice(
    books: &mut Writer<'_>,
    client: ClientId,
    invoice: &Balance,
    amount: Money,
    date: NaiveDateTime,
) -> Result<bool> {
    let line = format!("Added Invoice Payment - Invoice ID: {} - Amount: {amount}", invoice.id);
    store::system::activity::log(books, Some(client), &line).await?;
    let settlement = settle(invoice.due(), amount);
    let is_paid = settlement.settled && turn_paid(books, client, invoice, date).await?;
    let description = format!("Overpayment of Invoice #{}", invoice.id);
    add_credit(books, client, invoice.id.0, settlement.excess, &description).await?;
    Ok(is_paid)
}

/// Turns an invoice Paid, once, with what follows from that. `false` when it was Paid already.
pub async fn turn_paid(
    books: &mut Writer<'_>,
    client: ClientId,
    invoice: &Balance,
    date: NaiveDateTime,
) -> Result<bool> {
    if !store::billing::invoices::mark_paid(books, invoice.id, date).await? {
        return Ok(false);
    }
    store::system::activity::log(books, Some(client), &format!("Invoice Paid - Invoice ID: {}", invoice.id)).await?;
    let funds = if invoice.funds_were_added { Money::ZERO } else { invoice.add_funds };
    add_credit(books, client, invoice.id.0, funds, &format!("Add Funds Invoice #{}", invoice.id)).await?;
    Ok(true)
}

fn amount(amount: Param<Money>, invoice: &Balance) -> Result<Money> {
    match amount {
        Param::Absent if invoice.due().is_positive() => Ok(invoice.due()),
        Param::Absent => refuse("Nothing is left to pay on this invoice: name an amount to add to the client's credit"),
        amount => positive(amount),
    }
}

/// Adds what is above zero to a client's balance.
pub async fn add_credit(
    books: &mut Writer<'_>,
    client: ClientId,
    related: i64,
    amount: Money,
    description: &str,
) -> Result<()> {
    if !amount.is_positive() {
        return Ok(());
    }
    let (date, admin) = (books.now.date(), books.author.admin);
    let change = store::billing::credit::Change { client, amount, date, description, admin, related };
    match store::billing::credit::change(books, &change).await? {
        true => Ok(()),
        false => Err(Error::Internal("a balance did not take an amount that was added".into())),
    }
}
