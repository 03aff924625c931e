//! Changing an invoice.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::effects::{BilledLine, Effects};
use super::lines::check_line;
use super::numbers::Numbers;
use super::settle::{Cause, carry_out, log_status, raise_status};
use super::taxes::{RateOverrides, tax_rules};
use super::{LockedInvoice, Refusal};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::settlement::{self, Change as InvoiceChange, Invoice, Plan};
use crate::domain::tax::{self, Rates, Totals};
use crate::events::{About, Event};
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::credit::CreditChange;
use crate::store::billing::invoices::{InvoiceBalance, InvoiceChanges, InvoiceLineRow};
use crate::store::webhooks::events::raise;

/// The fields of an invoice to change. `None` means no change.
#[derive(Debug, Default)]
pub struct InvoiceUpdate {
    /// The status to set.
    pub status: Option<Status>,
    /// Whether the client gets the mail about the new invoice.
    pub sends_mail: bool,
    pub payment_method: Option<String>,
    pub rates: RateOverrides,
    /// The total credit applied to the invoice after the change; not negative.
    pub credit: Option<Money>,
    /// Whether credit beyond what is left to pay goes back to the client, instead of the change being rejected.
    pub returns_credit: bool,
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub paid_at: Option<NaiveDateTime>,
    /// Whether the time of the payment is removed; it is set again if the status becomes Paid.
    pub clears_paid_at: bool,
    pub notes: Option<String>,
    pub lines: LineEdits,
}

impl InvoiceUpdate {
    fn changes_totals(&self) -> bool {
        !self.lines.is_empty() || self.rates.first.is_some() || self.rates.second.is_some()
    }
}

/// Changes of an invoice's lines, by line id. Ids of other invoices' lines are ignored.
#[derive(Debug, Default)]
pub struct LineEdits {
    pub changed: BTreeMap<i64, Line>,
    pub added: Vec<Line>,
    pub deleted: BTreeSet<i64>,
}

/// Changes an invoice, and settles it if its amounts or status change. Taxes and total are recalculated only if lines
/// or rates are given.
pub async fn update_invoice(
    context: Context<'_>,
    invoice: &LockedInvoice,
    update: InvoiceUpdate,
) -> Result<(), Refusal> {
    write_update(context, invoice, update).await.map(|_| ())
}

/// As [`update_invoice`], for those that write something else besides.
pub async fn write_update<'c>(
    mut context: Context<'c>,
    invoice: &LockedInvoice,
    update: InvoiceUpdate,
) -> Result<Writer<'c>, Refusal> {
    let planned = PlannedUpdate::new(&mut context, invoice, update).await?;
    let mut numbers = Numbers::of_paid(context.db, context.settings, context.now, planned.paid.clone(), false).await?;
    if planned.changes.date.is_some() {
        numbers.keep_dates();
    }
    let mut tx = context.write(Subject::Client(invoice.client.id)).await?;
    planned.write(&mut tx, &mut numbers).await?;
    Ok(tx)
}

/// A change of an invoice that is ready to be written.
#[derive(Debug)]
pub struct PlannedUpdate<'i> {
    invoice: &'i LockedInvoice,
    update: InvoiceUpdate,
    changes: InvoiceChanges,
    plan: Option<Plan>,
    paid: Vec<InvoiceId>,
    effects: Effects,
    /// The lines before the change.
    stored: Vec<InvoiceLineRow>,
    draft: Option<InvoiceMail>,
}

