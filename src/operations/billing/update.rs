//! Changing an invoice.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::settle::{Cause, carry_out, log_status};
use super::taxes::{NamedRates, tax_rules};
use super::{LockedInvoice, Refusal};
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Line, Status};
use crate::domain::money::Money;
use crate::domain::settlement::{self, Change as InvoiceChange, Invoice};
use crate::domain::tax::{self, Rates, Totals};
use crate::operations::{Context, Result};
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::credit::CreditChange;
use crate::store::billing::invoices::{InvoiceBalance, InvoiceChanges, InvoiceLineRow};

/// What of an invoice is to change; what is `None` stays.
#[derive(Debug, Default)]
pub struct InvoiceUpdate {
    /// The status that somebody sets.
    pub status: Option<Status>,
    /// Sends the client the mail that presents the invoice.
    pub sends_mail: bool,
    pub payment_method: Option<String>,
    pub rates: NamedRates,
    /// How much of the client's credit is applied to it in all; not below zero.
    pub credit: Option<Money>,
    pub date: Option<NaiveDate>,
    pub due_date: Option<NaiveDate>,
    pub paid_at: Option<NaiveDateTime>,
    pub notes: Option<String>,
    pub lines: LineEdits,
}

impl InvoiceUpdate {
    fn changes_totals(&self) -> bool {
        !self.lines.is_empty() || self.rates.first.is_some() || self.rates.second.is_some()
    }
}

/// What becomes of the lines of an invoice. Ids of other lines are left out.
#[derive(Debug, Default)]
pub struct LineEdits {
    pub changed: BTreeMap<i64, Line>,
    pub added: Vec<Line>,
    pub deleted: BTreeSet<i64>,
}

/// Changes an invoice, and settles it where its amounts or its status change. Where lines or rates are named, the taxes and the
/// total are worked out anew from them.
pub async fn update_invoice(
    context: Context<'_>,
    invoice: &LockedInvoice,
    mut update: InvoiceUpdate,
) -> Result<(), Refusal> {
    let LockedInvoice { client, balance, state, .. } = invoice;
    let id = balance.id;
    let stored = store::billing::invoices::lines(context.db, id).await?;
    update.lines.keep_only(&stored);
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
        // They were worked out by the rules of their time.
        false => balance.totals(),
    };
    let credit = update.credit.unwrap_or(balance.credit);
    check_credit(invoice, credit, totals)?;
    let settles = update.changes_totals() || credit != balance.credit || update.status.is_some();
    let change = InvoiceChange::Edit {
        total: totals.total - credit,
        credit,
        lines: update.lines.sold(state),
        status: update.status,
    };
    let mut plan = if settles { Some(invoice.plan(&change)?) } else { None };
    let status = plan.as_mut().and_then(|plan| plan.take_status(id));
    let changes = InvoiceChanges {
        status,
        payment_method: update.payment_method,
        rates,
        totals,
        credit,
        date: update.date,
        due_date: update.due_date,
        paid_at: update.paid_at,
        notes: update.notes,
    };
    let draft = match update.sends_mail {
        true => InvoiceMail::about_published(context.db, client.id, id, context.now).await?,
        false => None,
    };

    let mut tx = context.write(Subject::Client(client.id)).await?;
    update.lines.write(&mut tx, client.id, id).await?;
    move_credit(&mut tx, client.id, balance, credit).await?;
    store::billing::invoices::update(&mut tx, id, &changes).await?;
    if let Some(status) = status.filter(|_| update.status.is_none()) {
        log_status(&mut tx, client.id, id, status).await?;
    }
    if let Some(plan) = &plan {
        let at = update.paid_at.unwrap_or(tx.now.local());
        carry_out(&mut tx, client.id, plan, Cause { payment: 0, at }).await?;
    }
    let line = format!("Modified Invoice - Invoice ID: {id}");
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    if let Some(mut draft) = draft {
        draft.invoice.change(&changes, balance.paid(), update.lines.descriptions(stored));
        draft.send(&mut tx, id).await?;
    }
    Ok(())
}

