//! Money that comes in or goes out, for an invoice or without one.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::balance::add_credit;
use super::effects::Effects;
use super::numbers::Numbers;
use super::payments::log_payment;
use super::settle::{Cause, carry_out};
use super::{LockedInvoice, Refusal, gateway_of_payment, lock_invoice};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, CurrencyId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::settlement::Change;
use crate::operations::{Context, OperationError, Result};
use crate::store;
use crate::store::billing::charges::{self, LockedPayment};
use crate::store::billing::gateways::PaymentGateway;
use crate::store::billing::payments::{ChangedPayment, NewPayment, TransactionIdScope};
use crate::store::clients::client::Client;

/// The client or invoice to which a transaction belongs, locked until the database transaction ends.
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

    /// What is left to pay of the invoice; negative if too much was paid.
    pub fn due(&self) -> Option<Money> {
        self.invoice().map(LockedInvoice::due)
    }

    fn invoice(&self) -> Option<&LockedInvoice> {
        match self {
            Payer::Invoice(invoice) => Some(invoice),
            Payer::Nobody | Payer::Client(_) => None,
        }
    }
}

/// Finds the client or invoice to which a transaction belongs. If both are given, the invoice must be the client's.
pub async fn transaction_payer(
    db: &mut Lease,
    client: Option<ClientId>,
    invoice: Option<InvoiceId>,
) -> Result<Payer, Refusal> {
    let Some(invoice) = invoice else {
        return match client {
            Some(client) => {
                let client = store::clients::client::lock(db, client).await?;
                Ok(Payer::Client(client.ok_or(Refusal::ClientNotFound)?))
            }
            None => Ok(Payer::Nobody),
        };
    };
    if let Some(client) = client
        && !store::clients::client::exists(db, client).await?
    {
        return Err(Refusal::ClientNotFound.into());
    }
    let invoice = lock_invoice(db, invoice).await?;
    if client.is_some_and(|client| client != invoice.client.id) {
        return Err(Refusal::InvoiceOfAnotherClient.into());
    }
    Ok(Payer::Invoice(Box::new(invoice)))
}

/// The currency of a transaction.
#[derive(Debug, Clone, Copy)]
pub struct TransactionCurrency {
    /// The id as stored with the transaction; 0 stands for the client's currency.
    id: i64,
    /// Its exchange rate to the default currency.
    rate: Decimal,
}

/// Determines the currency of a transaction: the client's, or the requested one if there is no client. A requested
/// currency that differs from the client's is rejected.
pub async fn transaction_currency(
    db: &mut MySqlConnection,
    requested: Option<CurrencyId>,
    client: Option<&Client>,
) -> Result<TransactionCurrency, Refusal> {
    let requested = match requested {
        Some(CurrencyId(id)) => {
            let rate = store::clients::client::currency_rate(db, id).await?;
            Some(TransactionCurrency { id, rate: rate.ok_or(Refusal::CurrencyNotFound)? })
        }
        None => None,
    };
    match (requested, client) {
        (Some(requested), Some(client)) if requested.id != client.currency => Err(Refusal::CurrencyMismatch.into()),
        (_, Some(client)) => Ok(TransactionCurrency { id: 0, rate: client.currency_rate }),
        (Some(requested), None) => Ok(requested),
        (None, None) => Err(Refusal::CurrencyMissing.into()),
    }
}

/// A transaction about to be recorded.
#[derive(Debug)]
pub struct NewTransaction {
    pub gateway: PaymentGateway,
    pub date: NaiveDateTime,
    pub description: String,
    /// The incoming amount; like `amount_out`, not negative.
    pub amount_in: Money,
    /// The gateway's fee; may be negative.
    pub fees: Money,
    pub amount_out: Money,
    /// The exchange rate to store; by default, the currency's.
    pub rate: Option<Decimal>,
    /// The gateway's transaction id, or empty.
    pub transaction: String,
    /// Whether another transaction may have the same transaction id.
    pub may_be_duplicate: bool,
    /// Whether the incoming amount becomes credit of the client; not allowed for an invoice.
    pub becomes_credit: bool,
}