impl<'i> PlannedUpdate<'i> {
    /// Reads and computes everything that is to be written.
    pub async fn new(
        context: &mut Context<'_>,
        invoice: &'i LockedInvoice,
        mut update: InvoiceUpdate,
    ) -> Result<PlannedUpdate<'i>, Refusal> {
        let LockedInvoice { client, balance, state, .. } = invoice;
        let id = balance.id;
        let stored = store::billing::invoices::lines(context.db, id).await?;
        update.lines.remove_unknown_lines(&stored);
        for line in &update.lines.added {
            check_line(context.db, client.id, line).await?;
        }
        let rates = Rates {
            first: update.rates.first.unwrap_or(balance.rate),
            second: update.rates.second.unwrap_or(balance.rate2),
        };
        let totals = match update.changes_totals() {
            true => {
                let configuration = store::system::configuration::read(context.db).await?;
                let amounts = update.lines.amounts(&stored);
                let totals = tax::totals(&amounts, rates, tax_rules(&configuration, context.compat));
                totals.ok_or(Refusal::AmountOutOfRange)?
            }
            // Stored totals were computed with the tax rules of their time.
            false => balance.totals(),
        };
        let mut credit = update.credit.unwrap_or(balance.credit);
        if update.returns_credit {
            let payable = totals.total - state.held().max(Money::ZERO);
            credit = credit.min(payable).max(Money::ZERO);
        }
        check_credit(invoice, credit, totals)?;
        let settles = update.changes_totals() || credit != balance.credit || update.status.is_some();
        let change = InvoiceChange::Edit {
            total: totals.total - credit,
            credit,
            lines: update.lines.selling_lines(state),
            status: update.status,
        };
        let mut plan = if settles { Some(invoice.plan(&change)?) } else { None };
        let paid = plan.iter().flat_map(Plan::paid).collect();
        let status = plan.as_mut().and_then(|plan| plan.take_status(id));
        let changes = InvoiceChanges {
            status,
            payment_method: update.payment_method.clone(),
            rates,
            totals,
            credit,
            date: update.date,
            due_date: update.due_date,
            paid_at: update.paid_at,
            clears_paid_at: update.clears_paid_at,
            notes: update.notes.take(),
        };
        let effects = match &plan {
            Some(_) => {
                let lines = update.lines.billed(id, &stored);
                Effects::of_invoice(context.db, context.settings, invoice, Some(lines), context.now).await?
            }
            None => Effects::default(),
        };
        let links = &context.settings.links;
        let draft = match update.sends_mail {
            true => InvoiceMail::for_published_invoice(context.db, links, client.id, id, context.now).await?,
            false => None,
        };
        Ok(PlannedUpdate { invoice, update, changes, plan, paid, effects, stored, draft })
    }

    /// The invoices that turn Paid by it.
    pub fn paid(&self) -> &[InvoiceId] {
        &self.paid
    }

    /// Writes the change; `numbers` are for the invoices that turn Paid.
    pub async fn write(self, tx: &mut Writer<'_>, numbers: &mut Numbers) -> Result<(), Refusal> {
        let PlannedUpdate { invoice, update, changes, mut plan, mut effects, stored, draft, .. } = self;
        let LockedInvoice { client, balance, .. } = invoice;
        let (id, status) = (balance.id, changes.status);
        let added = update.lines.write(tx, client.id, id).await?;
        move_credit(tx, client.id, balance, changes.credit).await?;
        store::billing::invoices::update(tx, id, &changes).await?;
        if status == Some(Status::Paid) {
            numbers.give(tx, client.id, id).await?;
        }
        match status {
            Some(status) if update.status.is_none() => log_status(tx, client.id, id, status).await?,
            Some(status) if !balance.has_status(status) => raise_status(tx, client.id, id, status).await?,
            _ => {}
        }
        let about = About::Client(client.id);
        if changes.totals.total - changes.credit != balance.total {
            raise(tx, about, &Event::UpdateInvoiceTotal { invoice: id }).await?;
        }
        if let Some(gateway) = update.payment_method.as_ref().filter(|gateway| **gateway != balance.payment_method) {
            raise(tx, about, &Event::InvoiceChangeGateway { invoice: id, gateway }).await?;
        }
        if let Some(plan) = &mut plan {
            plan.set_line_ids(&added);
            effects.set_line_ids(&added);
            let at = update.paid_at.unwrap_or(tx.now.local());
            carry_out(tx, client.id, plan, &mut effects, numbers, Cause { payment: 0, at }).await?;
            if status == Some(Status::Paid) {
                effects.renew(tx, client.id, id).await?;
            } else if status.is_some() && balance.has_status(Status::Paid) {
                effects.keep(tx, id).await?;
            }
        }
        let line = format!("Modified Invoice - Invoice ID: {id}");
        store::system::activity::log(tx, Some(client.id), &line).await?;
        if let Some(mut draft) = draft {
            numbers.set_in(&mut draft.invoice, id);
            draft.invoice.change(&changes, balance.paid(), update.lines.descriptions(stored));
            draft.send(tx, id).await?;
        }
        Ok(())
    }
}

/// Rejects credit that exceeds what is payable, or more credit for an invoice that is neither unpaid nor a draft.
fn check_credit(invoice: &LockedInvoice, credit: Money, totals: Totals) -> Result<(), Refusal> {
    let LockedInvoice { balance: invoice, state, .. } = invoice;
    let takes_credit = credit > invoice.credit;
    if takes_credit && !(invoice.has_status(Status::Unpaid) || invoice.has_status(Status::Draft)) {
        return Err(Refusal::InvoiceNotUnpaid.into());
    }
    // Additional credit can only cover what has not been paid yet.
    let payable = if takes_credit { totals.total - state.held().max(Money::ZERO) } else { totals.total };
    if credit.is_positive() && credit > payable && (takes_credit || totals.total != invoice.totals().total) {
        return Err(Refusal::CreditExceedsInvoice.into());
    }
    Ok(())
}

