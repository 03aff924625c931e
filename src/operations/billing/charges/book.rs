//! Booking what gateways have done.

use chrono::NaiveDateTime;

use super::refund::{NewRefund, book_refund, lock_refund};
use crate::config::Settings;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::domain::settlement::Change;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::operations::OperationError;
use crate::operations::billing::balance::add_credit;
use crate::operations::billing::effects::Effects;
use crate::operations::billing::numbers::Numbers;
use crate::operations::billing::payments::{Confirmation, PlannedPayment};
use crate::operations::billing::settle::{Cause, carry_out};
use crate::operations::billing::{LockedInvoice, Payment, Refusal, gateway_of_payment, lock_invoice};
use crate::outbox::gateways::{Books, Charged, Receipt, Settled};
use crate::outbox::mail::{self, InvoiceMail};
use crate::store;
use crate::store::billing::charges::{self, Charge};
use crate::store::billing::payments::{NewPayment, TransactionIdScope};

/// The books, as gateways change them.
/// What follows from a payment depends on the settings.
#[derive(Debug, Clone)]
pub struct Ledger(pub Settings);

impl Books for Ledger {
    async fn fix_amount(
        &self,
        db: &mut Lease,
        charge: &Charge,
        by: &Author,
        now: Moment,
    ) -> fault::Result<Option<Money>> {
        let amount = match charge.command() {
            Some(Command::Capture) => left_to_charge(db, InvoiceId(charge.invoice)).await?,
            Some(Command::Refund) => match found(lock_refund(db, charge.payment).await)? {
                Some(refund) if charge.amount <= refund.refundable() => Some(charge.amount),
                _ => None,
            },
            None => None,
        };
        let Some(amount) = amount else { return Ok(None) };
        let mut tx = Writer::resume(db, by, now, Subject::Client(ClientId(charge.client))).await?;
        Ok(charges::fix_amount(&mut tx, charge, amount).await?.then_some(amount))
    }

    async fn book(
        &self,
        db: &mut Lease,
        charge: &Charge,
        charged: &Charged,
        by: &Author,
        now: Moment,
    ) -> fault::Result<Settled> {
        match (charge.command(), charged) {
            (Some(Command::Capture), Charged::Done(receipt)) => {
                let received = Received {
                    client: ClientId(charge.client),
                    invoice: InvoiceId(charge.invoice),
                    gateway: &charge.gateway,
                    amount: Some(charge.amount),
                    receipt,
                    at: now.local(),
                    is_charge: true,
                };
                self.book_received(db, received, by, now).await?;
                Ok(Settled::Succeeded)
            }
            (Some(Command::Capture), Charged::Pending(receipt)) => {
                db.lock(Subject::Client(ClientId(charge.client))).await?;
                let told = told_before(db, charge, receipt).await?;
                if told == Settled::Pending {
                    self.pending(db, InvoiceId(charge.invoice), Some(charge.amount), by, now).await?;
                }
                Ok(told)
            }
            (Some(Command::Capture), Charged::Declined) => {
                self.declined(db, charge, by, now).await?;
                Ok(Settled::Failed)
            }
            // Money that will be paid out is spent.
            (Some(Command::Refund), Charged::Done(receipt) | Charged::Pending(receipt)) => {
                self.refunded(db, charge, receipt, by, now).await?;
                Ok(Settled::Succeeded)
            }
            (Some(Command::Refund), Charged::Declined) | (None, _) => Ok(Settled::Failed),
        }
    }
}

/// What a gateway has told of a payment before it was recorded that it will.
async fn told_before(db: &mut Lease, charge: &Charge, receipt: &Receipt) -> fault::Result<Settled> {
    let gateway = gateway_of_payment(db, None, charge.gateway.clone()).await?;
    if !receipt.transaction.is_empty()
        && store::billing::payments::is_booked(db, &gateway, &receipt.transaction).await?
    {
        return Ok(Settled::Succeeded);
    }
    let invoice = InvoiceId(charge.invoice);
    let is_declined = charges::is_declined(db, invoice, &charge.gateway, &receipt.transaction).await?;
    Ok(if is_declined { Settled::Failed } else { Settled::Pending })
}

