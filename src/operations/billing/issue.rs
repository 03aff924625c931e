//! Issuing invoices.

use chrono::{Datelike, Days, NaiveDate};

use super::Refusal;
use super::balance::move_to_invoice;
use super::taxes::{NamedRates, rates, tax_rules};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::tax;
use crate::fault;
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceLetter;
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// An invoice as it is asked for.
#[derive(Debug)]
pub struct InvoiceDraft {
    pub status: Status,
    pub payment_method: String,
    pub rates: NamedRates,
    /// By default, today.
    pub date: Option<NaiveDate>,
    /// By default, as many days later as the operator gives a client to pay.
    pub due_date: Option<NaiveDate>,
    pub lines: Vec<Line>,
    pub notes: String,
}

#[derive(Debug, Clone, Copy)]
pub struct IssueOptions {
    /// Pays what the client's balance allows.
    pub applies_credit: bool,
    /// Sends the client the mail about it.
    pub sends_mail: bool,
}

#[derive(Debug)]
pub struct IssuedInvoice {
    pub id: InvoiceId,
    pub status: Status,
}

/// Issues an invoice to a client, whose row is locked.
pub async fn issue(
    context: Context<'_>,
    client: &Client,
    draft: InvoiceDraft,
    options: IssueOptions,
) -> Result<IssuedInvoice, Refusal> {
    let configuration = store::system::configuration::read(context.db).await?;
    let rates = rates(context.db, client, &configuration, draft.rates).await?;
    let date = draft.date.unwrap_or(context.now.date());
    let due_date = match draft.due_date {
        Some(date) => date,
        None => due_date(date, &configuration)?,
    };
    let InvoiceDraft { status, payment_method, lines, notes, .. } = draft;
    let amounts: Vec<_> = lines.iter().map(|line| (line.amount, line.taxed)).collect();
    let totals = tax::totals(&amounts, rates, tax_rules(&configuration, context.compat));
    let totals = totals.ok_or(Refusal::AmountOutOfRange)?;
    let new = NewInvoice { client: client.id, status, date, due_date, payment_method, notes, rates, totals, lines };
    let letter = match options.sends_mail {
        true => InvoiceLetter::about_new(context.db, &new, context.now).await?,
        false => None,
    };

    let mut books = context.write(Subject::Client(client.id)).await?;
    let id = write_invoice(&mut books, &new).await?;
    let applies_credit = options.applies_credit && status == Status::Unpaid;
    let credit = if applies_credit { client.credit.min(totals.total).max(Money::ZERO) } else { Money::ZERO };
    let is_paid = credit.is_positive() && pay_from_balance(&mut books, client, id, credit, totals.total).await?;
    if let Some(mut letter) = letter {
        letter.invoice.apply_credit(credit);
        if is_paid {
            letter.invoice.turn_paid();
        }
        letter.send(&mut books, id).await?;
    }
    Ok(IssuedInvoice { id, status: if is_paid { Status::Paid } else { status } })
}

/// Pays an amount of a new invoice from the client's balance, and tells whether that was all.
async fn pay_from_balance(
    books: &mut Writer<'_>,
    client: &Client,
    invoice: InvoiceId,
    amount: Money,
    total: Money,
) -> fault::Result<bool> {
    move_to_invoice(books, client.id, invoice, amount).await?;
    Ok(amount == total && store::billing::invoices::mark_paid(books, invoice, books.now.local()).await?)
}

/// Writes an invoice and the line about it in the activity log.
pub async fn write_invoice(books: &mut Writer<'_>, new: &NewInvoice) -> fault::Result<InvoiceId> {
    let invoice = store::billing::invoices::create(books, new).await?;
    let line = format!("Created Invoice - Invoice ID: {invoice} - Total: {}", new.totals.total);
    store::system::activity::log(books, Some(new.client), &line).await?;
    Ok(invoice)
}

/// When an invoice of this date is due unless somebody chose.
pub(super) fn due_date(date: NaiveDate, configuration: &Configuration) -> Result<NaiveDate, Refusal> {
    days_after(date, configuration.days_to_pay)
}

/// So many days after a date. The calendar of the database ends with the year 9999.
pub fn days_after(date: NaiveDate, days: u64) -> Result<NaiveDate, Refusal> {
    let due_date = date.checked_add_days(Days::new(days)).filter(|date| date.year() <= 9999);
    due_date.ok_or(Refusal::DateOutOfRange.into())
}
