//! Issuing invoices.

use chrono::{Datelike, Days, NaiveDate};

use super::Refusal;
use super::balance::move_to_invoice;
use super::effects::Effects;
use super::lines::check_line;
use super::numbers::{NEW, Numbers};
use super::settle::{Cause, carry_out};
use super::taxes::{RateOverrides, rates, tax_rules};
use crate::config::Settings;
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{AdminId, ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::settlement::{self, Change, Invoice, Invoices, Kind};
use crate::domain::tax;
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::clients::client::Client;
use crate::store::system::configuration::Configuration;
use crate::store::webhooks::events::raise;

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
    let item_due_date = due_date;
    let client_id = client.id;
    let new = NewInvoice {
        client: client_id,
        status,
        date,
        due_date,
        item_due_date,
        due_dates_of_lines: Vec::new(),
        payment_method,
        notes,
        rates,
        totals,
        lines,
    };
    let credit = if options.applies_credit { client.credit } else { Money::ZERO };
    let planned =
        plan_invoice(context.db, context.settings, client, new, credit, options.sends_mail, context.now).await?;
    let mut numbers = Numbers::of_new(context.db, context.settings, context.now, planned.turns_paid).await?;

    let mut tx = context.write(Subject::Client(client.id)).await?;
    let WrittenInvoice { id, status, .. } = planned.write(&mut tx, client, credit, &mut numbers, NEW).await?;
    Ok(IssuedInvoice { id, status })
}

/// An invoice for which everything has been read, and nothing was written.
pub struct PlannedInvoice {
    new: NewInvoice,
    effects: Effects,
    mail: Option<InvoiceMail>,
    /// Whether it is Paid once it is written.
    pub turns_paid: bool,
}

/// An invoice that was written.
#[derive(Debug)]
pub struct WrittenInvoice {
    pub id: InvoiceId,
    pub status: Status,
    /// The client's credit that was applied.
    pub credit: Money,
}

/// Reads what an invoice to a client who is locked depends on, for which at most this credit is used.
pub async fn plan_invoice(
    db: &mut Lease,
    settings: &Settings,
    client: &Client,
    new: NewInvoice,
    credit: Money,
    sends_mail: bool,
    now: Moment,
) -> fault::Result<PlannedInvoice> {
    // Nothing is paid of most new invoices.
    let is_paid = credit.is_positive() || new.status != Status::Unpaid || !new.totals.total.is_positive();
    let effects = match is_paid {
        true => Effects::of_new(db, settings, client, &new, now).await?,
        false => Effects::default(),
    };
    let mail = match sends_mail {
        true => InvoiceMail::for_new_invoice(db, &settings.links, &new, now).await?,
        false => None,
    };
    let is_covered = new.status == Status::Unpaid && credit >= new.totals.total;
    let turns_paid = is_covered || starts_paid(new.status, new.totals.total);
    Ok(PlannedInvoice { new, effects, mail, turns_paid })
}

/// Whether a new invoice is Paid as soon as it is written.
fn starts_paid(status: Status, total: Money) -> bool {
    status == Status::Paid || status.is_open() && !total.is_positive()
}

impl PlannedInvoice {
    /// Writes the invoice, pays what it can from this credit of the client, and stores its mail. `placeholder` stands for it in
    /// the numbers.
    pub async fn write(
        self,
        tx: &mut Writer<'_>,
        client: &Client,
        credit: Money,
        numbers: &mut Numbers,
        placeholder: InvoiceId,
    ) -> fault::Result<WrittenInvoice> {
        let PlannedInvoice { new, mut effects, mut mail, .. } = self;
        if let Some(mail) = &mut mail {
            numbers.set_in(&mut mail.invoice, placeholder);
        }
        let mut invoice = write(tx, &new, &mut effects, numbers, placeholder).await?;
        let mut applied = Money::ZERO;
        if invoice.status == Status::Unpaid {
            applied = credit.min(invoice.total).max(Money::ZERO);
            invoice = pay_from_balance(tx, client, invoice, applied, &mut effects, numbers).await?;
        }
        if let Some(mut mail) = mail {
            mail.invoice.apply_credit(applied);
            if invoice.status != new.status {
                mail.invoice.turn_paid();
            }
            mail.send(tx, invoice.id).await?;
        }
        Ok(WrittenInvoice { id: invoice.id, status: invoice.status, credit: applied })
    }
}

/// Applies an amount of the client's credit to a new invoice.
async fn pay_from_balance(
    tx: &mut Writer<'_>,
    client: &Client,
    invoice: Invoice,
    amount: Money,
    effects: &mut Effects,
    numbers: &mut Numbers,
) -> fault::Result<Invoice> {
    if !amount.is_positive() {
        return Ok(invoice);
    }
    move_to_invoice(tx, client.id, invoice.id, amount).await?;
    settle_new(tx, client.id, invoice, &Change::Credit(amount), effects, numbers).await
}

/// Writes an invoice and a line in the activity log, settles the invoice, and returns its state after the settlement. An
/// invoice of which nothing is paid has no effects.
pub async fn write_invoice(tx: &mut Writer<'_>, new: &NewInvoice, mut numbers: Numbers) -> fault::Result<Invoice> {
    write(tx, new, &mut Effects::default(), &mut numbers, NEW).await
}

async fn write(
    tx: &mut Writer<'_>,
    new: &NewInvoice,
    effects: &mut Effects,
    numbers: &mut Numbers,
    placeholder: InvoiceId,
) -> fault::Result<Invoice> {
    let (id, lines) = store::billing::invoices::create(tx, new).await?;
    effects.set_line_ids(&lines);
    numbers.set_new_id(placeholder, id);
    let line = format!("Created Invoice - Invoice ID: {id} - Total: {}", new.totals.total);
    store::system::activity::log(tx, Some(new.client), &line).await?;
    let (source, user) = source(tx);
    let created = Event::InvoiceCreated { source, user, invoice: id, status: new.status.name() };
    raise(tx, About::Client(new.client), &created).await?;
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
    let change = Change::set_status(&invoice, new.status);
    if new.status == Status::Paid {
        numbers.give(tx, new.client, id).await?;
    }
    let invoice = settle_new(tx, new.client, invoice, &change, effects, numbers).await?;
    if new.status == Status::Paid {
        effects.renew(tx, new.client, id).await?;
    }
    Ok(invoice)
}

/// Where an invoice comes from, and by whom, as WHMCS's hook tells: `autogen` is the daily automation.
fn source(tx: &Writer<'_>) -> (&'static str, String) {
    match tx.author.admin {
        AdminId(0) => ("autogen", "system".to_owned()),
        admin => ("api", admin.to_string()),
    }
}

/// Settles an invoice that has just been written. Invoices that its lines would pay are not paid.
async fn settle_new(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: Invoice,
    change: &Change,
    effects: &mut Effects,
    numbers: &mut Numbers,
) -> fault::Result<Invoice> {
    let id = invoice.id;
    let mut invoices = Invoices::from([(id, invoice)]);
    let plan = settlement::plan(&mut invoices, id, change);
    let plan = plan.ok_or_else(|| Fault::internal("a new invoice rejected a change"))?;
    let at = tx.now.local();
    carry_out(tx, client, &plan, effects, numbers, Cause { payment: 0, at }).await?;
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