impl Ledger {
    /// Books money that was received, once for each transaction id of a gateway. What is not needed for the invoice becomes the
    /// client's credit, and so does all of it if the invoice was cancelled or deleted.
    pub(super) async fn book_received(
        &self,
        db: &mut Lease,
        received: Received<'_>,
        by: &Author,
        now: Moment,
    ) -> fault::Result<Booked> {
        let gateway = gateway_of_payment(db, None, received.gateway.to_owned()).await?;
        if store::billing::payments::is_booked(db, &gateway, &received.receipt.transaction).await? {
            return Ok(Booked::Before);
        }
        let fees = received.amount.map_or(received.receipt.fee, |amount| received.receipt.fee.min(amount));
        let payment = Payment {
            gateway,
            date: received.at,
            amount: received.amount,
            fees,
            transaction: received.receipt.transaction.clone(),
        };
        let invoice = found(lock_invoice(db, received.invoice).await)?;
        match invoice.filter(|invoice| invoice.check_takes_payments().is_ok()) {
            Some(invoice) => {
                let confirmation = if received.is_charge { Confirmation::OfCharge } else { Confirmation::OfPayment };
                let planned = PlannedPayment::new(db, &self.0, &invoice, payment, confirmation, now).await;
                let Some(planned) = found(planned)? else { return Ok(Booked::Nothing) };
                let mut tx = Writer::resume(db, by, now, Subject::Client(invoice.client.id)).await?;
                Ok(booked(planned.write(&mut tx, TransactionIdScope::Gateway).await?))
            }
            None => as_credit(db, &received, payment, by, now).await,
        }
    }

    /// Lets an invoice wait until a gateway tells whether it is paid, and tells the client so.
    pub(super) async fn pending(
        &self,
        db: &mut Lease,
        invoice: InvoiceId,
        amount: Option<Money>,
        by: &Author,
        now: Moment,
    ) -> fault::Result<()> {
        match self.set_status(db, invoice, Status::Unpaid, Status::PaymentPending, by, now).await? {
            true => self.tell(db, mail::CARD_PAYMENT_PENDING, invoice, amount, by, now).await,
            false => Ok(()),
        }
    }

    /// A charge was declined. Its invoice waits for it no longer, unless it waits for another one.
    async fn declined(&self, db: &mut Lease, charge: &Charge, by: &Author, now: Moment) -> fault::Result<()> {
        let invoice = InvoiceId(charge.invoice);
        if !charges::is_other_pending(db, invoice, &charge.gateway, "").await? {
            self.set_status(db, invoice, Status::PaymentPending, Status::Unpaid, by, now).await?;
        }
        self.tell_declined(db, invoice, Some(charge.amount), by, now).await
    }

    /// Tells the client that an invoice was not charged, if it is still to be paid.
    pub(super) async fn tell_declined(
        &self,
        db: &mut Lease,
        invoice: InvoiceId,
        amount: Option<Money>,
        by: &Author,
        now: Moment,
    ) -> fault::Result<()> {
        match left_to_charge(db, invoice).await?.is_some() {
            true => self.tell(db, mail::CARD_PAYMENT_FAILED, invoice, amount, by, now).await,
            false => Ok(()),
        }
    }

    /// Sends a mail about the charge of an invoice, of this amount or of what is left to pay.
    async fn tell(
        &self,
        db: &mut Lease,
        template: &str,
        invoice: InvoiceId,
        amount: Option<Money>,
        by: &Author,
        now: Moment,
    ) -> fault::Result<()> {
        let Some(client) = store::billing::invoices::client(db, invoice).await? else { return Ok(()) };
        let mail = InvoiceMail::for_notice(db, &self.0.links, template, client, invoice, now).await?;
        let Some(mut mail) = mail else { return Ok(()) };
        mail.set_payment(amount.unwrap_or(mail.invoice.balance), "");
        let mut tx = Writer::resume(db, by, now, Subject::Client(client)).await?;
        let line = format!("Email Sent - {template} - Invoice ID: {invoice}");
        store::system::activity::log(&mut tx, Some(client), &line).await?;
        mail.send(&mut tx, invoice).await
    }

