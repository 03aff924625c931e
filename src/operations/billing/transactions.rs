//! Money that comes in or goes out, for an invoice or without one.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::balance::add_credit;
use super::payments::log_payment;
use super::settle::{Cause, carry_out};
use super::{LockedInvoice, Refusal, lock_invoice};
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, CurrencyId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::settlement::Change;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::payments::{NewPayment, Unique};
use crate::store::clients::client::Client;

/// Whom a transaction belongs to, locked until the database transaction ends.
#[derive(Debug)]
pub enum Payer {
    Nobody,
    Client(Client),
    Invoice(Box<LockedInvoice>),
}

impl Payer {
    pub fn client(&self) -> Option<&Client> {
        match self {
            Payer::Nobody => None,
            Payer::Client(client) => Some(client),
            Payer::Invoice(invoice) => Some(&invoice.client),
        }
    }

    fn invoice(&self) -> Option<&LockedInvoice> {
        match self {
            Payer::Invoice(invoice) => Some(invoice),
            Payer::Nobody | Payer::Client(_) => None,
        }
    }
}

/// Finds whom a transaction belongs to: the client of the invoice, if it is for one.
pub async fn transaction_payer(
    db: &mut MySqlConnection,
    client: Option<ClientId>,
    invoice: Option<InvoiceId>,
) -> Result<Payer, Refusal> {
    if let Some(client) = client
        && !store::clients::client::exists(db, client).await?
    {
        return Err(Refusal::ClientNotFound.into());
    }
    let Some(invoice) = invoice else {
        return match client {
            Some(client) => {
                let client = store::clients::client::lock(db, client).await?;
                Ok(Payer::Client(client.ok_or(Refusal::ClientNotFound)?))
            }
            None => Ok(Payer::Nobody),
        };
    };
    let invoice = lock_invoice(db, invoice).await?;
    if client.is_some_and(|client| client != invoice.client.id) {
        return Err(Refusal::InvoiceOfAnotherClient.into());
    }
    Ok(Payer::Invoice(Box::new(invoice)))
}

/// The currency of a transaction.
#[derive(Debug, Clone, Copy)]
pub struct TransactionCurrency {
    /// As it is stored: 0 where the client's currency is meant.
    id: i64,
    /// Its exchange rate to the default currency.
    rate: Decimal,
}

/// The currency of a transaction: the client's, which may be named, or the one that is named where there is no client.
pub async fn transaction_currency(
    db: &mut MySqlConnection,
    named: Option<CurrencyId>,
    client: Option<&Client>,
) -> Result<TransactionCurrency, Refusal> {
    let named = match named {
        Some(CurrencyId(id)) => {
            let rate = store::clients::client::currency_rate(db, id).await?;
            Some(TransactionCurrency { id, rate: rate.ok_or(Refusal::CurrencyNotFound)? })
        }
        None => None,
    };
    match (named, client) {
        (Some(named), Some(client)) if named.id != client.currency => Err(Refusal::CurrencyMismatch.into()),
        (_, Some(client)) => Ok(TransactionCurrency { id: 0, rate: client.currency_rate }),
        (Some(named), None) => Ok(named),
        (None, None) => Err(Refusal::CurrencyMissing.into()),
    }
}

/// A transaction about to be recorded.
#[derive(Debug)]
pub struct NewTransaction {
    pub gateway: String,
    pub date: NaiveDateTime,
    pub description: String,
    /// Neither this nor what goes out is below zero.
    pub amount_in: Money,
    /// What the gateway kept; may be negative.
    pub fees: Money,
    pub amount_out: Money,
    /// By default, the currency's exchange rate.
    pub rate: Option<Decimal>,
    /// The gateway's own id for it, or empty.
    pub transaction: String,
    /// Whether the id may be there already.
    pub may_be_duplicate: bool,
    /// Whether what comes in becomes the client's credit; not for an invoice.
    pub becomes_credit: bool,
}

/// Records a transaction. What comes in for an invoice pays it, and what goes out for one reverses what it covers.
pub async fn record_transaction(
    context: Context<'_>,
    payer: &Payer,
    currency: TransactionCurrency,
    new: NewTransaction,
) -> Result<(), Refusal> {
    check(payer, &new)?;
    let NewTransaction { date, amount_in, fees, amount_out, .. } = new;
    let plan = match (payer.invoice(), invoice_change(&new)) {
        (Some(invoice), Some(change)) => Some(invoice.plan(&change)?),
        _ => None,
    };
    let client = payer.client().map(|client| client.id);

    let mut tx = context.write(client.map_or(Subject::Ledger, Subject::Client)).await?;
    let payment = NewPayment {
        client,
        invoice: payer.invoice().map(|invoice| invoice.balance.id),
        currency: currency.id,
        gateway: &new.gateway,
        date,
        description: &new.description,
        amount_in,
        fees,
        amount_out,
        rate: new.rate.unwrap_or(currency.rate),
        transaction: &new.transaction,
        unique: if new.may_be_duplicate { Unique::No } else { Unique::Everywhere },
    };
    let recorded = store::billing::payments::record(&mut tx, &payment).await?;
    let row = recorded.ok_or(Refusal::TransactionNotUnique)?;
    let line = format!("Added Transaction - In: {amount_in} - Out: {amount_out} - Transaction ID: {}", new.transaction);
    store::system::activity::log(&mut tx, client, &line).await?;
    if let (Some(client), Some(invoice), Some(plan)) = (client, payer.invoice(), plan) {
        if amount_in.is_positive() {
            log_payment(&mut tx, client, invoice.balance.id, amount_in).await?;
        }
        carry_out(&mut tx, client, &plan, Cause { payment: row, at: date }).await?;
    }
    if let Some(client) = client.filter(|_| new.becomes_credit) {
        add_credit(&mut tx, client, amount_in, credit_description(&new.description)).await?;
    }
    Ok(())
}

/// What a transaction changes of the invoice that it is for.
fn invoice_change(new: &NewTransaction) -> Option<Change> {
    match (new.amount_in, new.amount_out) {
        (amount, _) if amount.is_positive() => Some(Change::Payment(amount)),
        (_, amount) if amount.is_positive() => Some(Change::Refund(amount)),
        _ => None,
    }
}

/// Rejects a transaction of which it is not clear what follows.
fn check(payer: &Payer, new: &NewTransaction) -> Result<(), Refusal> {
    let is_settled = new.becomes_credit || payer.invoice().is_some();
    if new.becomes_credit && payer.invoice().is_some() {
        return Err(Refusal::CreditOfInvoice.into());
    }
    if new.becomes_credit && payer.client().is_none() {
        return Err(Refusal::ClientNotFound.into());
    }
    if is_settled && new.amount_in.is_positive() && new.amount_out.is_positive() {
        return Err(Refusal::BothDirections.into());
    }
    match payer.invoice() {
        Some(invoice) if new.amount_in.is_positive() => invoice.check_takes_payments(),
        _ => Ok(()),
    }
}

fn credit_description(description: &str) -> &str {
    if description.is_empty() { "Credit from a transaction" } else { description }
}