/// Rejects more credit than the invoice takes.
fn check_credit(invoice: &LockedInvoice, credit: Money, totals: Totals) -> Result<(), Refusal> {
    let LockedInvoice { balance: invoice, state, .. } = invoice;
    let takes_credit = credit > invoice.credit;
    if takes_credit && !(invoice.has_status(Status::Unpaid) || invoice.has_status(Status::Draft)) {
        return Err(Refusal::InvoiceNotUnpaid.into());
    }
    // What was paid already need not be paid from the balance.
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

    /// Leaves out the lines of other invoices.
    fn keep_only(&mut self, stored: &[InvoiceLineRow]) {
        let stored: BTreeSet<i64> = stored.iter().map(|line| line.id).collect();
        self.changed.retain(|id, _| stored.contains(id));
        self.deleted.retain(|id| stored.contains(id));
    }

    fn kept<'l>(&'l self, stored: &'l [InvoiceLineRow]) -> impl Iterator<Item = &'l InvoiceLineRow> {
        stored.iter().filter(|line| !self.deleted.contains(&line.id))
    }

    /// The amounts of all lines as they will be, and whether they are taxed.
    fn amounts(&self, stored: &[InvoiceLineRow]) -> Vec<(Money, bool)> {
        let amount = |stored: &InvoiceLineRow| match self.changed.get(&stored.id) {
            Some(line) => (line.amount, line.taxed),
            None => (stored.amount, stored.taxed != 0),
        };
        self.kept(stored).map(amount).chain(self.added.iter().map(|line| (line.amount, line.taxed))).collect()
    }

    /// The lines that sell something, as they will be. What is added sells nothing.
    fn sold(&self, invoice: &Invoice) -> Vec<settlement::Line> {
        let kept = invoice.lines.iter().filter(|line| !self.deleted.contains(&line.id));
        let amount = |line: &settlement::Line| self.changed.get(&line.id).map_or(line.amount, |changed| changed.amount);
        kept.map(|line| settlement::Line { amount: amount(line), ..*line }).collect()
    }

    /// What all lines will say, and their amounts.
    fn descriptions(&self, stored: Vec<InvoiceLineRow>) -> Vec<(String, Money)> {
        let of_line = |line: &Line| (line.description.clone(), line.amount);
        let kept = stored.into_iter().filter(|line| !self.deleted.contains(&line.id));
        let kept = kept.map(|stored| match self.changed.get(&stored.id) {
            Some(line) => of_line(line),
            None => (stored.description, stored.amount),
        });
        kept.chain(self.added.iter().map(of_line)).collect()
    }

    async fn write(&self, tx: &mut Writer<'_>, client: ClientId, invoice: InvoiceId) -> sqlx::Result<()> {
        for (id, line) in self.changed.iter().filter(|(id, _)| !self.deleted.contains(id)) {
            store::billing::invoices::change_line(tx, invoice, *id, line).await?;
        }
        for id in &self.deleted {
            store::billing::invoices::delete_line(tx, invoice, *id).await?;
        }
        for line in &self.added {
            store::billing::invoices::add_line(tx, client, invoice, line).await?;
        }
        Ok(())
    }
}

/// Takes from the client's balance what is applied to the invoice beyond what was before, or gives it back.
async fn move_credit(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: &InvoiceBalance,
    credit: Money,
) -> Result<(), Refusal> {
    let taken = credit - invoice.credit;
    if taken.is_zero() {
        return Ok(());
    }
    let what = if taken.is_positive() { "Applied to" } else { "Removed from" };
    let change = CreditChange {
        client,
        amount: -taken,
        date: tx.now.date(),
        description: &format!("Credit {what} Invoice #{}", invoice.id),
        admin: tx.author.admin,
        related: 0,
    };
    match store::billing::credit::change(tx, &change).await? {
        true => Ok(()),
        false => Err(Refusal::InsufficientCredit.into()),
    }
}
