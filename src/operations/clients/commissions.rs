//! Commissions of affiliates that were not credited at once.

use chrono::NaiveDate;

use super::Refusal;
use crate::database::writer::Subject;
use crate::domain::money::Money;
use crate::domain::sales::commission::proportion;
use crate::domain::time::parse_date;
use crate::fault::Fault;
use crate::operations::{Context, Result};
use crate::store;
use crate::store::automation::upkeep;
use crate::store::sales::affiliates::{self, NewCommission};

/// What became of a commission that was to be credited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearing {
    NotDue,
    Credited,
    /// The service for which it was given is not active any more.
    Dropped,
}

/// Credits a commission that clears on this day or cleared before, or drops it if the service for which it was given is not active.
/// The client who has the service is locked: their payments and refunds change what is to be credited.
pub async fn clear_commission(context: Context<'_>, id: i64, today: NaiveDate) -> Result<Clearing, Refusal> {
    let Some(payer) = upkeep::payer_of(context.db, id).await? else { return Ok(Clearing::NotDue) };
    if store::clients::client::lock(context.db, payer).await?.is_none() {
        return Ok(Clearing::NotDue);
    }
    let pending = upkeep::pending(context.db, id).await?;
    let is_due = |clears_on: &str| parse_date(clears_on).is_some_and(|day| day <= today);
    let Some(pending) = pending.filter(|pending| is_due(&pending.clears_on)) else { return Ok(Clearing::NotDue) };
    let mut commission = NewCommission {
        entry: 0,
        affiliate: pending.affiliate,
        account: pending.account,
        invoice: pending.invoice,
        line: 0,
        paid: Money::ZERO,
        amount: pending.amount,
    };
    let given = affiliates::given(context.db, std::iter::once(pending.invoice)).await?;
    let mut given = given.into_iter().filter(|given| given.account == pending.account);
    let given = given.find(|given| given.amount >= pending.amount);

    let mut tx = context.write(Subject::Client(payer)).await?;
    if !upkeep::delete_pending(&mut tx, &pending).await? {
        return Err(Fault::Vanished.into());
    }
    if pending.is_active {
        affiliates::credit(&mut tx, &commission, "").await?;
    } else if let Some(given) = given {
        // A refund must not take back what was never credited. The rows of commissions have the ids of settlement entries, which
        // are positive.
        commission.entry = -pending.id;
        commission.line = given.line;
        commission.paid = -proportion(given.paid, pending.amount, given.amount);
        commission.amount = -pending.amount;
        affiliates::add_commission(&mut tx, &commission).await?;
    }
    let (done, clearing) = match pending.is_active {
        true => ("Credited", Clearing::Credited),
        false => ("Dropped", Clearing::Dropped),
    };
    let NewCommission { affiliate, invoice, .. } = commission;
    let line =
        format!("Commission {done} - Affiliate ID: {affiliate} - Invoice ID: {invoice} - Amount: {}", pending.amount);
    store::system::activity::log(&mut tx, Some(payer), &line).await?;
    Ok(clearing)
}
