//! The settlement of invoices: which status follows from an invoice's amounts, and what its lines give.
//!
//! [`plan`] compares what the lines of an invoice sell with what they have given, and returns the steps that close the
//! difference. Each amount that was given has an entry, so planning again without a change returns no steps. The caller
//! reads the invoices under a lock, calls `plan`, and carries out the steps. [`transitions`] has the table of statuses
//! and events.

mod planner;
#[cfg(test)]
mod tests;
pub mod transitions;

use std::collections::BTreeMap;

use super::id::InvoiceId;
use super::invoice::Status;
use super::money::Money;
use transitions::Event;

pub use planner::plan;

/// An invoice with everything that its settlement depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub id: InvoiceId,
    pub status: Status,
    /// The sum of the lines with taxes, less `credit`.
    pub total: Money,
    /// The client's credit that was applied to the invoice.
    pub credit: Money,
    /// The sum of its incoming payments.
    pub received: Money,
    /// The sum of its refunds and charge-backs.
    pub refunded: Money,
    /// The lines that sell something.
    pub lines: Vec<Line>,
    /// The entries of the invoice that were not fully reversed, oldest first.
    pub entries: Vec<Entry>,
}

impl Invoice {
    /// The amount of this kind that a line has given; line 0 stands for the invoice as a whole.
    pub fn given(&self, line: i64, kind: Kind) -> Money {
        let entries = self.entries.iter().filter(|entry| entry.line == line && entry.kind == kind);
        entries.fold(Money::ZERO, |sum, entry| sum + entry.amount)
    }

    /// The money that the invoice holds: received, less refunds and less overpayment that became credit.
    pub fn held(&self) -> Money {
        self.received - self.refunded - self.given(0, Kind::Overpayment)
    }

    /// The amount that is left to pay; negative if too much was paid.
    pub fn due(&self) -> Money {
        self.total - self.held()
    }
}

/// A line that sells something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub id: i64,
    pub kind: Kind,
    /// The id of the invoice, service, addon, domain or upgrade that it pays for, or 0.
    pub related: i64,
    pub amount: Money,
}

/// The kinds of what an invoice gives once it is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Credit that the client bought.
    AddFunds,
    /// Payment of another invoice, through credit.
    Invoice,
    Hosting,
    Addon,
    DomainRegister,
    DomainTransfer,
    Domain,
    Upgrade,
    /// Credit for money beyond the total; belongs to the invoice as a whole.
    Overpayment,
    /// The amount left to pay when somebody set the status to Paid; belongs to the invoice as a whole.
    Waiver,
}

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::AddFunds,
        Kind::Invoice,
        Kind::Hosting,
        Kind::Addon,
        Kind::DomainRegister,
        Kind::DomainTransfer,
        Kind::Domain,
        Kind::Upgrade,
        Kind::Overpayment,
        Kind::Waiver,
    ];

    /// The name in the table of entries; for kinds of lines, that of `tblinvoiceitems.type`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::AddFunds => "AddFunds",
            Kind::Invoice => "Invoice",
            Kind::Hosting => "Hosting",
            Kind::Addon => "Addon",
            Kind::DomainRegister => "DomainRegister",
            Kind::DomainTransfer => "DomainTransfer",
            Kind::Domain => "Domain",
            Kind::Upgrade => "Upgrade",
            Kind::Overpayment => "Overpayment",
            Kind::Waiver => "Waiver",
        }
    }

    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Parses the type of an invoice line. Returns `None` if a line of this type sells nothing.
    pub fn parse_line_kind(name: &str) -> Option<Kind> {
        Kind::parse(name).filter(|kind| kind.is_line_kind())
    }

    /// Whether the kind belongs to a line rather than to the invoice as a whole.
    pub fn is_line_kind(self) -> bool {
        !matches!(self, Kind::Overpayment | Kind::Waiver)
    }

    /// Whether the kind adds to the client's balance.
    pub fn is_credit(self) -> bool {
        matches!(self, Kind::AddFunds | Kind::Invoice | Kind::Overpayment)
    }
}

/// A settlement entry: an amount that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub origin: Origin,
    /// The line that gave it; 0 for the invoice as a whole.
    pub line: i64,
    pub kind: Kind,
    /// The part of the amount that was not reversed.
    pub amount: Money,
    /// The part that was reversed without an entry for the reversal.
    pub reversed_without_entry: Money,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The stored entry with this id.
    Stored(i64),
    /// Derived from other rows, because no entry was written: the invoice is older than the table of entries, or was
    /// settled by a program that writes none.
    Inferred,
    /// Written by a step of the current plan.
    Planned,
}

