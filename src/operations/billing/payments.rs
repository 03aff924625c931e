//! Payments of invoices.

use chrono::NaiveDateTime;

use super::settle::settle_payment;
use super::{LockedInvoice, Refusal};
use crate::config::DuplicateTransid;
use crate::database::writer::Subject;
use crate::domain::invoice::settle;
use crate::domain::money::Money;
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceLetter;
use crate::store;
use crate::store::billing::payments::{NewPayment, Unique};

/// A payment of an invoice through a gateway.
#[derive(Debug)]
pub struct Payment {
    pub gateway: String,
    pub date: NaiveDateTime,
    /// Above zero; by default, all that is left to pay.
    pub amount: Option<Money>,
    /// How much of it the gateway kept.
    pub fees: Money,
    /// The gateway's own id for it, or empty.
    pub transaction: String,
}

/// Records a payment of an invoice, and settles the invoice.
pub async fn pay(
    context: Context<'_>,
    invoice: &LockedInvoice,
    payment: Payment,
    sends_mail: bool,
) -> Result<(), Refusal> {
    invoice.check_takes_payments()?;
    let LockedInvoice { client, balance } = invoice;
    let id = balance.id;
    let amount = match payment.amount {
        None if balance.due().is_positive() => balance.due(),
        None => return Err(Refusal::NothingToPay.into()),
        Some(amount) => amount,
    };
    let unique = match context.compat.duplicate_transid {
        DuplicateTransid::Invoice => Unique::OfInvoice,
        DuplicateTransid::Gateway => Unique::OfGateway,
        DuplicateTransid::Accept => Unique::No,
    };
    let letter = match settle(balance.due(), amount).settled && sends_mail {
        true => InvoiceLetter::about_payment(context.db, client.id, id, context.now).await?,
        false => None,
    };

    let mut books = context.write(Subject::Client(client.id)).await?;
    let new = NewPayment {
        client: Some(client.id),
        invoice: Some(id),
        currency: 0,
        gateway: &payment.gateway,
        date: payment.date,
        description: "Invoice Payment",
        amount_in: amount,
        fees: payment.fees,
        amount_out: Money::ZERO,
        rate: client.currency_rate,
        transaction: &payment.transaction,
        unique,
    };
    if !store::billing::payments::record(&mut books, &new).await? {
        return Err(Refusal::TransactionNotUnique.into());
    }
    let is_paid = settle_payment(&mut books, client.id, balance, amount, payment.date).await?;
    if let Some(mut letter) = letter.filter(|_| is_paid) {
        letter.set_payment(amount, &payment.transaction);
        letter.send(&mut books, id).await?;
    }
    Ok(())
}
