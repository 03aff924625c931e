//! The one place where an invoice is settled: after any change of its lines, totals, credit, payments or status.
//!
//! Rows are read and locked here before the first write; [`crate::domain::settlement`] makes a plan from them; and the
//! steps of the plan are carried out here after the change has been written.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use super::balance::move_to_invoice;
use super::effects::Effects;
use super::numbers::Numbers;
use super::{LockedInvoice, Refusal};
use crate::config::Links;
use crate::database::lease::Lease;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::settlement::{
    Change, Entry, Invoice, Invoices, Kind, Line, NewEntry, Origin, Plan, Reason, Step, plan,
};
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::operations::Result;
use crate::outbox::mail::InvoiceMail;
use crate::store;
use crate::store::billing::invoices::InvoiceBalance;
use crate::store::billing::{credit, settlements};
use crate::store::webhooks::events::{raise, raise_order_paid};

/// Reads the lines and entries of an invoice whose row is locked.
pub(super) async fn read(db: &mut MySqlConnection, balance: &InvoiceBalance) -> sqlx::Result<Invoice> {
    let lines = match balance.has_selling_lines {
        true => store::billing::invoices::lines(db, balance.id).await?,
        false => Vec::new(),
    };
    let lines = lines.into_iter().filter_map(|line| {
        let kind = Kind::parse_line_kind(&line.kind)?;
        Some(Line { id: line.id, kind, related: line.related, amount: line.amount })
    });
    let lines: Vec<Line> = lines.collect();
    let mut entries = infer_entries(balance, &lines);
    if balance.has_entries {
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
        // An unknown status counts as Unpaid.
        status: Status::parse(&balance.status).unwrap_or(Status::Unpaid),
        total: balance.total,
        credit: balance.credit,
        received: balance.received,
        refunded: balance.refunded,
        lines,
        entries,
    })
}

/// Returns entries for what an invoice gave without writing any: before the table of entries existed, or through a
/// program that writes none, such as WHMCS. A paid invoice without entries counts as fulfilled, so that nothing is
/// given twice.
fn infer_entries(balance: &InvoiceBalance, lines: &[Line]) -> Vec<Entry> {
    let entry = |line, kind, amount| Entry {
        origin: Origin::Inferred,
        line,
        kind,
        amount,
        reversed_without_entry: Money::ZERO,
    };
    let overpaid = balance.overpayment_without_entry;
    let is_fulfilled =
        !balance.has_entries && balance.has_status(Status::Paid) && balance.paid() - overpaid >= balance.total;
    let mut entries = vec![entry(0, Kind::Overpayment, overpaid)];
    if is_fulfilled {
        entries.extend(lines.iter().map(|line| entry(line.id, line.kind, line.amount)));
    } else {
        let line = lines.iter().find(|line| line.kind == Kind::AddFunds).map_or(0, |line| line.id);
        let funds = balance.funds_without_entry;
        // Without entries, refunds are assumed to have reversed what the line gave.
        let kept = match balance.refunded.is_positive() && !balance.has_entries {
            true => funds.min((balance.paid() + balance.credit).max(Money::ZERO)),
            false => funds,
        };
        entries.push(Entry { reversed_without_entry: funds - kept, ..entry(line, Kind::AddFunds, kept) });
    }
    entries.retain(|entry| entry.amount.is_positive() || entry.reversed_without_entry.is_positive());
    entries
}

/// Reads and locks the invoices of the same client that the lines of an invoice pay, directly or through other
/// invoices.
pub(super) async fn read_child_invoices(db: &mut Lease, client: ClientId, invoice: &Invoice) -> sqlx::Result<Invoices> {
    let child_ids = |invoice: &Invoice| -> Vec<InvoiceId> {
        let lines = invoice.lines.iter().filter(|line| line.kind == Kind::Invoice);
        lines.map(|line| InvoiceId(line.related)).collect()
    };
    let mut paid = Invoices::new();
    let mut seen = BTreeSet::from([invoice.id]);
    let mut ids = child_ids(invoice);
    while let Some(id) = ids.pop() {
        if !seen.insert(id) || store::billing::invoices::client(db, id).await? != Some(client) {
            continue;
        }
        if let Some(balance) = store::billing::invoices::lock(db, id).await? {
            let child = read(db, &balance).await?;
            ids.extend(child_ids(&child));
            paid.insert(id, child);
        }
    }
    Ok(paid)
}

