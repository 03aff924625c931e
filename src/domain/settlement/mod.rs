//! How an invoice is settled: which status follows from its amounts, and what its lines give.
//!
//! [`plan`] compares what the lines of an invoice sell with what they have given, and returns the steps that make up the
//! difference. What they have given is known from entries, one for each amount, so planning again where nothing has changed
//! returns no steps. Whoever calls it reads the invoices before, under a lock, and carries the steps out afterwards. Which status
//! follows from which event stands in a table of its own, [`transitions`].

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

/// An invoice with all that its settlement depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub id: InvoiceId,
    pub status: Status,
    /// What its lines come to with taxes, less `credit`.
    pub total: Money,
    /// How much of the client's credit was applied to it.
    pub credit: Money,
    pub received: Money,
    pub refunded: Money,
    /// The lines that sell something.
    pub lines: Vec<Line>,
    /// What it has given and was not reversed, oldest first.
    pub entries: Vec<Entry>,
}

impl Invoice {
    /// What was given of this kind for a line; for line 0, for the invoice as a whole.
    pub fn given(&self, line: i64, kind: Kind) -> Money {
        let entries = self.entries.iter().filter(|entry| entry.line == line && entry.kind == kind);
        entries.fold(Money::ZERO, |sum, entry| sum + entry.amount)
    }

    /// The money that it holds: what came in, less what went out again, to the payer or to the client's credit.
    pub fn held(&self) -> Money {
        self.received - self.refunded - self.given(0, Kind::Overpayment)
    }

    /// What is left to pay; negative where too much was paid.
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

/// What an invoice gives.
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
    /// Of the invoice as a whole: credit for the money beyond its total.
    Overpayment,
    /// Of the invoice as a whole: what was left to pay when somebody set it Paid.
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

    /// As the database spells it; the kinds of lines as `tblinvoiceitems.type` does.
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

    /// The kind of a line that sells something.
    pub fn of_line(name: &str) -> Option<Kind> {
        Kind::parse(name).filter(|kind| kind.is_of_line())
    }

    /// Whether a line gives it, and not the invoice as a whole.
    pub fn is_of_line(self) -> bool {
        !matches!(self, Kind::Overpayment | Kind::Waiver)
    }

    /// Whether it raises the client's balance.
    pub fn is_credit(self) -> bool {
        matches!(self, Kind::AddFunds | Kind::Invoice | Kind::Overpayment)
    }
}

/// An amount that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub origin: Origin,
    /// The line that gave it; 0 for the invoice as a whole.
    pub line: i64,
    pub kind: Kind,
    /// What of it was not reversed.
    pub amount: Money,
    /// What of it was reversed while nobody wrote entries.
    pub reversed_without_entry: Money,
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It has the row with this id.
    Stored(i64),
    /// It follows from other rows: it is older than the table of entries, or was made by a program that writes none.
    Inferred,
    /// The plan makes it.
    Planned,
}

/// A change of an invoice.
#[derive(Debug, Clone)]
pub enum Change {
    /// So much money comes in.
    Payment(Money),
    /// So much money goes out.
    Refund(Money),
    /// So much credit of the client is applied.
    Credit(Money),
    /// The lines, the total or the credit become these, or somebody sets the status, or all of it.
    Edit { total: Money, credit: Money, lines: Vec<Line>, status: Option<Status> },
}

impl Change {
    /// Somebody sets the status, and all else stays.
    pub fn set_status(invoice: &Invoice, status: Status) -> Change {
        let Invoice { total, credit, lines, .. } = invoice;
        Change::Edit { total: *total, credit: *credit, lines: lines.clone(), status: Some(status) }
    }

    fn event(&self) -> Event {
        match self {
            Change::Payment(_) => Event::Payment,
            Change::Refund(_) => Event::Refund,
            Change::Credit(_) => Event::Credit,
            Change::Edit { status: Some(status), .. } => Event::Set(*status),
            Change::Edit { status: None, .. } => Event::Edit,
        }
    }

    /// Makes the amounts and lines of an invoice what they are after the change.
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

/// Invoices of one client, by their ids: the one that changes, and those that its lines pay. An invoice that is not among
/// them cannot be paid by a line: it belongs to another client, or is gone.
pub type Invoices = BTreeMap<InvoiceId, Invoice>;

/// What a change leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The status of the invoice that changes.
    pub status: Status,
    /// What is to be done, in this order.
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

    /// How much credit of the client the plan applies to an invoice.
    pub fn credit_applied(&self, id: InvoiceId) -> Money {
        self.steps.iter().fold(Money::ZERO, |sum, step| match step {
            Step::ApplyCredit { invoice, amount } if *invoice == id => sum + *amount,
            _ => sum,
        })
    }

    /// Takes out the step that sets an invoice's status, for whoever writes the status together with other columns.
    pub fn take_status(&mut self, id: InvoiceId) -> Option<Status> {
        let at =
            self.steps.iter().position(|step| matches!(step, Step::SetStatus { invoice, .. } if *invoice == id))?;
        match self.steps.remove(at) {
            Step::SetStatus { to, .. } => Some(to),
            _ => None,
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    SetStatus {
        invoice: InvoiceId,
        from: Status,
        to: Status,
    },
    /// Write an entry, and hand over what it gives.
    Enter(NewEntry),
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
    /// What the line is about.
    pub related: i64,
    /// Negative where it reverses another entry.
    pub amount: Money,
    /// By how much the client's balance changes with it.
    pub credited: Money,
    /// The entry that it reverses.
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
    /// The credit that this invoice returns had bought credit, which goes back.
    TakenBack(InvoiceId),
}
