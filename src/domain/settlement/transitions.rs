//! The table of transitions of an invoice: which status follows from which event, and what the status does with money.

use Event::{Credit, Edit, Payment, Refund};
use Status::{Cancelled, Collections, Draft, Paid, PaymentPending, Refunded, Unpaid};

use crate::domain::invoice::Status;

/// Something that happens to an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Money comes in for it.
    Payment,
    /// Money is paid back, or a payment is charged back.
    Refund,
    /// Credit of the client is applied to it.
    Credit,
    /// Its lines, its rates or the credit applied to it are edited.
    Edit,
    /// Somebody sets its status.
    Set(Status),
}

/// What an event leaves to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// Nothing.
    Settled,
    /// Something, and not more than before.
    Due,
    /// More than before.
    Raised,
}

/// What becomes of the money that an invoice of some status has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Funds {
    /// It stays with the invoice, and its lines give nothing more.
    Held,
    /// It pays the lines, which give what they sell; what is beyond the total becomes credit.
    Spent,
    /// Payments that arrive become credit.
    Returned,
}

struct Transition {
    from: Status,
    on: Event,
    /// The next status, by what is left to pay; `None` where the event is rejected.
    to: Option<[Status; 3]>,
}

const fn row(from: Status, on: Event, settled: Status, due: Status, raised: Status) -> Transition {
    Transition { from, on, to: Some([settled, due, raised]) }
}

const fn rejected(from: Status, on: Event) -> Transition {
    Transition { from, on, to: None }
}

/// Why the rows are as they are:
///
/// - A draft demands nothing yet. It keeps what is paid for it until it is published.
/// - A refund leaves a paid invoice Paid: WHMCS changes no status for a transaction with `amountout`. An edit that leaves
///   more to pay than before makes the invoice Unpaid again.
/// - WHMCS documents an error for a payment of a cancelled invoice, and for no other. A refunded invoice demands nothing
///   either, but money that has arrived must be booked: it becomes credit.
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

/// What a status becomes that somebody sets. With nothing left to pay there is nothing to demand, so the invoice is Paid. One that is
/// set Paid with something left to pay is Paid all the same: the rest is waived, until it is paid after all.
#[rustfmt::skip]
const SET: &[(Status, Status, Status)] = &[
    // set           nothing due  something due
    (Draft,          Draft,       Draft),
    (Unpaid,         Paid,        Unpaid),
    (PaymentPending, Paid,        PaymentPending),
    (Collections,    Paid,        Collections),
    (Paid,           Paid,        Paid),
    (Refunded,       Refunded,    Refunded),
    (Cancelled,      Cancelled,   Cancelled),
];

const FUNDS: &[(Status, Funds)] = &[
    (Draft, Funds::Held),
    (Unpaid, Funds::Held),
    (PaymentPending, Funds::Held),
    (Collections, Funds::Held),
    (Paid, Funds::Spent),
    (Refunded, Funds::Returned),
    (Cancelled, Funds::Held),
];

/// The status after an event; `None` where an invoice of this status rejects it.
pub fn next(from: Status, event: Event, balance: Balance) -> Option<Status> {
    if let Event::Set(status) = event {
        let &(_, settled, due) = SET.iter().find(|(set, ..)| *set == status)?;
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

/// What an invoice of this status does with the money that it has received.
pub fn funds(status: Status) -> Funds {
    FUNDS.iter().find(|(of, _)| *of == status).map_or(Funds::Held, |&(_, funds)| funds)
}

/// The tables of this file as `docs/settlement.md` shows them.
pub fn markdown() -> String {
    let transitions: String = TRANSITIONS.iter().map(Transition::markdown).collect();
    let set: String = SET.iter().copied().map(set_markdown).collect();
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
            Event::Set(status) => status.name(),
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
            assert_eq!(SET.iter().filter(|(status, ..)| *status == from).count(), 1, "{from:?}");
            assert_eq!(FUNDS.iter().filter(|(status, _)| *status == from).count(), 1, "{from:?}");
        }
    }

    #[test]
    fn nothing_is_demanded_where_nothing_is_due() {
        let events = Status::ALL.into_iter().map(Event::Set).chain([Payment, Refund, Credit, Edit]);
        for event in events {
            for from in Status::ALL {
                let to = next(from, event, Balance::Settled);
                assert!(!to.is_some_and(Status::is_open), "{from:?} {event:?} {to:?}");
            }
        }
    }
}
