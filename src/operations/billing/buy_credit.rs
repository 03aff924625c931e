//! Selling credit to a client.

use super::{Numbers, Refusal, active_gateway, instructions, issue, taxes, write_invoice};
use crate::database::writer::Subject;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::tax::{self, Rate, Rates};
use crate::operations::{Context, Result};
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

#[derive(Debug)]
pub struct CreditPurchase {
    /// The amount of credit; above zero.
    pub amount: Money,
    pub gateway: String,
    /// The description of the invoice line.
    pub description: String,
    pub notes: String,
    /// Whether what the client area would not offer is rejected.
    pub checks_rules: bool,
}

#[derive(Debug)]
pub struct BoughtCredit {
    pub invoice: InvoiceId,
    pub status: Status,
    /// The gateway's payment instructions for the client.
    pub instructions: String,
}

/// Issues an invoice whose payment adds credit to the balance of a client whose row is locked. Credit is not taxed, and a
/// closed client cannot buy any.
pub async fn buy_credit(
    context: Context<'_>,
    client: &Client,
    purchase: CreditPurchase,
) -> Result<BoughtCredit, Refusal> {
    let CreditPurchase { amount, gateway, description, notes, checks_rules } = purchase;
    let configuration = store::system::configuration::read(context.db).await?;
    if client.is_closed {
        return Err(Refusal::ClientClosed.into());
    }
    check_limits(amount, &configuration)?;
    if checks_rules {
        check_rules(client, amount, &configuration)?;
    }
    let gateway = active_gateway(context.db, &gateway).await?;
    let rates = Rates { first: Rate::ZERO, second: Rate::ZERO };
    let totals = tax::totals(&[(amount, false)], rates, taxes::tax_rules(&configuration, context.compat));
    let date = context.now.date();
    let due_date = issue::due_date(date, &configuration)?;
    let new = NewInvoice {
        client: client.id,
        status: Status::Unpaid,
        date,
        due_date,
        item_due_date: due_date,
        due_dates_of_lines: Vec::new(),
        payment_method: gateway.name.clone(),
        notes,
        rates,
        totals: totals.ok_or(Refusal::AmountOutOfRange)?,
        lines: vec![Line { kind: LineKind::AddFunds, related: 0, description, amount, taxed: false }],
    };

    let links = &context.settings.links;
    let mut tx = context.write(Subject::Client(client.id)).await?;
    let invoice = write_invoice(&mut tx, &new, Numbers::default()).await?.id;
    let instructions = instructions(&gateway, invoice, &configuration, links);
    Ok(BoughtCredit { invoice, status: new.status, instructions })
}

/// Rejects an amount outside the operator's limits for one purchase of credit.
fn check_limits(amount: Money, configuration: &Configuration) -> Result<(), Refusal> {
    match (configuration.add_funds_minimum, configuration.add_funds_maximum) {
        (Some(minimum), _) if amount < minimum => Err(Refusal::PurchaseTooSmall { minimum }.into()),
        (_, Some(maximum)) if amount > maximum => Err(Refusal::PurchaseTooLarge { maximum }.into()),
        _ => Ok(()),
    }
}

/// Rejects a purchase that the client area would not offer. Invoices for credit that are still unpaid do not count.
fn check_rules(client: &Client, amount: Money, configuration: &Configuration) -> Result<(), Refusal> {
    if !configuration.add_funds_enabled {
        return Err(Refusal::PurchasesDisabled.into());
    }
    match configuration.add_funds_maximum_balance {
        Some(maximum) if client.credit + amount > maximum => Err(Refusal::BalanceTooLarge { maximum }.into()),
        _ => Ok(()),
    }
}
