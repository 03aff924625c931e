//! Payments of invoices.

use chrono::NaiveDateTime;

use super::effects::Effects;
use super::numbers::Numbers;
use super::settle::{Cause, PaymentMails, carry_out};
use super::{LockedInvoice, Refusal};
use crate::config::{DuplicateTransid, Settings};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::domain::settlement::{Change, Plan};
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::gateways::PaymentGateway;
use crate::store::billing::payments::{NewPayment, TransactionIdScope};
use crate::store::webhooks::events::raise;

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

/// Records a payment of an invoice, and settles the invoice. Its transaction id must be as unique as `compat.duplicate_transid`
/// says.
pub async fn pay(
    context: Context<'_>,
    invoice: &LockedInvoice,
    payment: Payment,
    sends_mail: bool,
) -> Result<(), Refusal> {
    let unique_among = match context.compat.duplicate_transid {
        DuplicateTransid::Invoice => TransactionIdScope::Invoice,
        DuplicateTransid::Gateway => TransactionIdScope::Gateway,
        DuplicateTransid::Accept => TransactionIdScope::NotUnique,
    };
    pay_unique_among(unique_among, context, invoice, payment, sends_mail).await
}

/// As [`pay`], for a transaction id that no other payment may have.
pub async fn pay_uniquely(
    context: Context<'_>,
    invoice: &LockedInvoice,
    payment: Payment,
    sends_mail: bool,
) -> Result<(), Refusal> {
    pay_unique_among(TransactionIdScope::All, context, invoice, payment, sends_mail).await
}

async fn pay_unique_among(
    unique_among: TransactionIdScope,
    context: Context<'_>,
    invoice: &LockedInvoice,
    payment: Payment,
    sends_mail: bool,
) -> Result<(), Refusal> {
    let confirmation = if sends_mail { Confirmation::OfPayment } else { Confirmation::None };
    let planned =
        PlannedPayment::new(context.db, context.settings, invoice, payment, confirmation, context.now).await?;
    let mut tx = context.write(Subject::Client(invoice.client.id)).await?;
    match planned.write(&mut tx, unique_among).await? {
        true => Ok(()),
        false => Err(Refusal::TransactionNotUnique.into()),
    }
}

/// Which mail confirms a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Confirmation {
    None,
    OfPayment,
    /// That of what a gateway was told to charge.
    OfCharge,
}

/// A payment of an invoice for which everything has been read, and nothing was written.
pub(super) struct PlannedPayment<'i> {
    invoice: &'i LockedInvoice,
    payment: Payment,
    amount: Money,
    plan: Plan,
    effects: Effects,
    numbers: Numbers,
    mails: PaymentMails,
}

impl<'i> PlannedPayment<'i> {
    pub async fn new(
        db: &mut Lease,
        settings: &Settings,
        invoice: &'i LockedInvoice,
        payment: Payment,
        confirmation: Confirmation,
        now: Moment,
    ) -> Result<PlannedPayment<'i>, Refusal> {
        invoice.check_takes_payments()?;
        let LockedInvoice { client, state, .. } = invoice;
        let amount = match payment.amount {
            None if state.due().is_positive() => state.due(),
            None => return Err(Refusal::NothingToPay.into()),
            Some(amount) => amount,
        };
        let plan = invoice.plan(&Change::Payment(amount))?;
        let effects = Effects::of_invoice(db, settings, invoice, None, now).await?;
        let numbers = Numbers::of_plans(db, settings, now, [&plan]).await?;
        let charged = (confirmation == Confirmation::OfCharge).then_some(state.id);
        let mut mails = match confirmation {
            Confirmation::None => PaymentMails::default(),
            _ => PaymentMails::prepare(db, &settings.links, client.id, &plan, &numbers, charged, now).await?,
        };
        if let Some(mail) = mails.for_invoice(state.id) {
            mail.set_payment(amount, &payment.transaction);
        }
        Ok(PlannedPayment { invoice, payment, amount, plan, effects, numbers, mails })
    }

    /// Records the payment and settles the invoice. Returns `false`, with nothing written, if the transaction id is booked.
    pub async fn write(self, tx: &mut Writer<'_>, unique_among: TransactionIdScope) -> fault::Result<bool> {
        let PlannedPayment { invoice, payment, amount, plan, mut effects, mut numbers, mails } = self;
        let LockedInvoice { client, state, .. } = invoice;
        let new = NewPayment {
            client: Some(client.id),
            invoice: Some(state.id),
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
            refund_of: 0,
        };
        let Some(row) = store::billing::payments::record(tx, &new).await? else { return Ok(false) };
        log_payment(tx, client.id, state.id, amount).await?;
        carry_out(tx, client.id, &plan, &mut effects, &mut numbers, Cause { payment: row, at: payment.date }).await?;
        mails.send(tx).await?;
        Ok(true)
    }
}

/// Adds a line about a payment to the activity log.
pub(super) async fn log_payment(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    amount: Money,
) -> sqlx::Result<()> {
    let line = format!("Added Invoice Payment - Invoice ID: {invoice} - Amount: {amount}");
    store::system::activity::log(tx, Some(client), &line).await?;
    raise(tx, About::Client(client), &Event::AddInvoicePayment { invoice }).await
}
