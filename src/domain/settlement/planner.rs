//! Planning a settlement.

use super::transitions::{Balance, Event, Funds, funds, next_status};
use super::{Change, Entry, Invoice, Invoices, Kind, Line, NewEntry, Origin, Plan, Reason, Step};
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::domain::money::Money;

/// Plans the settlement of an invoice after a change, and of every invoice that its lines pay. `invoices` is updated to
/// the state after the steps. Returns `None` if there is no such invoice, or its status rejects the change.
pub fn plan(invoices: &mut Invoices, id: InvoiceId, change: &Change) -> Option<Plan> {
    let mut planner = Planner { invoices, path: Vec::new(), steps: Vec::new() };
    let status = planner.settle(id, change)?;
    Some(Plan { status, steps: planner.steps })
}

struct Planner<'i> {
    invoices: &'i mut Invoices,
    /// The invoices that are being settled; each is paid by a line of the one before.
    path: Vec<InvoiceId>,
    steps: Vec<Step>,
}

/// The amount that a line, or the invoice as a whole, should have given in total.
#[derive(Debug, Clone, Copy)]
struct Target {
    line: Line,
    amount: Money,
}

/// An entry to add: an amount that a line gives now.
struct PendingEntry {
    line: Line,
    amount: Money,
    /// The part that is added to the client's balance.
    credited: Money,
}

impl Planner<'_> {
    fn settle(&mut self, id: InvoiceId, change: &Change) -> Option<Status> {
        let before = self.invoices.get(&id)?.clone();
        let mut after = before.clone();
        change.apply(&mut after);
        let overpaid = overpayment_after_refund(&before, change);
        let due = after.total - (after.received - after.refunded - overpaid);
        let status = next_status(before.status, change.event(), balance(before.due(), due))?;
        after.status = status;
        if status != before.status {
            self.steps.push(Step::SetStatus { invoice: id, from: before.status, to: status });
        }
        self.write_inferred_entries(&mut after);
        let targets = targets(&before, &after, change, overpaid);
        let pending = self.reconcile(&before, &mut after, &targets);
        self.invoices.insert(id, after);
        self.path.push(id);
        for entry in pending {
            self.add_entry(id, &entry);
        }
        self.path.pop();
        Some(status)
    }

    /// Plans the writing of inferred entries.
    fn write_inferred_entries(&mut self, invoice: &mut Invoice) {
        for entry in invoice.entries.iter_mut().filter(|entry| entry.origin == Origin::Inferred) {
            let Entry { line, kind, reversed_without_entry: reversed, .. } = *entry;
            let amount = entry.amount + reversed;
            let credited = if kind.is_credit() { amount } else { Money::ZERO };
            let new = NewEntry { invoice: invoice.id, line, kind, related: 0, amount, credited, reverses: None };
            self.steps.push(Step::WriteEntry(new));
            if reversed.is_positive() {
                let reverses = Some(Origin::Inferred);
                self.steps.push(Step::WriteEntry(NewEntry {
                    amount: -reversed,
                    credited: Money::ZERO,
                    reverses,
                    ..new
                }));
            }
            (entry.origin, entry.reversed_without_entry) = (Origin::Planned, Money::ZERO);
        }
        invoice.entries.retain(|entry| !entry.amount.is_zero());
    }

    /// Plans the reversal of amounts beyond their targets, and returns the entries to add for amounts short of them.
    fn reconcile(&mut self, before: &Invoice, after: &mut Invoice, targets: &[Target]) -> Vec<PendingEntry> {
        let difference = |target: &Target| target.amount - before.given(target.line.id, target.line.kind);
        let credit = targets.iter().filter(|target| target.line.kind.is_credit()).map(difference);
        let (given, reversed) = credit.fold((Money::ZERO, Money::ZERO), |(given, reversed), difference| {
            (given + difference.max(Money::ZERO), reversed + (-difference).max(Money::ZERO))
        });
        // Credit that moves from one entry to another does not change the client's balance.
        let mut transferred = given.min(reversed);
        // If the invoice returns applied credit, the credit that it had bought is taken from the balance.
        let returned = (before.credit - after.credit).max(Money::ZERO);
        let mut taken_back = returned.min(reversed - transferred);
        if taken_back.is_positive() {
            self.steps.push(Step::ChangeBalance { amount: -taken_back, reason: Reason::TakenBack(after.id) });
        }
        for target in targets.iter().filter(|target| difference(target) < Money::ZERO) {
            self.reverse(after, target.line, -difference(target), &mut taken_back);
        }
        let mut pending = Vec::new();
        for target in targets.iter().rev().filter(|target| difference(target).is_positive()) {
            let Target { line, .. } = *target;
            let amount = difference(target);
            let credit = if line.kind.is_credit() { amount } else { Money::ZERO };
            let kept = credit.min(transferred);
            transferred = transferred - kept;
            pending.push(PendingEntry { line, amount, credited: credit - kept });
            after.entries.push(Entry {
                origin: Origin::Planned,
                line: line.id,
                kind: line.kind,
                amount,
                reversed_without_entry: Money::ZERO,
            });
        }
        pending.reverse();
        pending
    }

    /// Plans the reversal of an amount, the newest entry first. `taken_back` is the credit that is still to be taken
    /// from the client's balance, and is reduced by what is taken.
    fn reverse(&mut self, invoice: &mut Invoice, line: Line, mut amount: Money, taken_back: &mut Money) {
        let Invoice { id, ref mut entries, .. } = *invoice;
        for entry in entries.iter_mut().rev().filter(|entry| (entry.line, entry.kind) == (line.id, line.kind)) {
            let reversed = entry.amount.min(amount);
            if !reversed.is_positive() {
                continue;
            }
            let credited = if line.kind.is_credit() { reversed.min(*taken_back) } else { Money::ZERO };
            self.steps.push(Step::WriteEntry(NewEntry {
                invoice: id,
                line: line.id,
                kind: line.kind,
                related: line.related,
                amount: -reversed,
                credited: -credited,
                reverses: Some(entry.origin),
            }));
            entry.amount = entry.amount - reversed;
            amount = amount - reversed;
            *taken_back = *taken_back - credited;
        }
        entries.retain(|entry| !entry.amount.is_zero());
    }

    fn add_entry(&mut self, invoice: InvoiceId, entry: &PendingEntry) {
        let &PendingEntry { line: Line { id, kind, related, .. }, amount, credited } = entry;
        self.steps.push(Step::WriteEntry(NewEntry {
            invoice,
            line: id,
            kind,
            related,
            amount,
            credited,
            reverses: None,
        }));
        let reason = match kind {
            Kind::AddFunds => Reason::AddFunds(invoice),
            Kind::Invoice => Reason::MassPayment(invoice),
            Kind::Overpayment => Reason::Overpayment(invoice),
            _ => return,
        };
        if credited.is_positive() {
            self.steps.push(Step::ChangeBalance { amount: credited, reason });
        }
        if kind == Kind::Invoice {
            self.pay(InvoiceId(related), credited);
        }
    }

    /// Plans the payment of an invoice from the client's credit, up to what is left to pay. An invoice on the current
    /// path is skipped: it would pay itself.
    fn pay(&mut self, id: InvoiceId, credit: Money) {
        let Some(invoice) = self.invoices.get(&id) else { return };
        let amount = credit.min(invoice.due()).min(invoice.total);
        if amount.is_positive() && invoice.status.is_open() && !self.path.contains(&id) {
            self.steps.push(Step::ApplyCredit { invoice: id, amount });
            self.settle(id, &Change::Credit(amount));
        }
    }
}

