//! The one place where an invoice is settled: after any change of its lines, totals, credit, payments or status.
//!
//! [`crate::domain::settlement`] works out what follows from the amounts and rows. Here they are read, locked and before anything is
//! written, and what follows is carried out afterwards.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::balance::move_to_invoice;
use super::fulfilment::hand_over;
use super::{LockedInvoice, Refusal};
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::settlement::{
    Change, Entry, Invoice, Invoices, Kind, Line, NewEntry, Origin, Plan, Reason, Step, plan,
};
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::operations::Result;
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::invoices::InvoiceBalance;
use crate::store::billing::{credit, settlements};

/// Reads all that the settlement of an invoice depends on, of which the row is locked.
pub(super) async fn read(db: &mut MySqlConnection, balance: &InvoiceBalance) -> sqlx::Result<Invoice> {
    let lines = match balance.sells {
        true => store::billing::invoices::lines(db, balance.id).await?,
        false => Vec::new(),
    };
    let lines = lines.into_iter().filter_map(|line| {
        let kind = Kind::of_line(&line.kind)?;
        Some(Line { id: line.id, kind, related: line.related, amount: line.amount })
    });
    let lines: Vec<Line> = lines.collect();
    let mut entries = inferred(balance, &lines);
    if balance.is_settled {
        let stored = settlements::of_invoice(db, balance.id).await?;
        entries.extend(stored.into_iter().filter_map(|entry| {
            let kind = Kind::parse(&entry.kind)?;
            Some(Entry {
                origin: Origin::Stored(entry.origin),
                line: entry.line,
                kind,
                amount: entry.amount,
                reversed_without_entry: Money::ZERO,
            })
        }));
    }
    Ok(Invoice {
        id: balance.id,
        // One of a status that nobody knows demands to be paid.
        status: Status::parse(&balance.status).unwrap_or(Status::Unpaid),
        total: balance.total,
        credit: balance.credit,
        received: balance.received,
        refunded: balance.refunded,
        lines,
        entries,
    })
}

/// What an invoice gave before there were entries, or through a program that writes none, such as WHMCS. An invoice without
/// entries that was paid counts as fulfilled by whoever settled it then: nothing may be given twice.
fn inferred(balance: &InvoiceBalance, lines: &[Line]) -> Vec<Entry> {
    let entry = |line, kind, amount| Entry {
        origin: Origin::Inferred,
        line,
        kind,
        amount,
        reversed_without_entry: Money::ZERO,
    };
    let overpaid = balance.overpayment_without_entry;
    let is_fulfilled =
        !balance.is_settled && balance.has_status(Status::Paid) && balance.paid() - overpaid >= balance.total;
    let mut entries = vec![entry(0, Kind::Overpayment, overpaid)];
    if is_fulfilled {
        entries.extend(lines.iter().map(|line| entry(line.id, line.kind, line.amount)));
    } else {
        let seller = lines.iter().find(|line| line.kind == Kind::AddFunds).map_or(0, |line| line.id);
        let funds = balance.funds_without_entry;
        // What was paid back reversed it, and no row says so.
        let kept = match balance.refunded.is_positive() && !balance.is_settled {
            true => funds.min((balance.paid() + balance.credit).max(Money::ZERO)),
            false => funds,
        };
        entries.push(Entry { reversed_without_entry: funds - kept, ..entry(seller, Kind::AddFunds, kept) });
    }
    entries.retain(|entry| entry.amount.is_positive() || entry.reversed_without_entry.is_positive());
    entries
}

/// Reads the invoices of the same client that an invoice pays by its lines, those that these pay, and so on, and locks them.
pub(super) async fn read_paid_by(
    db: &mut MySqlConnection,
    client: ClientId,
    invoice: &Invoice,
) -> sqlx::Result<Invoices> {
    let paid_by = |invoice: &Invoice| -> Vec<InvoiceId> {
        let lines = invoice.lines.iter().filter(|line| line.kind == Kind::Invoice);
        lines.map(|line| InvoiceId(line.related)).collect()
    };
    let mut paid = Invoices::new();
    let mut seen = BTreeSet::from([invoice.id]);
    let mut ids = paid_by(invoice);
    while let Some(id) = ids.pop() {
        if !seen.insert(id) || store::billing::invoices::client(db, id).await? != Some(client) {
            continue;
        }
        if let Some(balance) = store::billing::invoices::lock(db, id).await? {
            let child = read(db, &balance).await?;
            ids.extend(paid_by(&child));
            paid.insert(id, child);
        }
    }
    Ok(paid)
}

impl LockedInvoice {
    /// Works out what follows from a change.
    pub(super) fn plan(&self, change: &Change) -> Result<Plan, Refusal> {
        let mut invoices = self.paid_by_it.clone();
        invoices.insert(self.state.id, self.state.clone());
        let refusal = match change {
            Change::Credit(_) => Refusal::InvoiceNotUnpaid,
            _ => Refusal::InvoiceCancelled,
        };
        Ok(plan(&mut invoices, self.state.id, change).ok_or(refusal)?)
    }
}

