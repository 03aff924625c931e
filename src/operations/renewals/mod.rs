//! Invoices for what recurs: further terms of services, addons and domains, and billable items.
//!
//! A term is invoiced once, however often and by whomever that is attempted: it is recorded with its invoice, after the client
//! was locked, in a table that has it once.

mod due;
mod lines;
mod promotions;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::billing::{self, Numbers, PlannedInvoice};
use super::{Context, Result};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId, ServiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::order::discount_of_group;
use crate::domain::renewal::ItemKind;
use crate::domain::tax;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::store;
use crate::store::automation::due::InvoicedService;
use crate::store::billing::invoices::NewInvoice;
use crate::store::billing::terms::{self, BilledTerm};
use crate::store::clients::client::Client;
use crate::store::webhooks::events::raise;

use due::{Due, DueBillable, DueTerm, PromotionUse};
pub use due::{Horizon, Selection};

/// The number of clients that one transaction invoices.
pub const MAX_CLIENTS: usize = 500;

/// What is invoiced, and how.
#[derive(Debug, Clone)]
pub struct Request {
    pub selection: Selection,
    /// Whether clients get mails about their invoices.
    pub sends_mail: bool,
}

/// The reasons for which nothing is invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// An amount is larger than a money column holds.
    AmountOutOfRange,
    DateOutOfRange,
}

impl super::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::AmountOutOfRange => "amount_out_of_range",
            Refusal::DateOutOfRange => "date_out_of_range",
        }
    }
}

/// Returns the clients who may have something that is due: up to [`MAX_CLIENTS`].
pub async fn due_clients(context: &mut Context<'_>) -> Result<Vec<ClientId>, Refusal> {
    let configuration = store::system::configuration::read(context.db).await?;
    let horizon = Horizon::new(&context.settings.automation, &configuration, context.now.date());
    let clients = horizon.clients(context.db).await?;
    Ok(clients.into_iter().take(MAX_CLIENTS).map(ClientId).collect())
}

/// Invoices what is due of these clients, and returns the invoices. Services that have reached the number of terms of their product
/// are completed instead. Nothing is written if nothing is due.
pub async fn invoice_due(
    mut context: Context<'_>,
    clients: &[ClientId],
    request: &Request,
) -> Result<Vec<InvoiceId>, Refusal> {
    let mut planned = Vec::new();
    for client in clients {
        planned.extend(plan(&mut context, *client, request).await?);
    }
    let Some(first) = planned.first() else { return Ok(Vec::new()) };
    let paid = planned.iter().flat_map(|client| &client.invoices).enumerate();
    let paid = paid.filter(|(_, (_, plan))| plan.turns_paid).map(|(at, _)| billing::placeholder(at)).collect();
    let mut numbers = Numbers::of_several_new(context.db, context.settings, context.now, paid).await?;
    let mut tx = context.write(Subject::Client(first.client.id)).await?;
    let mut invoices = Vec::new();
    for client in planned {
        let position = invoices.len();
        invoices.extend(client.write(&mut tx, &mut numbers, position).await?);
    }
    Ok(invoices)
}

/// A client with the invoices that are to be written.
struct PlannedClient {
    client: Client,
    due: Due,
    invoices: Vec<(Group, PlannedInvoice)>,
    /// The credit that pays for them.
    credit: Money,
}

/// Locks a client, and reads what is due; `None` if nothing is.
async fn plan(
    context: &mut Context<'_>,
    client: ClientId,
    request: &Request,
) -> Result<Option<PlannedClient>, Refusal> {
    let Some(client) = store::clients::client::lock(context.db, client).await? else { return Ok(None) };
    let Some(payer) = store::automation::due::payer(context.db, client.id).await? else { return Ok(None) };
    let mut due = due::read(context, &client, request).await?;
    if payer.is_closed || due.is_empty() {
        return Ok(None);
    }
    promotions::end(context, &client, &mut due.terms).await?;
    let credit = if due.applies_credit { client.credit } else { Money::ZERO };
    let mut left = credit;
    let mut invoices = Vec::new();
    for group in grouped(&due, payer.is_separate) {
        let new = invoice(context, &client, &due, &group, payer.discount).await?;
        let sends_mail = request.sends_mail && new.totals.total.is_positive();
        let (total, available) = (new.totals.total, left);
        left = left - total.min(left).max(Money::ZERO);
        let plan =
            billing::plan_invoice(context.db, context.settings, &client, new, available, sends_mail, context.now)
                .await?;
        invoices.push((group, plan));
    }
    Ok(Some(PlannedClient { client, due, invoices, credit }))
}

impl PlannedClient {
    /// Writes the invoices, of which the first one has this position among those of the transaction.
    async fn write(self, tx: &mut Writer<'_>, numbers: &mut Numbers, position: usize) -> fault::Result<Vec<InvoiceId>> {
        let PlannedClient { client, due, invoices, mut credit } = self;
        for service in &due.completed {
            complete(tx, client.id, *service).await?;
        }
        let mut ids = Vec::with_capacity(invoices.len());
        for (group, plan) in invoices {
            let placeholder = billing::placeholder(position + ids.len());
            let written = plan.write(tx, &client, credit, numbers, placeholder).await?;
            credit = credit - written.credit;
            record(tx, &due, &group, written.id).await?;
            ids.push(written.id);
        }
        Ok(ids)
    }
}

