//! Changes of a client's balance that are part of another operation, such as paying an invoice.

use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::money::Money;
use crate::fault::{self, Fault};
use crate::store;
use crate::store::billing::credit::CreditChange;

/// Applies an amount of a client's credit to an unpaid invoice. The caller has checked that the balance and the invoice
/// suffice.
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

/// Adds an amount to a client's balance without reference to an invoice. An amount of zero or less is ignored.
pub async fn add_credit(tx: &mut Writer<'_>, client: ClientId, amount: Money, description: &str) -> fault::Result<()> {
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
