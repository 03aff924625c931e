//! Payments of invoices.

use chrono::NaiveDateTime;

use super::settle::{Cause, PaymentMails, carry_out};
use super::{LockedInvoice, Refusal};
use crate::config::DuplicateTransid;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::settlement::Change;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::gateways::PaymentGateway;
use crate::store::billing::payments::{NewPayment, TransactionIdScope};

/// A payment of an invoice through a gateway.
#[derive(Debug)]
pub struct Payment {
    pub gateway: PaymentGateway,
    pub date: NaiveDateTime,
    /// The amount, above zero; by default, what is left to pay.
    pub amount: Option<Money>,
    /// The part of the amount that the gateway kept as its fee.
    pub fees: Money,
    /// The gateway's transaction id, or empty.
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
    let LockedInvoice { client, state, .. } = invoice;
    let id = state.id;
    let amount = match payment.amount {
        None if state.due().is_positive() => state.due(),
        None => return Err(Refusal::NothingToPay.into()),
        Some(amount) => amount,
    };
    let unique_among = match context.compat.duplicate_transid {
        DuplicateTransid::Invoice => TransactionIdScope::Invoice,
        DuplicateTransid::Gateway => TransactionIdScope::Gateway,
        DuplicateTransid::Accept => TransactionIdScope::NotUnique,
    };
    let plan = invoice.plan(&Change::Payment(amount))?;
    let mut mails = match sends_mail {
        true => PaymentMails::prepare(context.db, client.id, &plan, context.now).await?,
        false => PaymentMails::default(),
    };
    if let Some(mail) = mails.for_invoice(id) {
        mail.set_payment(amount, &payment.transaction);
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
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
        unique_among,
    };
    let recorded = store::billing::payments::record(&mut tx, &new).await?;
    let row = recorded.ok_or(Refusal::TransactionNotUnique)?;
    log_payment(&mut tx, client.id, id, amount).await?;
    carry_out(&mut tx, client.id, &plan, Cause { payment: row, at: payment.date }).await?;
    mails.send(&mut tx).await?;
    Ok(())
}

/// Adds a line about a payment to the activity log.
pub(super) async fn log_payment(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    amount: Money,
) -> sqlx::Result<()> {
    let line = format!("Added Invoice Payment - Invoice ID: {invoice} - Amount: {amount}");
    store::system::activity::log(tx, Some(client), &line).await
}
