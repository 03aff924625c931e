//! Refunds of payments, in part or whole: through the gateway, as credit, or only booked.

use chrono::NaiveDateTime;

use crate::config::Settings;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::payments::Command;
use crate::domain::settlement::{self, Change, Plan};
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::operations::billing::balance::add_credit;
use crate::operations::billing::effects::Effects;
use crate::operations::billing::numbers::Numbers;
use crate::operations::billing::settle::{Cause, carry_out};
use crate::operations::billing::{LockedInvoice, Refusal, gateway_of_payment, lock_invoice};
use crate::operations::{Context, OperationError, Result};
use crate::outbox::kind::random_request_id;
use crate::store;
use crate::store::billing::charges::{self, LockedPayment, NewCharge};
use crate::store::billing::gateways::PaymentGateway;
use crate::store::billing::payments::{NewPayment, TransactionIdScope};
use crate::store::clients::client::Client;

/// How a payment is refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundWay {
    /// Through the gateway that has received it.
    Gateway,
    /// It becomes the client's credit.
    Credit,
    /// It was paid back in another way, which is only booked.
    Booked,
}

/// A refund that is asked for.
#[derive(Debug)]
pub struct RefundRequest {
    /// By default, all that was not refunded yet.
    pub amount: Option<Money>,
    pub way: RefundWay,
    /// The id of the refund at whoever has paid it back, or empty.
    pub transaction: String,
    pub at: NaiveDateTime,
}

/// A payment that can be refunded, locked with its client and its invoice.
#[derive(Debug)]
pub struct LockedRefund {
    pub payment: LockedPayment,
    gateway: PaymentGateway,
    client: Option<Client>,
    invoice: Option<LockedInvoice>,
    refunded: Money,
}

impl LockedRefund {
    /// What was not refunded yet.
    pub fn refundable(&self) -> Money {
        (self.payment.amount_in - self.refunded).max(Money::ZERO)
    }

    pub(super) fn subject(&self) -> Subject {
        self.client.as_ref().map_or(Subject::Ledger, |client| Subject::Client(client.id))
    }

    /// Returns the settlement of the invoice, if there is one to settle.
    pub(super) async fn settlement(
        &self,
        db: &mut Lease,
        settings: &Settings,
        amount: Money,
        now: Moment,
    ) -> fault::Result<Option<RefundSettlement>> {
        let (Some(invoice), Some(plan)) = (&self.invoice, self.plan(amount)) else { return Ok(None) };
        let effects = Effects::of_invoice(db, settings, invoice, None, now).await?;
        let numbers = Numbers::of_plans(db, settings, now, [&plan]).await?;
        Ok(Some(RefundSettlement { plan, effects, numbers }))
    }

    /// Plans the settlement of the invoice. It turns Refunded once all payments of it were refunded, and no credit pays for
    /// it.
    fn plan(&self, amount: Money) -> Option<Plan> {
        let invoice = self.invoice.as_ref()?;
        let mut invoices = invoice.child_invoices.clone();
        invoices.insert(invoice.state.id, invoice.state.clone());
        let mut plan = settlement::plan(&mut invoices, invoice.state.id, &Change::Refund(amount))?;
        let after = &invoices[&invoice.state.id];
        let is_all = after.refunded >= after.received && !after.credit.is_positive();
        if is_all && after.status == Status::Paid {
            let change = Change::set_status(after, Status::Refunded);
            let then = settlement::plan(&mut invoices, invoice.state.id, &change)?;
            plan.steps.extend(then.steps);
            plan.status = then.status;
        }
        Some(plan)
    }
}

/// What a refund changes beside the payment.
pub(super) struct RefundSettlement {
    plan: Plan,
    effects: Effects,
    numbers: Numbers,
}

/// Locks a payment with its client and its invoice.
pub async fn lock_refund(db: &mut Lease, id: i64) -> Result<LockedRefund, Refusal> {
    let payment = charges::payment(db, id).await?.ok_or(Refusal::PaymentNotFound)?;
    let mut client = None;
    let mut invoice = None;
    if payment.invoice > 0 {
        invoice = match lock_invoice(db, InvoiceId(payment.invoice)).await {
            Ok(locked) => Some(locked),
            Err(OperationError::Refused(_)) => None,
            Err(fault) => return Err(fault),
        };
        client = invoice.as_ref().map(|invoice| invoice.client.clone());
    }
    if client.is_none() && payment.client > 0 {
        client = store::clients::client::lock(db, ClientId(payment.client)).await?;
    }
    if client.is_none() {
        db.lock(Subject::Ledger).await?;
    }
    let locked = charges::lock_payment(db, id).await?.ok_or(Refusal::PaymentNotFound)?;
    locked.check_is_where(&payment)?;
    let payment = locked;
    if !payment.amount_in.is_positive() {
        return Err(Refusal::NotAPayment.into());
    }
    let refunded = charges::refunded(db, id).await?;
    let gateway = gateway_of_payment(db, client.as_ref(), payment.gateway.clone()).await?;
    Ok(LockedRefund { payment, gateway, client, invoice, refunded })
}