    /// Changes the status of an invoice that has another one, because a gateway will tell whether it is paid, or has told that it
    /// is not. Returns whether it did.
    pub(super) async fn set_status(
        &self,
        db: &mut Lease,
        invoice: InvoiceId,
        from: Status,
        to: Status,
        by: &Author,
        now: Moment,
    ) -> fault::Result<bool> {
        let Some(invoice) = found(lock_invoice(db, invoice).await)? else { return Ok(false) };
        if !invoice.balance.has_status(from) {
            return Ok(false);
        }
        let LockedInvoice { client, state, .. } = &invoice;
        let Some(plan) = found(invoice.plan(&Change::set_status(state, to)))? else { return Ok(false) };
        let mut effects = Effects::of_invoice(db, &self.0, &invoice, None, now).await?;
        let mut numbers = Numbers::of_plans(db, &self.0, now, [&plan]).await?;
        let mut tx = Writer::resume(db, by, now, Subject::Client(client.id)).await?;
        let cause = Cause { payment: 0, at: now.local() };
        carry_out(&mut tx, client.id, &plan, &mut effects, &mut numbers, cause).await?;
        Ok(true)
    }

    /// Books a refund that a gateway has carried out.
    async fn refunded(
        &self,
        db: &mut Lease,
        charge: &Charge,
        receipt: &Receipt,
        by: &Author,
        now: Moment,
    ) -> fault::Result<()> {
        let refund = found(lock_refund(db, charge.payment).await)?;
        let refund = refund.ok_or_else(|| Fault::internal("a payment that was refunded is gone"))?;
        let new =
            NewRefund { amount: charge.amount, fees: receipt.fee, transaction: &receipt.transaction, at: now.local() };
        let settlement = refund.settlement(db, &self.0, charge.amount, now).await?;
        let mut tx = Writer::resume(db, by, now, refund.subject()).await?;
        book_refund(&mut tx, &refund, settlement, &new).await
    }
}

/// Returns what an operation has found; `None` if it was rejected.
fn found<T>(result: Result<T, OperationError<Refusal>>) -> fault::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(OperationError::Refused(_)) => Ok(None),
        Err(OperationError::Fault(fault)) => Err(fault),
    }
}

/// Returns what is left to pay on an invoice, if it is to be paid.
async fn left_to_charge(db: &mut Lease, invoice: InvoiceId) -> fault::Result<Option<Money>> {
    let invoice = found(lock_invoice(db, invoice).await)?.filter(|invoice| invoice.balance.has_status(Status::Unpaid));
    Ok(invoice.map(|invoice| invoice.state.due()).filter(|due| due.is_positive()))
}

/// Money that a gateway has received.
pub(super) struct Received<'r> {
    /// The client if the invoice is gone.
    pub client: ClientId,
    pub invoice: InvoiceId,
    pub gateway: &'r str,
    /// By default, what is left to pay.
    pub amount: Option<Money>,
    pub receipt: &'r Receipt,
    pub at: NaiveDateTime,
    /// Whether the gateway was told to charge it.
    pub is_charge: bool,
}

/// What became of money in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Booked {
    Now,
    /// The gateway's transaction id is booked.
    Before,
    /// Nothing is left to pay, and no amount was told.
    Nothing,
}

fn booked(is_new: bool) -> Booked {
    if is_new { Booked::Now } else { Booked::Before }
}

/// Books money for which there is no invoice any more.
async fn as_credit(
    db: &mut Lease,
    received: &Received<'_>,
    payment: Payment,
    by: &Author,
    now: Moment,
) -> fault::Result<Booked> {
    let Some(amount) = payment.amount else { return Ok(Booked::Nothing) };
    let client = store::clients::client::lock(db, received.client).await?;
    let client_id = client.as_ref().map(|client| client.id);
    let mut tx = Writer::resume(db, by, now, client_id.map_or(Subject::Ledger, Subject::Client)).await?;
    let description = format!("Payment for Invoice #{}, which takes none", received.invoice);
    let new = NewPayment {
        client: client_id,
        invoice: None,
        currency: 0,
        gateway: &payment.gateway,
        date: payment.date,
        description: &description,
        amount_in: amount,
        fees: payment.fees,
        amount_out: Money::ZERO,
        rate: client.map_or(rust_decimal::Decimal::ONE, |client| client.currency_rate),
        transaction: &payment.transaction,
        unique_among: TransactionIdScope::Gateway,
        refund_of: 0,
    };
    if store::billing::payments::record(&mut tx, &new).await?.is_none() {
        return Ok(Booked::Before);
    }
    if let Some(client) = client_id {
        add_credit(&mut tx, client, amount, &description).await?;
    }
    Ok(Booked::Now)
}