impl LockedInvoice {
    /// Plans the settlement after a change.
    pub(super) fn plan(&self, change: &Change) -> Result<Plan, Refusal> {
        let mut invoices = self.child_invoices.clone();
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
    /// The id of the payment in `tblaccounts`, or 0.
    pub payment: i64,
    /// The time of payment, for invoices that turn Paid.
    pub at: NaiveDateTime,
}

/// Carries out the plan of a settlement after the change itself has been written.
pub(super) async fn carry_out(
    tx: &mut Writer<'_>,
    client: ClientId,
    plan: &Plan,
    effects: &mut Effects,
    numbers: &mut Numbers,
    cause: Cause,
) -> fault::Result<()> {
    let mut written = BTreeMap::new();
    for step in &plan.steps {
        match *step {
            Step::SetStatus { invoice, from, to } => {
                set_status(tx, client, invoice, to, cause.at).await?;
                if to == Status::Paid {
                    numbers.give(tx, client, invoice).await?;
                    effects.renew(tx, client, invoice).await?;
                } else if from == Status::Paid {
                    effects.keep(tx, invoice).await?;
                }
            }
            Step::ApplyCredit { invoice, amount } => move_to_invoice(tx, client, invoice, amount).await?,
            Step::ChangeBalance { amount, reason } => change_balance(tx, client, amount, reason).await?,
            Step::WriteEntry(entry) => {
                let key = (entry.invoice, entry.line, entry.kind.name());
                let reverses = match entry.reverses {
                    None => 0,
                    Some(Origin::Stored(id)) => id,
                    Some(Origin::Inferred | Origin::Planned) => *written.get(&key).unwrap_or(&0),
                };
                let id = write_entry(tx, client, &entry, cause.payment, reverses).await?;
                if reverses == 0 {
                    written.insert(key, id);
                }
                effects.fulfill(tx, client, &entry, id).await?;
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

/// Adds a line about an invoice's new status to the activity log.
pub(super) async fn log_status(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    status: Status,
) -> fault::Result<()> {
    let line = format!("Invoice {} - Invoice ID: {invoice}", status.name());
    store::system::activity::log(tx, Some(client), &line).await?;
    Ok(raise_status(tx, client, invoice, status).await?)
}

/// Tells webhooks of an invoice's new status.
pub async fn raise_status(
    tx: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    status: Status,
) -> sqlx::Result<()> {
    let event = match status {
        Status::Paid => Event::InvoicePaid { invoice },
        Status::Unpaid => Event::InvoiceUnpaid { invoice },
        Status::Cancelled => Event::InvoiceCancelled { invoice },
        Status::Refunded => Event::InvoiceRefunded { invoice },
        Status::Draft | Status::Collections | Status::PaymentPending => return Ok(()),
    };
    raise(tx, About::Client(client), &event).await?;
    if status == Status::Paid {
        raise_order_paid(tx, client, invoice).await?;
    }
    Ok(())
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

async fn write_entry(
    tx: &mut Writer<'_>,
    client: ClientId,
    entry: &NewEntry,
    payment: i64,
    reverses: i64,
) -> sqlx::Result<i64> {
    let &NewEntry { invoice, line, kind, related, amount, credited, .. } = entry;
    let kind = kind.name();
    let new = settlements::NewEntry { client, invoice, line, kind, related, amount, credited, payment, reverses };
    settlements::add(tx, &new).await
}

/// The mails that confirm payments, one for each invoice that turns Paid.
#[derive(Debug, Default)]
pub(super) struct PaymentMails(Vec<(InvoiceId, InvoiceMail)>);

impl PaymentMails {
    /// `charged` is the invoice that a gateway was told to charge.
    pub async fn prepare(
        db: &mut MySqlConnection,
        links: &Links,
        client: ClientId,
        plan: &Plan,
        numbers: &Numbers,
        charged: Option<InvoiceId>,
        now: Moment,
    ) -> fault::Result<PaymentMails> {
        let mut mails = Vec::new();
        for id in plan.paid() {
            let is_charge = charged == Some(id);
            let mail = InvoiceMail::for_payment(db, links, client, id, is_charge, now).await?;
            let Some(mut mail) = mail else { continue };
            numbers.set_in(&mut mail.invoice, id);
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

    pub fn for_invoice(&mut self, id: InvoiceId) -> Option<&mut InvoiceMail> {
        self.0.iter_mut().find(|(invoice, _)| *invoice == id).map(|(_, mail)| mail)
    }

    pub async fn send(self, tx: &mut Writer<'_>) -> fault::Result<()> {
        for (id, mail) in self.0 {
            mail.send(tx, id).await?;
        }
        Ok(())
    }
}