/// Refunds a payment, and returns the amount. Through a gateway, the refund is queued, and booked once it is carried out.
pub async fn refund(context: Context<'_>, locked: &LockedRefund, request: RefundRequest) -> Result<Money, Refusal> {
    let left = locked.refundable();
    let amount = request.amount.unwrap_or(left);
    if amount > left || !left.is_positive() {
        return Err(Refusal::RefundExceedsPayment { left }.into());
    }
    let id = locked.payment.id;
    if charges::is_open(context.db, Command::Refund, id).await? {
        return Err(Refusal::RefundOpen.into());
    }
    match request.way {
        RefundWay::Gateway => queue(context, locked, amount).await?,
        RefundWay::Credit if locked.client.is_none() => return Err(Refusal::ClientNotFound.into()),
        RefundWay::Credit | RefundWay::Booked => {
            let settlement = locked.settlement(context.db, context.settings, amount, context.now).await?;
            let mut tx = context.write(locked.subject()).await?;
            let transaction = &*request.transaction;
            let new = NewRefund { amount, fees: Money::ZERO, transaction, at: request.at };
            book_refund(&mut tx, locked, settlement, &new).await?;
            if let (RefundWay::Credit, Some(client)) = (request.way, &locked.client) {
                let description = match locked.payment.invoice {
                    0 => format!("Credit from Refund of Transaction #{id}"),
                    invoice => format!("Credit from Refund of Invoice #{invoice}"),
                };
                add_credit(&mut tx, client.id, amount, &description).await?;
            }
        }
    }
    Ok(amount)
}

/// Queues a refund through the gateway that has received the payment.
async fn queue(context: Context<'_>, locked: &LockedRefund, amount: Money) -> Result<(), Refusal> {
    let gateway = &locked.gateway.name;
    if !context.gateways.has(gateway) {
        return Err(Refusal::GatewayNotSetUp { gateway: gateway.clone() }.into());
    }
    if locked.payment.transaction.is_empty() {
        return Err(Refusal::NoTransactionId.into());
    }
    let client = locked.client.as_ref().ok_or(Refusal::ClientNotFound)?;
    let new = NewCharge {
        id: random_request_id()?,
        command: Command::Refund,
        client: client.id,
        invoice: locked.invoice.as_ref().map(|invoice| invoice.state.id),
        payment: locked.payment.id,
        pay_method: 0,
        gateway,
        amount,
        held: 0,
    };
    let id = locked.payment.id;
    let client = client.id;
    let mut tx = context.write(Subject::Client(client)).await?;
    if !charges::add(&mut tx, &new).await? {
        return Err(Refusal::RefundOpen.into());
    }
    let line = format!("Refund Requested - Transaction ID: {id} - Amount: {amount}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    Ok(())
}

/// A refund to book.
pub(super) struct NewRefund<'r> {
    pub amount: Money,
    pub fees: Money,
    pub transaction: &'r str,
    pub at: NaiveDateTime,
}

/// Books a refund, and settles the invoice.
pub(super) async fn book_refund(
    tx: &mut Writer<'_>,
    locked: &LockedRefund,
    settlement: Option<RefundSettlement>,
    refund: &NewRefund<'_>,
) -> fault::Result<()> {
    let LockedRefund { payment, gateway, client, invoice, .. } = locked;
    let id = payment.id;
    let description = format!("Refund of Transaction #{id}");
    let client = client.as_ref().map(|client| client.id);
    let new = NewPayment {
        client,
        invoice: invoice.as_ref().map(|invoice| invoice.state.id),
        currency: payment.currency,
        gateway,
        date: refund.at,
        description: &description,
        amount_in: Money::ZERO,
        fees: refund.fees,
        amount_out: refund.amount,
        rate: payment.rate,
        transaction: refund.transaction,
        unique_among: TransactionIdScope::NotUnique,
        refund_of: id,
    };
    let row = store::billing::payments::record(tx, &new).await?;
    let row = row.ok_or_else(|| Fault::internal("a refund was not booked"))?;
    let line = format!("Refunded Payment - Transaction ID: {id} - Amount: {}", refund.amount);
    store::system::activity::log(tx, client, &line).await?;
    if let (Some(client), Some(RefundSettlement { plan, mut effects, mut numbers })) = (client, settlement) {
        carry_out(tx, client, &plan, &mut effects, &mut numbers, Cause { payment: row, at: refund.at }).await?;
    }
    Ok(())
}