impl LineEdits {
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.deleted.is_empty()
    }

    /// Removes edits of lines that belong to other invoices.
    fn remove_unknown_lines(&mut self, stored: &[InvoiceLineRow]) {
        let stored: BTreeSet<i64> = stored.iter().map(|line| line.id).collect();
        self.changed.retain(|id, _| stored.contains(id));
        self.deleted.retain(|id| stored.contains(id));
    }

    fn remaining<'l>(&'l self, stored: &'l [InvoiceLineRow]) -> impl Iterator<Item = &'l InvoiceLineRow> {
        stored.iter().filter(|line| !self.deleted.contains(&line.id))
    }

    /// Returns amount and taxability of all lines after the edits.
    fn amounts(&self, stored: &[InvoiceLineRow]) -> Vec<(Money, bool)> {
        let kept = self.remaining(stored).map(|stored| self.amount(stored));
        kept.chain(self.added.iter().map(|line| (line.amount, line.taxed))).collect()
    }

    /// Returns amount and taxability of a line after the edits.
    fn amount(&self, stored: &InvoiceLineRow) -> (Money, bool) {
        match self.changed.get(&stored.id) {
            Some(line) => (line.amount, line.taxed),
            None => (stored.amount, stored.taxed != 0),
        }
    }

    /// Returns the lines that sell something, after the edits. Those that are added have the ids -1, -2 and so on until
    /// they are written, of which [`Plan::set_line_ids`](settlement::Plan::set_line_ids) knows.
    fn selling_lines(&self, invoice: &Invoice) -> Vec<settlement::Line> {
        let kept = invoice.lines.iter().filter(|line| !self.deleted.contains(&line.id));
        let amount = |line: &settlement::Line| self.changed.get(&line.id).map_or(line.amount, |changed| changed.amount);
        let kept = kept.map(|line| settlement::Line { amount: amount(line), ..*line });
        let added = (1..).zip(&self.added).filter_map(|(number, line)| {
            let kind = settlement::Kind::parse_line_kind(line.kind.name())?;
            Some(settlement::Line { id: -number, kind, related: line.related, amount: line.amount })
        });
        kept.chain(added).collect()
    }

    /// Returns all lines after the edits, as far as effects depend on them. Those that are added have negative ids.
    fn billed(&self, invoice: InvoiceId, stored: &[InvoiceLineRow]) -> Vec<BilledLine> {
        let kept = self.remaining(stored).map(|stored| {
            let (amount, taxed) = self.amount(stored);
            let InvoiceLineRow { id, ref kind, related, .. } = *stored;
            BilledLine { invoice, id, kind: kind.clone(), related, amount, taxed }
        });
        let added = (1..).zip(&self.added).map(|(number, line)| BilledLine {
            invoice,
            id: -number,
            kind: line.kind.name().to_owned(),
            related: line.related,
            amount: line.amount,
            taxed: line.taxed,
        });
        kept.chain(added).collect()
    }

    /// Returns descriptions and amounts of all lines after the edits.
    fn descriptions(&self, stored: Vec<InvoiceLineRow>) -> Vec<(String, Money)> {
        let description_and_amount = |line: &Line| (line.description.clone(), line.amount);
        let kept = stored.into_iter().filter(|line| !self.deleted.contains(&line.id));
        let kept = kept.map(|stored| match self.changed.get(&stored.id) {
            Some(line) => description_and_amount(line),
            None => (stored.description, stored.amount),
        });
        kept.chain(self.added.iter().map(description_and_amount)).collect()
    }

    /// Writes the edits, and returns the ids of the added lines.
    async fn write(&self, tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> sqlx::Result<Vec<i64>> {
        for (id, line) in self.changed.iter().filter(|(id, _)| !self.deleted.contains(id)) {
            store::billing::invoices::change_line(tx, invoice, *id, line).await?;
        }
        for id in &self.deleted {
            store::billing::invoices::delete_line(tx, invoice, *id).await?;
        }
        let mut added = Vec::with_capacity(self.added.len());
        for line in &self.added {
            added.push(store::billing::invoices::add_line(tx, client, invoice, line, None).await?);
        }
        Ok(added)
    }
}

/// Changes the client's balance by the difference between the credit applied before and after the update.
async fn move_credit(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: &InvoiceBalance,
    credit: Money,
) -> Result<(), Refusal> {
    let difference = credit - invoice.credit;
    if difference.is_zero() {
        return Ok(());
    }
    let preposition = if difference.is_positive() { "Applied to" } else { "Removed from" };
    let change = CreditChange {
        client,
        amount: -difference,
        date: tx.now.date(),
        description: &format!("Credit {preposition} Invoice #{}", invoice.id),
        admin: tx.author.admin,
        related: 0,
    };
    match store::billing::credit::change(tx, &change).await? {
        true => Ok(()),
        false => Err(Refusal::InsufficientCredit.into()),
    }
}