/// What is billed together, by index.
#[derive(Debug, Default)]
struct Group {
    due: NaiveDate,
    payment_method: String,
    terms: Vec<usize>,
    billable: Vec<usize>,
}

/// What has the same due date and the same payment method is on one invoice, unless the client has one for each item.
fn grouped(due: &Due, is_separate: bool) -> Vec<Group> {
    let mut groups: BTreeMap<(NaiveDate, String, usize), Group> = BTreeMap::new();
    let mut add = |day: NaiveDate, payment_method: &str, number: usize, member: Member| {
        let key = (day, payment_method.to_owned(), if is_separate { number } else { 0 });
        let group = groups.entry(key).or_insert_with(|| Group {
            due: day,
            payment_method: payment_method.to_owned(),
            ..Group::default()
        });
        match member {
            Member::Term(at) => group.terms.push(at),
            Member::Billable(at) => group.billable.push(at),
        }
    };
    for (at, term) in due.terms.iter().enumerate() {
        add(term.due, &term.item.payment_method, at, Member::Term(at));
    }
    for (at, billable) in due.billable.iter().enumerate() {
        add(billable.due, &due.payment_method, due.terms.len() + at, Member::Billable(at));
    }
    groups.into_values().collect()
}

#[derive(Debug, Clone, Copy)]
enum Member {
    Term(usize),
    Billable(usize),
}

async fn invoice(
    context: &mut Context<'_>,
    client: &Client,
    due: &Due,
    group: &Group,
    discount: Decimal,
) -> Result<NewInvoice, Refusal> {
    let terms = group.terms.iter().map(|at| &due.terms[*at]);
    let mut lines: Vec<_> = terms.map(|term| lines::of_term(term, &due.options, &due.date_format)).collect();
    let discounted: Vec<(Money, bool)> = lines.iter().map(|line| (line.amount, line.taxed)).collect();
    let discounts = discount_of_group(&discounted, discount).ok_or(Refusal::AmountOutOfRange)?;
    lines.extend(discounts.into_iter().map(|(amount, taxed)| lines::of_discount(amount, taxed, discount)));
    lines.extend(group.billable.iter().map(|at| lines::of_billable(&due.billable[*at], due.taxes_billable)));
    let amounts: Vec<(Money, bool)> = lines.iter().map(|line| (line.amount, line.taxed)).collect();
    let rates = billing::rates(context.db, client, &due.configuration, billing::RateOverrides::default()).await?;
    let totals = tax::totals(&amounts, rates, billing::tax_rules(&due.configuration, context.compat));
    let today = context.now.date();
    Ok(NewInvoice {
        client: client.id,
        status: Status::Unpaid,
        date: today,
        // What is made up for is not late on the day of its invoice.
        due_date: group.due.max(today),
        item_due_date: group.due,
        due_dates_of_lines: Vec::new(),
        payment_method: group.payment_method.clone(),
        notes: String::new(),
        rates,
        totals: totals.ok_or(Refusal::AmountOutOfRange)?,
        lines,
    })
}

/// Records what an invoice is for, so that it is not invoiced again.
async fn record(tx: &mut Writer<'_>, due: &Due, group: &Group, invoice: InvoiceId) -> fault::Result<()> {
    for at in &group.terms {
        let term = &due.terms[*at];
        let billed = BilledTerm { kind: term.kind, item: term.item.id, due: term.due, next_due: term.next_due };
        terms::add_billed(tx, billed, invoice).await?;
        set_invoiced(tx, term).await?;
    }
    for at in &group.billable {
        let DueBillable { row, next_due, .. } = &due.billable[*at];
        if !store::automation::due::count_billable(tx, row, *next_due).await? {
            return Err(Fault::Vanished);
        }
    }
    Ok(())
}

async fn set_invoiced(tx: &mut Writer<'_>, term: &DueTerm) -> fault::Result<()> {
    let DueTerm { item, next_due, promotion, .. } = term;
    match term.kind {
        ItemKind::Service => {
            let service = InvoicedService {
                id: item.id,
                next_invoice: *next_due,
                amount: item.amount,
                is_promoted: *promotion == PromotionUse::Applied,
                ends_promotion: *promotion == PromotionUse::Ended,
            };
            store::automation::due::set_service_invoiced(tx, service).await?;
        }
        ItemKind::Addon => store::automation::due::set_addon_invoiced(tx, item.id, *next_due).await?,
        ItemKind::Domain => store::automation::due::set_domain_invoiced(tx, item.id, *next_due).await?,
    }
    Ok(())
}

/// Completes a service that was invoiced as often as its product says.
async fn complete(tx: &mut Writer<'_>, client: ClientId, service: i64) -> fault::Result<()> {
    if store::automation::due::complete(tx, service).await? {
        let line = format!("Recurring Cycles Completed - Service ID: {service}");
        store::system::activity::log(tx, Some(client), &line).await?;
        let event = Event::ServiceRecurringCompleted { service: ServiceId(service) };
        raise(tx, About::Client(client), &event).await?;
    }
    Ok(())
}
