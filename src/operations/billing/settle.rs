//! What follows from a payment of an invoice.

use chrono::NaiveDateTime;

use super::balance::add_credit;
use crate::database::writer::Writer;
use crate::domain::id::ClientId;
use crate::domain::invoice::settle;
use crate::domain::money::Money;
use crate::fault;
use crate::store;
use crate::store::billing::invoices::Balance;

/// Does what follows from a payment that was recorded: the invoice turns Paid when nothing is left to pay, and what is
/// too much becomes credit. Tells whether the invoice turned Paid.
pub(super) async fn settle_payment(
    books: &mut Writer<'_>,
    client: ClientId,
    invoice: &Balance,
    amount: Money,
    date: NaiveDateTime,
) -> fault::Result<bool> {
    let line = format!("Added Invoice Payment - Invoice ID: {} - Amount: {amount}", invoice.id);
    store::system::activity::log(books, Some(client), &line).await?;
    let settlement = settle(invoice.due(), amount);
    let is_paid = settlement.settled && mark_paid(books, client, invoice, date).await?;
    let description = format!("Overpayment of Invoice #{}", invoice.id);
    add_credit(books, client, invoice.id.0, settlement.excess, &description).await?;
    Ok(is_paid)
}

/// Turns an invoice Paid, once, with what follows from that. `false` when it was Paid already.
pub(super) async fn mark_paid(
    books: &mut Writer<'_>,
    client: ClientId,
    invoice: &Balance,
    date: NaiveDateTime,
) -> fault::Result<bool> {
    if !store::billing::invoices::mark_paid(books, invoice.id, date).await? {
        return Ok(false);
    }
    let line = format!("Invoice Paid - Invoice ID: {}", invoice.id);
    store::system::activity::log(books, Some(client), &line).await?;
    let funds = if invoice.funds_were_added { Money::ZERO } else { invoice.add_funds };
    add_credit(books, client, invoice.id.0, funds, &format!("Add Funds Invoice #{}", invoice.id)).await?;
    Ok(true)
}
