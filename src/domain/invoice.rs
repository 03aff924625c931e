//! What an invoice is made of.

use super::money::Money;

/// The states of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Draft,
    Unpaid,
    Paid,
    Cancelled,
    Refunded,
    Collections,
    PaymentPending,
}

impl Status {
    const ALL: [Status; 7] = [
        Status::Draft,
        Status::Unpaid,
        Status::Paid,
        Status::Cancelled,
        Status::Refunded,
        Status::Collections,
        Status::PaymentPending,
    ];

    /// As the database and replies spell it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Draft => "Draft",
            Status::Unpaid => "Unpaid",
            Status::Paid => "Paid",
            Status::Cancelled => "Cancelled",
            Status::Refunded => "Refunded",
            Status::Collections => "Collections",
            Status::PaymentPending => "Payment Pending",
        }
    }

    /// Reads a status in any case.
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

/// One line of an invoice that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    /// The id of what the kind says: a service, an addon of one, a domain; or 0.
    pub related: i64,
    pub description: String,
    /// Negative for a discount.
    pub amount: Money,
    pub taxed: bool,
}

/// What a line stands for, which decides what its payment sets off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// Something the operator described in words; paying for it sets off nothing.
    Plain,
    /// Credit that the client buys: paying for it raises their balance.
    AddFunds,
    /// A service, for a term.
    Hosting,
    /// What it takes to set a service up.
    Setup,
    /// An addon of a service.
    Addon,
    DomainRegister,
    DomainTransfer,
    /// A domain's renewal.
    Domain,
    /// What a promotion takes off a service or its addons.
    PromoHosting,
    PromoDomain,
    /// What the client's group takes off.
    GroupDiscount,
}

impl LineKind {
    /// As `tblinvoiceitems.type` spells it.
    pub fn name(self) -> &'static str {
        match self {
            LineKind::Plain => "",
            LineKind::AddFunds => "AddFunds",
            LineKind::Hosting => "Hosting",
            LineKind::Setup => "Setup",
            LineKind::Addon => "Addon",
            LineKind::DomainRegister => "DomainRegister",
            LineKind::DomainTransfer => "DomainTransfer",
            LineKind::Domain => "Domain",
            LineKind::PromoHosting => "PromoHosting",
            LineKind::PromoDomain => "PromoDomain",
            LineKind::GroupDiscount => "GroupDiscount",
        }
    }
}

/// What one payment does to an invoice of which `due` is still to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// Nothing is left to pay.
    pub settled: bool,
    /// What was paid beyond that, and becomes credit.
    pub excess: Money,
}

/// Sets a payment against what is due, which is zero or less where the invoice has been paid already.
pub fn settle(due: Money, paid: Money) -> Settlement {
    let due = due.max(Money::ZERO);
    Settlement { settled: paid >= due, excess: (paid - due).max(Money::ZERO) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.name()), Some(status));
            assert_eq!(Status::parse(&status.name().to_lowercase()), Some(status));
        }
        assert_eq!(Status::parse("Lost"), None);
    }

    #[test]
    fn what_is_paid_beyond_the_balance_is_excess() {
        for (due, paid, settled, excess) in [
            ("10.00", "9.99", false, "0.00"),
            ("10.00", "10.00", true, "0.00"),
            ("10.00", "12.50", true, "2.50"),
            ("0.00", "5.00", true, "5.00"),
            ("-3.00", "5.00", true, "5.00"),
        ] {
            let money = |text| Money::parse(text).unwrap();
            let expected = Settlement { settled, excess: money(excess) };
            assert_eq!(settle(money(due), money(paid)), expected, "{paid} for {due}");
        }
    }
}
