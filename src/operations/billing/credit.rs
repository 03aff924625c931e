//! The client's balance: changing it, and paying invoices from it.

use chrono::NaiveDate;

use super::balance::move_to_invoice;
use super::effects::Effects;
use super::numbers::Numbers;
use super::settle::{Cause, PaymentMails, carry_out};
use super::{LockedInvoice, Refusal};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::money::Money;
use crate::domain::settlement::Change as InvoiceChange;
use crate::operations::{Context, Result};
use crate::store;

/// A change of a balance by staff.
#[derive(Debug)]
pub struct BalanceChange {
    /// Negative where credit is removed; never zero.
    pub amount: Money,
    pub date: NaiveDate,
    pub description: String,
    /// The member of staff who is recorded as responsible.
    pub admin: AdminId,
}

/// A client who is locked with all that belongs to them, and the balance.
#[derive(Debug, Clone, Copy)]
pub struct LockedBalance {
    client: ClientId,
    credit: Money,
}

impl LockedBalance {
    /// Locks a client until the transaction ends.
    pub async fn lock(db: &mut Lease, client: ClientId) -> Result<LockedBalance, Refusal> {
        let credit = store::billing::credit::lock(db, client).await?.ok_or(Refusal::ClientNotFound)?;
        Ok(LockedBalance { client, credit })
    }
}

/// Adds credit to a balance, or removes credit, and returns the new balance. A change that would make the balance negative is
/// rejected.
pub async fn change_credit(
    context: Context<'_>,
    balance: LockedBalance,
    change: BalanceChange,
) -> Result<Money, Refusal> {
    let LockedBalance { client, credit } = balance;
    let BalanceChange { amount, date, description, admin } = change;
    let balance = credit.checked_add(amount).ok_or(Refusal::AmountOutOfRange)?;

    let mut tx = context.write(Subject::Client(client)).await?;
    let description = &*description;
    let change = store::billing::credit::CreditChange { client, amount, date, description, admin, related: 0 };
    if !store::billing::credit::change(&mut tx, &change).await? {
        return Err(Refusal::InsufficientCredit.into());
    }
    let (done, amount) = if amount.is_positive() { ("Added", amount) } else { ("Removed", -amount) };
    let line = format!("{done} Credit - Client ID: {client} - Amount: {amount} - New Balance: {balance}");
    store::system::activity::log(&mut tx, Some(client), &line).await?;
    Ok(balance)
}

/// How much credit to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditAmount {
    /// As much as the balance allows and the invoice needs.
    Full,
    Exactly(Money),
}

#[derive(Debug)]
pub struct AppliedCredit {
    pub amount: Money,
    /// Whether the invoice turned Paid.
    pub is_paid: bool,
}

/// Pays an unpaid invoice, or a part of it, from the balance of its client.
pub async fn apply_credit(
    context: Context<'_>,
    invoice: &LockedInvoice,
    amount: CreditAmount,
    sends_mail: bool,
) -> Result<AppliedCredit, Refusal> {
    invoice.check_is_unpaid()?;
    let LockedInvoice { client, state, .. } = invoice;
    // If more money was refunded than received, `due` exceeds the total; the excess is not paid from the balance.
    let payable = state.due().min(state.total);
    let amount = match amount {
        CreditAmount::Full => client.credit.min(payable),
        CreditAmount::Exactly(amount) if amount > client.credit => return Err(Refusal::InsufficientCredit.into()),
        CreditAmount::Exactly(amount) if amount > payable => return Err(Refusal::CreditExceedsInvoice.into()),
        CreditAmount::Exactly(amount) => amount,
    };
    if !amount.is_positive() {
        return Err(Refusal::NoCreditToApply.into());
    }
    let plan = invoice.plan(&InvoiceChange::Credit(amount))?;
    let mut effects = Effects::of_invoice(context.db, context.settings, invoice, None, context.now).await?;
    let mut numbers = Numbers::of_plans(context.db, context.settings, context.now, [&plan]).await?;
    let mut mails = match sends_mail {
        true => {
            PaymentMails::prepare(context.db, &context.settings.links, client.id, &plan, &numbers, None, context.now)
                .await?
        }
        false => PaymentMails::default(),
    };
    if let Some(mail) = mails.for_invoice(state.id) {
        mail.invoice.apply_credit(amount);
        mail.invoice.turn_paid();
        mail.set_payment(amount, "");
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
    move_to_invoice(&mut tx, client.id, state.id, amount).await?;
    let at = tx.now.local();
    carry_out(&mut tx, client.id, &plan, &mut effects, &mut numbers, Cause { payment: 0, at }).await?;
    mails.send(&mut tx).await?;
    Ok(AppliedCredit { amount, is_paid: plan.turns_paid(state.id) })
}