/// What caused a settlement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cause {
    /// The row in `tblaccounts`, or 0.
    pub payment: i64,
    /// When invoices that turn Paid were paid.
    pub at: NaiveDateTime,
}

/// Carries out what follows from a change that has been written.
pub(super) async fn carry_out(tx: &mut Writer<'_>, client: ClientId, plan: &Plan, cause: Cause) -> fault::Result<()> {
    let mut entered = BTreeMap::new();
    for step in &plan.steps {
        match *step {
            Step::SetStatus { invoice, to, .. } => set_status(tx, client, invoice, to, cause.at).await?,
            Step::ApplyCredit { invoice, amount } => move_to_invoice(tx, client, invoice, amount).await?,
            Step::ChangeBalance { amount, reason } => change_balance(tx, client, amount, reason).await?,
            Step::Enter(entry) => {
                let key = (entry.invoice, entry.line, entry.kind.name());
                let reverses = match entry.reverses {
                    None => 0,
                    Some(Origin::Stored(id)) => id,
                    Some(Origin::Inferred | Origin::Planned) => *entered.get(&key).unwrap_or(&0),
                };
                let id = enter(tx, client, &entry, cause.payment, reverses).await?;
                if reverses == 0 {
                    entered.insert(key, id);
                }
                hand_over(tx, &entry).await?;
            }
        }
    }
    Ok(())
}

async fn set_status(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    status: Status,
    at: NaiveDateTime,
) -> fault::Result<()> {
    if !store::billing::invoices::set_status(tx, invoice, status, at).await? {
        return Err(Fault::internal("an invoice changed while it was locked"));
    }
    log_status(tx, client, invoice, status).await
}

/// Writes the line about an invoice's new status in the activity log.
pub(super) async fn log_status(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    status: Status,
) -> fault::Result<()> {
    let line = format!("Invoice {} - Invoice ID: {invoice}", status.name());
    Ok(store::system::activity::log(tx, Some(client), &line).await?)
}

async fn change_balance(tx: &mut Writer<'_>, client: ClientId, amount: Money, reason: Reason) -> fault::Result<()> {
    let (description, invoice) = match reason {
        Reason::AddFunds(invoice) => (format!("Add Funds Invoice #{invoice}"), invoice),
        Reason::MassPayment(invoice) => (format!("Mass Payment by Invoice #{invoice}"), invoice),
        Reason::Overpayment(invoice) => (format!("Overpayment of Invoice #{invoice}"), invoice),
        Reason::TakenBack(invoice) => (format!("Credit Taken Back from Invoice #{invoice}"), invoice),
    };
    let (date, admin) = (tx.now.date(), tx.author.admin);
    let change = credit::CreditChange { client, amount, date, description: &description, admin, related: invoice.0 };
    match credit::change(tx, &change).await? {
        true => Ok(()),
        false => Err(Fault::internal("a balance did not take what a settlement changes")),
    }
}

async fn enter(
    tx: &mut Writer<'_>,
    client: ClientId,
    entry: &NewEntry,
    payment: i64,
    reverses: i64,
) -> sqlx::Result<i64> {
    let &NewEntry { invoice, line, kind, related, amount, credited, .. } = entry;
    let kind = kind.name();
    let new = settlements::NewEntry { client, invoice, line, kind, related, amount, credited, payment, reverses };
    settlements::enter(tx, &new).await
}

/// The mails that confirm payments, one for each invoice that turns Paid.
#[derive(Debug, Default)]
pub(super) struct PaymentMails(Vec<(InvoiceId, InvoiceMail)>);

impl PaymentMails {
    pub async fn prepare(
        db: &mut MySqlConnection,
        client: ClientId,
        plan: &Plan,
        now: Moment,
    ) -> fault::Result<PaymentMails> {
        let mut mails = Vec::new();
        for id in plan.paid() {
            let Some(mut mail) = InvoiceMail::about_payment(db, client, id, now).await? else { continue };
            let credit = plan.credit_applied(id);
            if credit.is_positive() {
                mail.invoice.apply_credit(credit);
                mail.invoice.turn_paid();
                mail.set_payment(credit, "");
            }
            mails.push((id, mail));
        }
        Ok(PaymentMails(mails))
    }

    pub fn about(&mut self, id: InvoiceId) -> Option<&mut InvoiceMail> {
        self.0.iter_mut().find(|(about, _)| *about == id).map(|(_, mail)| mail)
    }

    pub async fn send(self, tx: &mut Writer<'_>) -> fault::Result<()> {
        for (id, mail) in self.0 {
            mail.send(tx, id).await?;
        }
        Ok(())
    }
}