/// A change of an invoice.
#[derive(Debug, Clone)]
pub enum Change {
    /// This amount is paid.
    Payment(Money),
    /// This amount is refunded or charged back.
    Refund(Money),
    /// This amount of the client's credit is applied.
    Credit(Money),
    /// Total, credit and lines are replaced, and the status is set if one is given.
    Edit { total: Money, credit: Money, lines: Vec<Line>, status: Option<Status> },
}

impl Change {
    /// Creates a change that sets only the status.
    pub fn set_status(invoice: &Invoice, status: Status) -> Change {
        let Invoice { total, credit, lines, .. } = invoice;
        Change::Edit { total: *total, credit: *credit, lines: lines.clone(), status: Some(status) }
    }

    fn event(&self) -> Event {
        match self {
            Change::Payment(_) => Event::Payment,
            Change::Refund(_) => Event::Refund,
            Change::Credit(_) => Event::Credit,
            Change::Edit { status: Some(status), .. } => Event::SetStatus(*status),
            Change::Edit { status: None, .. } => Event::Edit,
        }
    }

    /// Applies the change to the amounts and lines of an invoice.
    fn apply(&self, invoice: &mut Invoice) {
        match self {
            Change::Payment(amount) => invoice.received = invoice.received + *amount,
            Change::Refund(amount) => invoice.refunded = invoice.refunded + *amount,
            Change::Credit(amount) => {
                invoice.credit = invoice.credit + *amount;
                invoice.total = invoice.total - *amount;
            }
            Change::Edit { total, credit, lines, .. } => {
                (invoice.total, invoice.credit) = (*total, *credit);
                invoice.lines.clone_from(lines);
            }
        }
    }
}

/// Invoices of one client by id: the one that changes, and those that its lines pay. Invoices of other clients and
/// deleted ones are not included, so that no line pays them.
pub type Invoices = BTreeMap<InvoiceId, Invoice>;

/// The effects of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The status of the changed invoice afterwards.
    pub status: Status,
    /// The steps to carry out, in this order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The invoices that turn Paid.
    pub fn paid(&self) -> impl Iterator<Item = InvoiceId> {
        self.steps.iter().filter_map(|step| match step {
            Step::SetStatus { invoice, to: Status::Paid, .. } => Some(*invoice),
            _ => None,
        })
    }

    pub fn turns_paid(&self, id: InvoiceId) -> bool {
        self.paid().any(|paid| paid == id)
    }

    /// The amount of the client's credit that the plan applies to an invoice.
    pub fn credit_applied(&self, id: InvoiceId) -> Money {
        self.steps.iter().fold(Money::ZERO, |sum, step| match step {
            Step::ApplyCredit { invoice, amount } if *invoice == id => sum + *amount,
            _ => sum,
        })
    }

    /// Gives the lines that have been written since the plan was made their ids: that of the planned line -1 is the first
    /// of these, and so on.
    pub fn set_line_ids(&mut self, ids: &[i64]) {
        for step in &mut self.steps {
            if let Step::WriteEntry(entry) = step
                && let Some(id) = usize::try_from(-1 - entry.line).ok().and_then(|at| ids.get(at))
            {
                entry.line = *id;
            }
        }
    }

    /// Removes the step that sets an invoice's status, for a caller that writes the status together with other columns.
    pub fn take_status(&mut self, id: InvoiceId) -> Option<Status> {
        let at =
            self.steps.iter().position(|step| matches!(step, Step::SetStatus { invoice, .. } if *invoice == id))?;
        match self.steps.remove(at) {
            Step::SetStatus { to, .. } => Some(to),
            _ => None,
        }
    }
}

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    SetStatus {
        invoice: InvoiceId,
        from: Status,
        to: Status,
    },
    /// Write an entry, and fulfill its line.
    WriteEntry(NewEntry),
    /// Change the client's balance.
    ChangeBalance {
        amount: Money,
        reason: Reason,
    },
    /// Apply credit of the client to an invoice.
    ApplyCredit {
        invoice: InvoiceId,
        amount: Money,
    },
}

/// An entry about to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEntry {
    pub invoice: InvoiceId,
    pub line: i64,
    pub kind: Kind,
    /// The id of the row that the line pays for, or 0.
    pub related: i64,
    /// Negative if it reverses another entry.
    pub amount: Money,
    /// The amount by which the client's balance changes with it.
    pub credited: Money,
    /// The origin of the entry that it reverses, if any.
    pub reverses: Option<Origin>,
}

/// Why the client's balance changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The client bought credit with this invoice.
    AddFunds(InvoiceId),
    /// The client pays other invoices with this one.
    MassPayment(InvoiceId),
    /// Too much was paid for this invoice.
    Overpayment(InvoiceId),
    /// This invoice was paid with credit and bought credit; the payment is undone, so the bought credit is removed.
    TakenBack(InvoiceId),
}
