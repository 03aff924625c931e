//! The transitions of invoices: the status that follows from each event, and what becomes of the money in each status.

use Event::{Credit, Edit, Payment, Refund};
use Status::{Cancelled, Collections, Draft, Paid, PaymentPending, Refunded, Unpaid};

use crate::domain::invoice::Status;

/// Something that happens to an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A payment is received.
    Payment,
    /// A payment is refunded or charged back.
    Refund,
    /// Credit of the client is applied.
    Credit,
    /// The lines, the tax rates or the applied credit are edited.
    Edit,
    /// The status is set by hand.
    SetStatus(Status),
}

/// The amount due after an event, compared with the amount due before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// Nothing is due.
    Settled,
    /// Something is due, and not more than before.
    Due,
    /// More is due than before.
    Raised,
}

/// What becomes of the money that an invoice has received, depending on its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Funds {
    /// The money stays with the invoice, and lines give nothing further.
    Held,
    /// The money pays the lines, which give what they sell; money beyond the total becomes credit.
    Spent,
    /// New payments become credit.
    Returned,
}

struct Transition {
    from: Status,
    on: Event,
    /// The next status if nothing is due, if something is still due, and if more is due than before; `None` if the
    /// event is rejected.
    to: Option<[Status; 3]>,
}

const fn row(from: Status, on: Event, settled: Status, due: Status, raised: Status) -> Transition {
    Transition { from, on, to: Some([settled, due, raised]) }
}

const fn rejected(from: Status, on: Event) -> Transition {
    Transition { from, on, to: None }
}

/// The next status for each status and event. Reasons:
///
/// - A draft need not be paid yet. It keeps payments until it is published.
/// - A refund leaves a paid invoice Paid: WHMCS changes no status for a transaction with `amountout`. An edit that leaves
///   more to pay than before makes the invoice Unpaid again.
/// - WHMCS documents an error for payments of cancelled invoices only. A refunded invoice need not be paid either, but money
///   that was received must be booked: it becomes credit.
#[rustfmt::skip]
const TRANSITIONS: &[Transition] = &[
    //  from            on       nothing due     still due       more due
    row(Draft,          Payment, Draft,          Draft,          Draft),
    row(Draft,          Refund,  Draft,          Draft,          Draft),
    row(Draft,          Credit,  Draft,          Draft,          Draft),
    row(Draft,          Edit,    Draft,          Draft,          Draft),
    row(Unpaid,         Payment, Paid,           Unpaid,         Unpaid),
    row(Unpaid,         Refund,  Paid,           Unpaid,         Unpaid),
    row(Unpaid,         Credit,  Paid,           Unpaid,         Unpaid),
    row(Unpaid,         Edit,    Paid,           Unpaid,         Unpaid),
    row(PaymentPending, Payment, Paid,           PaymentPending, PaymentPending),
    row(PaymentPending, Refund,  Paid,           PaymentPending, PaymentPending),
    row(PaymentPending, Credit,  Paid,           PaymentPending, PaymentPending),
    row(PaymentPending, Edit,    Paid,           PaymentPending, PaymentPending),
    row(Collections,    Payment, Paid,           Collections,    Collections),
    row(Collections,    Refund,  Paid,           Collections,    Collections),
    row(Collections,    Credit,  Paid,           Collections,    Collections),
    row(Collections,    Edit,    Paid,           Collections,    Collections),
    row(Paid,           Payment, Paid,           Paid,           Paid),
    row(Paid,           Refund,  Paid,           Paid,           Paid),
    rejected(Paid,      Credit),
    row(Paid,           Edit,    Paid,           Paid,           Unpaid),
    row(Refunded,       Payment, Refunded,       Refunded,       Refunded),
    row(Refunded,       Refund,  Refunded,       Refunded,       Refunded),
    rejected(Refunded,  Credit),
    row(Refunded,       Edit,    Refunded,       Refunded,       Refunded),
    rejected(Cancelled, Payment),
    row(Cancelled,      Refund,  Cancelled,      Cancelled,      Cancelled),
    rejected(Cancelled, Credit),
    row(Cancelled,      Edit,    Cancelled,      Cancelled,      Cancelled),
];

