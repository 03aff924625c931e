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
    pub const ALL: [Status; 7] = [
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

    /// Whether the invoice demands to be paid.
    pub fn is_open(self) -> bool {
        matches!(self, Status::Unpaid | Status::Collections | Status::PaymentPending)
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
}