/// Records a transaction, and returns its id. If it belongs to an invoice, an incoming amount is a payment and an outgoing amount a
/// refund.
pub async fn record_transaction(
    context: Context<'_>,
    payer: &Payer,
    currency: TransactionCurrency,
    new: NewTransaction,
) -> Result<i64, Refusal> {
    check(payer, &new)?;
    let NewTransaction { date, amount_in, fees, amount_out, .. } = new;
    let plan = match (payer.invoice(), invoice_change(&new)) {
        (Some(invoice), Some(change)) => Some(invoice.plan(&change)?),
        _ => None,
    };
    let mut effects = match (payer.invoice(), &plan) {
        (Some(invoice), Some(_)) => {
            Effects::of_invoice(context.db, context.settings, invoice, None, context.now).await?
        }
        _ => Effects::default(),
    };
    let mut numbers = Numbers::of_plans(context.db, context.settings, context.now, &plan).await?;
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
        unique_among: if new.may_be_duplicate { TransactionIdScope::NotUnique } else { TransactionIdScope::All },
        refund_of: 0,
    };
    let recorded = store::billing::payments::record(&mut tx, &payment).await?;
    let row = recorded.ok_or(Refusal::TransactionNotUnique)?;
    let line = format!("Added Transaction - In: {amount_in} - Out: {amount_out} - Transaction ID: {}", new.transaction);
    store::system::activity::log(&mut tx, client, &line).await?;
    if let (Some(client), Some(invoice), Some(plan)) = (client, payer.invoice(), plan) {
        if amount_in.is_positive() {
            log_payment(&mut tx, client, invoice.balance.id, amount_in).await?;
        }
        carry_out(&mut tx, client, &plan, &mut effects, &mut numbers, Cause { payment: row, at: date }).await?;
    }
    if let Some(client) = client.filter(|_| new.becomes_credit) {
        add_credit(&mut tx, client, amount_in, credit_description(&new.description)).await?;
    }
    Ok(row)
}

/// Changes of a recorded transaction; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct TransactionUpdate {
    /// The payment that it refunds, or 0 for none.
    pub refund_of: Option<i64>,
    pub client: Option<ClientId>,
    pub invoice: Option<InvoiceId>,
    pub transaction: Option<String>,
    pub date: Option<NaiveDateTime>,
    pub gateway: Option<String>,
    pub currency: Option<CurrencyId>,
    pub description: Option<String>,
    /// The incoming amount; like `amount_out`, not negative.
    pub amount_in: Option<Money>,
    pub fees: Option<Money>,
    pub amount_out: Option<Money>,
    pub rate: Option<Decimal>,
    /// Whether the incoming amount becomes credit of the client; not allowed for an invoice.
    pub becomes_credit: bool,
}

impl TransactionUpdate {
    /// Leaves out what is stored already: it may be a client or a currency that is gone.
    fn unless_stored(mut self, stored: &LockedPayment) -> TransactionUpdate {
        self.client.take_if(|client| client.0 == stored.client);
        self.currency.take_if(|currency| currency.0 == stored.currency);
        self
    }
}