fn balance(before: Money, after: Money) -> Balance {
    if after <= Money::ZERO {
        Balance::Settled
    } else if after > before {
        Balance::Raised
    } else {
        Balance::Due
    }
}

/// Returns the overpayment that remains after a change: a refund reduces it first.
fn overpayment_after_refund(before: &Invoice, change: &Change) -> Money {
    let overpaid = before.given(0, Kind::Overpayment);
    match change {
        Change::Refund(amount) => overpaid - overpaid.min(*amount),
        _ => overpaid,
    }
}

/// Returns the targets of all lines and of the invoice as a whole.
fn targets(before: &Invoice, after: &Invoice, change: &Change, mut overpaid: Money) -> Vec<Target> {
    let held = |overpaid| after.received - after.refunded - overpaid;
    match funds(after.status) {
        Funds::Spent => overpaid = overpaid + (held(overpaid) - after.total.max(Money::ZERO)).max(Money::ZERO),
        Funds::Returned if change.event() == Event::Payment => overpaid = overpaid + (after.received - before.received),
        Funds::Returned | Funds::Held => {}
    }
    let is_paid = after.status == Status::Paid;
    let waived = match is_paid {
        true => (after.total - (after.received - overpaid)).max(Money::ZERO),
        false => Money::ZERO,
    };
    let lines = lines_with_entries(after);
    let mut targets = match is_paid && held(overpaid) >= after.total {
        true => lines.into_iter().map(|line| Target { line, amount: line.amount.max(Money::ZERO) }).collect(),
        false => targets_while_unpaid(before, after, lines, held(overpaid)),
    };
    for (kind, amount) in [(Kind::Overpayment, overpaid), (Kind::Waiver, waived)] {
        targets.push(Target { line: Line { id: 0, kind, related: 0, amount }, amount });
    }
    targets
}

/// Returns the lines of an invoice, and deleted lines that have entries; these now sell nothing.
fn lines_with_entries(invoice: &Invoice) -> Vec<Line> {
    let mut lines = invoice.lines.clone();
    for &Entry { line: id, kind, .. } in invoice.entries.iter().filter(|entry| entry.kind.is_line_kind()) {
        if !lines.iter().any(|line| (line.id, line.kind) == (id, kind)) {
            lines.push(Line { id, kind, related: 0, amount: Money::ZERO });
        }
    }
    lines.sort_by_key(|line| line.id);
    lines
}

/// Returns the targets of lines while the invoice is not fully paid: what they have given already. If money leaves the
/// invoice, they are limited to what it still holds, plus what had been given beyond the money held before (because of
/// discounts). The last lines are reduced first.
fn targets_while_unpaid(before: &Invoice, after: &Invoice, lines: Vec<Line>, held: Money) -> Vec<Target> {
    let given = |line: Line| Target { line, amount: before.given(line.id, line.kind) };
    let mut targets: Vec<Target> = lines.into_iter().map(given).collect();
    let all = targets.iter().fold(Money::ZERO, |sum, target| sum + target.amount);
    let (held_before, held) = (before.held() + before.credit, held + after.credit);
    let allowed = if held >= held_before {
        all
    } else if held.is_positive() {
        held + (all - held_before).max(Money::ZERO)
    } else {
        Money::ZERO
    };
    let mut excess = (all - allowed).max(Money::ZERO);
    for target in targets.iter_mut().rev() {
        let reversed = excess.min(target.amount);
        target.amount = target.amount - reversed;
        excess = excess - reversed;
    }
    targets
}
