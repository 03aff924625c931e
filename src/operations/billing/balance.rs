//! Changes of a client's balance that follow from something else.

use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::fault::{self, Fault};
use crate::store;
use crate::store::billing::credit::CreditChange;

/// Moves an amount from a client's balance to an invoice that demands to be paid, both of which have been found to allow it.
pub(super) async fn move_to_invoice(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    amount: Money,
) -> fault::Result<()> {
    let description = format!("Credit Applied to Invoice #{invoice}");
    let change = CreditChange {
        client,
        amount: -amount,
        date: tx.now.date(),
        description: &description,
        admin: tx.author.admin,
        related: 0,
    };
    let is_applied = store::billing::credit::change(tx, &change).await?
        && store::billing::invoices::apply_credit(tx, invoice, amount).await?;
    if !is_applied {
        return Err(Fault::internal("a client's balance or invoice changed while it was locked"));
    }
    let line = format!("Applied Credit - Invoice ID: {invoice} - Amount: {amount}");
    Ok(store::system::activity::log(tx, Some(client), &line).await?)
}

/// Adds what is above zero to a client's balance, for no invoice.
pub(super) async fn add_credit(
    tx: &mut Writer<'_>,
    client: ClientId,
    amount: Money,
    description: &str,
) -> fault::Result<()> {
    if !amount.is_positive() {
        return Ok(());
    }
    let (date, admin) = (tx.now.date(), tx.author.admin);
    let change = CreditChange { client, amount, date, description, admin, related: 0 };
    match store::billing::credit::change(tx, &change).await? {
        true => Ok(()),
        false => Err(Fault::internal("a balance did not take an amount that was added")),
    }
}