/// The resulting status when a status is set by hand. An unpaid status with nothing due becomes Paid. An invoice that
/// is set to Paid with something due is Paid nevertheless: the rest is waived until it is paid after all.
#[rustfmt::skip]
const TRANSITIONS_WHEN_SET: &[(Status, Status, Status)] = &[
    // set           nothing due  something due
    (Draft,          Draft,       Draft),
    (Unpaid,         Paid,        Unpaid),
    (PaymentPending, Paid,        PaymentPending),
    (Collections,    Paid,        Collections),
    (Paid,           Paid,        Paid),
    (Refunded,       Refunded,    Refunded),
    (Cancelled,      Cancelled,   Cancelled),
];

const FUNDS_BY_STATUS: &[(Status, Funds)] = &[
    (Draft, Funds::Held),
    (Unpaid, Funds::Held),
    (PaymentPending, Funds::Held),
    (Collections, Funds::Held),
    (Paid, Funds::Spent),
    (Refunded, Funds::Returned),
    (Cancelled, Funds::Held),
];

/// Returns the status after an event, or `None` if an invoice with this status rejects the event.
pub fn next_status(from: Status, event: Event, balance: Balance) -> Option<Status> {
    if let Event::SetStatus(status) = event {
        let &(_, settled, due) = TRANSITIONS_WHEN_SET.iter().find(|(set, ..)| *set == status)?;
        return Some(if balance == Balance::Settled { settled } else { due });
    }
    let transition = TRANSITIONS.iter().find(|transition| transition.from == from && transition.on == event)?;
    let [settled, due, raised] = transition.to?;
    Some(match balance {
        Balance::Settled => settled,
        Balance::Due => due,
        Balance::Raised => raised,
    })
}

/// Returns what becomes of the money of an invoice with this status.
pub fn funds(status: Status) -> Funds {
    FUNDS_BY_STATUS.iter().find(|(of, _)| *of == status).map_or(Funds::Held, |&(_, funds)| funds)
}

/// Formats the tables of this file for `docs/settlement.md`.
pub fn markdown() -> String {
    let transitions: String = TRANSITIONS.iter().map(Transition::markdown).collect();
    let set: String = TRANSITIONS_WHEN_SET.iter().copied().map(set_markdown).collect();
    format!(
        "| Status | Event | Nothing due | Still due | More due than before |\n|---|---|---|---|---|\n{transitions}\n\
         | Set to | Nothing due | Something due | What becomes of the money |\n|---|---|---|---|\n{set}"
    )
}

impl Transition {
    fn markdown(&self) -> String {
        let event = match self.on {
            Payment => "payment",
            Refund => "refund or charge-back",
            Credit => "credit applied",
            Edit => "lines, rates or credit edited",
            Event::SetStatus(status) => status.name(),
        };
        let to = self.to.map_or(["rejected"; 3], |to| to.map(Status::name)).join(" | ");
        format!("| {} | {event} | {to} |\n", self.from.name())
    }
}

fn set_markdown((status, settled, due): (Status, Status, Status)) -> String {
    let funds = match funds(status) {
        Funds::Held => "the invoice holds it",
        Funds::Spent => "pays the lines; what is beyond the total becomes credit",
        Funds::Returned => "payments that arrive become credit",
    };
    format!("| {} | {} | {} | {funds} |\n", status.name(), settled.name(), due.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_one_row_for_each_event() {
        for from in Status::ALL {
            for on in [Payment, Refund, Credit, Edit] {
                let rows = TRANSITIONS.iter().filter(|transition| transition.from == from && transition.on == on);
                assert_eq!(rows.count(), 1, "{from:?} {on:?}");
            }
            assert_eq!(TRANSITIONS_WHEN_SET.iter().filter(|(status, ..)| *status == from).count(), 1, "{from:?}");
            assert_eq!(FUNDS_BY_STATUS.iter().filter(|(status, _)| *status == from).count(), 1, "{from:?}");
        }
    }

    #[test]
    fn no_status_with_nothing_due_is_unpaid() {
        let events = Status::ALL.into_iter().map(Event::SetStatus).chain([Payment, Refund, Credit, Edit]);
        for event in events {
            for from in Status::ALL {
                let to = next_status(from, event, Balance::Settled);
                assert!(!to.is_some_and(Status::is_open), "{from:?} {event:?} {to:?}");
            }
        }
    }
}
