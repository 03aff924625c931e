//! Issuing invoices.

use chrono::{Datelike, Days, NaiveDate};

use super::Refusal;
use super::balance::move_to_invoice;
use super::commissions::Commissions;
use super::lines::check_line;
use super::numbers::Numbers;
use super::settle::{Cause, carry_out};
use super::taxes::{RateOverrides, rates, tax_rules};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::settlement::{self, Change, Invoice, Invoices, Kind};
use crate::domain::tax;
use crate::fault::{self, Fault};
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;

/// The fields of an invoice to issue.
#[derive(Debug)]
pub struct InvoiceDraft {
    pub status: Status,
    pub payment_method: String,
    pub rates: RateOverrides,
    /// The invoice date; by default, today.
    pub date: Option<NaiveDate>,
    /// The due date; by default, the invoice date plus the operator's number of days to pay.
    pub due_date: Option<NaiveDate>,
    pub lines: Vec<Line>,
    pub notes: String,
}

#[derive(Debug, Clone, Copy)]
pub struct IssueOptions {
    /// Whether the client's credit is applied, up to the total.
    pub applies_credit: bool,
    /// Whether the client gets the mail about the new invoice.
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
    for line in &draft.lines {
        check_line(context.db, client.id, line).await?;
    }
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
    // Nothing is paid of most new invoices.
    let is_paid = options.applies_credit || status != Status::Unpaid || !totals.total.is_positive();
    let mut commissions = match is_paid {
        true => Commissions::of_new(context.db, context.settings, client, &new).await?,
        false => Commissions::default(),
    };
    let is_covered = options.applies_credit && status == Status::Unpaid && client.credit >= totals.total;
    let turns_paid = is_covered || starts_paid(status, totals.total);
    let mut numbers = Numbers::of_new(context.db, context.settings, context.now, turns_paid).await?;
    let mut draft = match options.sends_mail {
        true => InvoiceMail::for_new_invoice(context.db, &context.settings.links, &new, context.now).await?,
        false => None,
    };

    if let Some(draft) = &mut draft {
        numbers.set_in_new(&mut draft.invoice);
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
    let mut invoice = write(&mut tx, &new, &mut commissions, &mut numbers).await?;
    let mut credit = Money::ZERO;
    if options.applies_credit && invoice.status == Status::Unpaid {
        credit = client.credit.min(invoice.total).max(Money::ZERO);
        invoice = pay_from_balance(&mut tx, client, invoice, credit, &mut commissions, &mut numbers).await?;
    }
    if let Some(mut draft) = draft {
        draft.invoice.apply_credit(credit);
        if invoice.status != status {
            draft.invoice.turn_paid();
        }
        draft.send(&mut tx, invoice.id).await?;
    }
    Ok(IssuedInvoice { id: invoice.id, status: invoice.status })
}

/// Whether a new invoice is Paid as soon as it is written.
fn starts_paid(status: Status, total: Money) -> bool {
    status == Status::Paid || status.is_open() && !total.is_positive()
}

/// Applies an amount of the client's credit to a new invoice.
async fn pay_from_balance(
    tx: &mut Writer<'_>,
    client: &Client,
    invoice: Invoice,
    amount: Money,
    commissions: &mut Commissions,
    numbers: &mut Numbers,
) -> fault::Result<Invoice> {
    if !amount.is_positive() {
        return Ok(invoice);
    }
    move_to_invoice(tx, client.id, invoice.id, amount).await?;
    settle_new(tx, client.id, invoice, &Change::Credit(amount), commissions, numbers).await
}

/// Writes an invoice and a line in the activity log, settles the invoice, and returns its state after the settlement. An
/// invoice of which nothing is paid gives no commissions.
pub async fn write_invoice(tx: &mut Writer<'_>, new: &NewInvoice, mut numbers: Numbers) -> fault::Result<Invoice> {
    write(tx, new, &mut Commissions::default(), &mut numbers).await
}

async fn write(
    tx: &mut Writer<'_>,
    new: &NewInvoice,
    commissions: &mut Commissions,
    numbers: &mut Numbers,
) -> fault::Result<Invoice> {
    let (id, lines) = store::billing::invoices::create(tx, new).await?;
    commissions.set_line_ids(&lines);
    numbers.set_new_id(id);
    let line = format!("Created Invoice - Invoice ID: {id} - Total: {}", new.totals.total);
    store::system::activity::log(tx, Some(new.client), &line).await?;
    let selling_lines = lines.into_iter().zip(&new.lines).filter_map(|(id, line)| {
        let kind = Kind::parse_line_kind(line.kind.name())?;
        Some(settlement::Line { id, kind, related: line.related, amount: line.amount })
    });
    let invoice = Invoice {
        id,
        status: new.status,
        total: new.totals.total,
        credit: Money::ZERO,
        received: Money::ZERO,
        refunded: Money::ZERO,
        lines: selling_lines.collect(),
        entries: Vec::new(),
    };
    if new.status == Status::Paid {
        numbers.give(tx, new.client, id).await?;
    }
    let change = Change::set_status(&invoice, new.status);
    settle_new(tx, new.client, invoice, &change, commissions, numbers).await
}

/// Settles an invoice that has just been written. Invoices that its lines would pay are not paid.
async fn settle_new(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: Invoice,
    change: &Change,
    commissions: &mut Commissions,
    numbers: &mut Numbers,
) -> fault::Result<Invoice> {
    let id = invoice.id;
    let mut invoices = Invoices::from([(id, invoice)]);
    let plan = settlement::plan(&mut invoices, id, change);
    let plan = plan.ok_or_else(|| Fault::internal("a new invoice rejected a change"))?;
    let at = tx.now.local();
    carry_out(tx, client, &plan, commissions, numbers, Cause { payment: 0, at }).await?;
    invoices.remove(&id).ok_or_else(|| Fault::internal("a new invoice was lost"))
}

/// Returns the default due date of an invoice with this date.
pub(super) fn due_date(date: NaiveDate, configuration: &Configuration) -> Result<NaiveDate, Refusal> {
    days_after(date, configuration.days_to_pay)
}

/// Returns the date this many days later. The database's calendar ends with the year 9999.
pub fn days_after(date: NaiveDate, days: u64) -> Result<NaiveDate, Refusal> {
    let due_date = date.checked_add_days(Days::new(days)).filter(|date| date.year() <= 9999);
    due_date.ok_or(Refusal::DateOutOfRange.into())
}