/// Changes a recorded transaction. Invoices that it belonged to, or belongs to from now on, are settled as if the difference
/// was paid or refunded.
pub async fn update_transaction(context: Context<'_>, id: i64, update: TransactionUpdate) -> Result<(), Refusal> {
    let stored = charges::payment(context.db, id).await?.ok_or(Refusal::PaymentNotFound)?;
    let update = update.unless_stored(&stored);
    let before = match stored.invoice {
        0 => None,
        invoice => match lock_invoice(context.db, InvoiceId(invoice)).await {
            Ok(invoice) => Some(invoice),
            Err(OperationError::Refused(_)) => None,
            Err(fault) => return Err(fault),
        },
    };
    let moves_to = update.invoice.filter(|invoice| invoice.0 != stored.invoice);
    let after = match moves_to {
        Some(invoice) => Some(lock_invoice(context.db, invoice).await?),
        None => None,
    };
    let owner = after.as_ref().or(before.as_ref()).map(|invoice| invoice.client.id);
    let stored_client = Some(ClientId(stored.client)).filter(|client| client.0 > 0);
    let client = update.client.or(owner).or(stored_client);
    if owner.is_some() && client != owner {
        return Err(Refusal::TransactionOfAnotherClient.into());
    }
    let client = match client {
        Some(id) => store::clients::client::lock(context.db, id).await?,
        None => None,
    };
    if client.is_none() && update.client.is_some() {
        return Err(Refusal::ClientNotFound.into());
    }
    if client.is_none() {
        context.db.lock(Subject::Ledger).await?;
    }
    // Read again, now that it cannot change any more.
    let locked = charges::lock_payment(context.db, id).await?.ok_or(Refusal::PaymentNotFound)?;
    locked.check_is_where(&stored)?;
    let stored = locked;
    let is_of_invoice = owner.is_some();
    if update.becomes_credit && is_of_invoice {
        return Err(Refusal::InvoiceAndCredit.into());
    }
    let currency = match update.currency {
        Some(_) => Some(transaction_currency(context.db, update.currency, client.as_ref()).await?.id),
        None => None,
    };
    let gateway = match &update.gateway {
        Some(name) => Some(gateway_of_payment(context.db, client.as_ref(), name.clone()).await?.name),
        None => None,
    };
    let (amount_in, amount_out) =
        (update.amount_in.unwrap_or(stored.amount_in), update.amount_out.unwrap_or(stored.amount_out));
    if is_of_invoice && amount_in.is_positive() && amount_out.is_positive() {
        return Err(Refusal::BothDirections.into());
    }
    let (old, new) = (stored.amount_in - stored.amount_out, amount_in - amount_out);
    let changes = match (&before, &after) {
        (Some(before), None) => vec![(before, new - old)],
        (before, after) => {
            let left = before.iter().map(|invoice| (invoice, -old));
            left.chain(after.iter().map(|invoice| (invoice, new))).collect()
        }
    };
    let mut plans = Vec::new();
    for (invoice, paid) in changes {
        let change = match paid {
            paid if paid.is_positive() => Change::Payment(paid),
            paid if paid.is_zero() => continue,
            paid => Change::Refund(-paid),
        };
        let plan = invoice.plan(&change)?;
        let effects = Effects::of_invoice(context.db, context.settings, invoice, None, context.now).await?;
        plans.push((invoice.client.id, plan, effects));
    }
    let planned = plans.iter().map(|(_, plan, _)| plan);
    let mut numbers = Numbers::of_plans(context.db, context.settings, context.now, planned).await?;
    let client = client.map(|client| client.id);
    let changed = ChangedPayment {
        client: client.map(|client| client.0),
        invoice: update.invoice.map(|invoice| invoice.0),
        currency,
        gateway,
        date: update.date,
        description: update.description,
        amount_in: update.amount_in,
        fees: update.fees,
        amount_out: update.amount_out,
        rate: update.rate,
        transaction: update.transaction,
        refund_of: update.refund_of,
    };

    let mut tx = context.write(client.map_or(Subject::Ledger, Subject::Client)).await?;
    store::billing::payments::update(&mut tx, id, &changed).await?;
    store::system::activity::log(&mut tx, client, &format!("Modified Transaction - Transaction ID: {id}")).await?;
    let at = update.date.unwrap_or(tx.now.local());
    for (client, plan, mut effects) in plans {
        carry_out(&mut tx, client, &plan, &mut effects, &mut numbers, Cause { payment: id, at }).await?;
    }
    if update.becomes_credit {
        let client = client.ok_or(Refusal::ClientNotFound)?;
        add_credit(&mut tx, client, amount_in, credit_description("")).await?;
    }
    Ok(())
}

/// Returns the change that a transaction makes to its invoice.
fn invoice_change(new: &NewTransaction) -> Option<Change> {
    match (new.amount_in, new.amount_out) {
        (amount, _) if amount.is_positive() => Some(Change::Payment(amount)),
        (_, amount) if amount.is_positive() => Some(Change::Refund(amount)),
        _ => None,
    }
}

/// Rejects a transaction with contradictory effects.
fn check(payer: &Payer, new: &NewTransaction) -> Result<(), Refusal> {
    let is_settled = new.becomes_credit || payer.invoice().is_some();
    if new.becomes_credit && payer.invoice().is_some() {
        return Err(Refusal::InvoiceAndCredit.into());
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
