//! Makes the plan of a settlement.

use super::transitions::{Balance, Event, Funds, funds, next};
use super::{Change, Entry, Invoice, Invoices, Kind, Line, NewEntry, Origin, Plan, Reason, Step};
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::domain::money::Money;

/// Settles an invoice after a change, and every invoice that its lines pay. The invoices become what they are after the
/// steps. `None` where there is no such invoice, or its status rejects the change.
pub fn plan(invoices: &mut Invoices, id: InvoiceId, change: &Change) -> Option<Plan> {
    let mut planner = Planner { invoices, path: Vec::new(), steps: Vec::new() };
    let status = planner.settle(id, change)?;
    Some(Plan { status, steps: planner.steps })
}

struct Planner<'i> {
    invoices: &'i mut Invoices,
    /// The invoices that are being settled, each because the one before pays it.
    path: Vec<InvoiceId>,
    steps: Vec<Step>,
}

/// How much a line, or the invoice as a whole, is to have given.
#[derive(Debug, Clone, Copy)]
struct Target {
    line: Line,
    amount: Money,
}

/// An amount that is given now, of which so much reaches the client's balance.
struct Gift {
    line: Line,
    amount: Money,
    credited: Money,
}

impl Planner<'_> {
    fn settle(&mut self, id: InvoiceId, change: &Change) -> Option<Status> {
        let before = self.invoices.get(&id)?.clone();
        let mut after = before.clone();
        change.apply(&mut after);
        let overpaid = overpayment_after_refund(&before, change);
        let due = after.total - (after.received - after.refunded - overpaid);
        let status = next(before.status, change.event(), balance(before.due(), due))?;
        after.status = status;
        if status != before.status {
            self.steps.push(Step::SetStatus { invoice: id, from: before.status, to: status });
        }
        self.enter_inferred(&mut after);
        let targets = targets(&before, &after, change, overpaid);
        let gifts = self.make_up(&before, &mut after, &targets);
        self.invoices.insert(id, after);
        self.path.push(id);
        for gift in gifts {
            self.give(id, &gift);
        }
        self.path.pop();
        Some(status)
    }

    /// Writes the entries that were only inferred so far.
    fn enter_inferred(&mut self, invoice: &mut Invoice) {
        for entry in invoice.entries.iter_mut().filter(|entry| entry.origin == Origin::Inferred) {
            let Entry { line, kind, reversed_without_entry: reversed, .. } = *entry;
            let amount = entry.amount + reversed;
            let credited = if kind.is_credit() { amount } else { Money::ZERO };
            let new = NewEntry { invoice: invoice.id, line, kind, related: 0, amount, credited, reverses: None };
            self.steps.push(Step::Enter(new));
            if reversed.is_positive() {
                let reverses = Some(Origin::Inferred);
                self.steps.push(Step::Enter(NewEntry { amount: -reversed, credited: Money::ZERO, reverses, ..new }));
            }
            (entry.origin, entry.reversed_without_entry) = (Origin::Planned, Money::ZERO);
        }
        invoice.entries.retain(|entry| !entry.amount.is_zero());
    }

    /// Reverses what is given no more, and returns what is given now.
    fn make_up(&mut self, before: &Invoice, after: &mut Invoice, targets: &[Target]) -> Vec<Gift> {
        let difference = |target: &Target| target.amount - before.given(target.line.id, target.line.kind);
        let credit = targets.iter().filter(|target| target.line.kind.is_credit()).map(difference);
        let (given, reversed) = credit.fold((Money::ZERO, Money::ZERO), |(given, reversed), difference| {
            (given + difference.max(Money::ZERO), reversed + (-difference).max(Money::ZERO))
        });
        // What one entry takes from the client's balance and another adds to it stays there.
        let mut stays = given.min(reversed);
        // Credit that the invoice returns does not return where it had bought credit.
        let returned = (before.credit - after.credit).max(Money::ZERO);
        let mut taken_back = returned.min(reversed - stays);
        if taken_back.is_positive() {
            self.steps.push(Step::ChangeBalance { amount: -taken_back, reason: Reason::TakenBack(after.id) });
        }
        for target in targets.iter().filter(|target| difference(target) < Money::ZERO) {
            self.reverse(after, target.line, -difference(target), &mut taken_back);
        }
        let mut gifts = Vec::new();
        for target in targets.iter().rev().filter(|target| difference(target).is_positive()) {
            let Target { line, .. } = *target;
            let amount = difference(target);
            let credit = if line.kind.is_credit() { amount } else { Money::ZERO };
            let kept = credit.min(stays);
            stays = stays - kept;
            gifts.push(Gift { line, amount, credited: credit - kept });
            after.entries.push(Entry {
                origin: Origin::Planned,
                line: line.id,
                kind: line.kind,
                amount,
                reversed_without_entry: Money::ZERO,
            });
        }
        gifts.reverse();
        gifts
    }

    /// Reverses an amount, the newest entry first. So much of it is taken from the client's balance.
    fn reverse(&mut self, invoice: &mut Invoice, line: Line, mut amount: Money, taken_back: &mut Money) {
        let Invoice { id, ref mut entries, .. } = *invoice;
        for entry in entries.iter_mut().rev().filter(|entry| (entry.line, entry.kind) == (line.id, line.kind)) {
            let reversed = entry.amount.min(amount);
            if !reversed.is_positive() {
                continue;
            }
            let credited = if line.kind.is_credit() { reversed.min(*taken_back) } else { Money::ZERO };
            self.steps.push(Step::Enter(NewEntry {
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

    fn give(&mut self, invoice: InvoiceId, gift: &Gift) {
        let &Gift { line: Line { id, kind, related, .. }, amount, credited } = gift;
        self.steps.push(Step::Enter(NewEntry { invoice, line: id, kind, related, amount, credited, reverses: None }));
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

    /// Pays an invoice from the client's credit, as far as something is left to pay. An invoice that is being settled is
    /// not paid by one that it pays itself.
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

/// How much of the overpayment stays with the client: a refund covers that first.
fn overpayment_after_refund(before: &Invoice, change: &Change) -> Money {
    let overpaid = before.given(0, Kind::Overpayment);
    match change {
        Change::Refund(amount) => overpaid - overpaid.min(*amount),
        _ => overpaid,
    }
}

/// What each line is to have given, and what the invoice as a whole.
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
    let lines = lines(after);
    let mut targets = match is_paid && held(overpaid) >= after.total {
        true => lines.into_iter().map(|line| Target { line, amount: line.amount.max(Money::ZERO) }).collect(),
        false => kept(before, after, lines, held(overpaid)),
    };
    for (kind, amount) in [(Kind::Overpayment, overpaid), (Kind::Waiver, waived)] {
        targets.push(Target { line: Line { id: 0, kind, related: 0, amount }, amount });
    }
    targets
}

/// The lines of an invoice, and those that are gone but have given something: they sell nothing any more.
fn lines(invoice: &Invoice) -> Vec<Line> {
    let mut lines = invoice.lines.clone();
    for &Entry { line: id, kind, .. } in invoice.entries.iter().filter(|entry| entry.kind.is_of_line()) {
        if !lines.iter().any(|line| (line.id, line.kind) == (id, kind)) {
            lines.push(Line { id, kind, related: 0, amount: Money::ZERO });
        }
    }
    lines.sort_by_key(|line| line.id);
    lines
}

/// What lines keep while the invoice is not covered: all that they have given, unless money goes out of the invoice. Then they
/// keep no more than it holds, and what discounts had added to that. The last line gives back first.
fn kept(before: &Invoice, after: &Invoice, lines: Vec<Line>, held: Money) -> Vec<Target> {
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
