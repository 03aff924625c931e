//! Invoices: their statuses and lines.

use super::money::Money;

/// The status of an invoice.
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

    /// The name in the database and in replies.
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

    /// Whether the invoice is to be paid.
    pub fn is_open(self) -> bool {
        matches!(self, Status::Unpaid | Status::Collections | Status::PaymentPending)
    }

    /// Parses a status in any case.
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

/// One line of an invoice that is about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub kind: LineKind,
    /// The id of the service, addon or domain that the line is for, depending on the kind; or 0.
    pub related: i64,
    pub description: String,
    /// Negative for a discount.
    pub amount: Money,
    pub taxed: bool,
}

/// The kind of an invoice line, which determines the effects of its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// A line with only a description; its payment has no effects.
    Plain,
    /// Credit that the client buys; its payment adds to the balance.
    AddFunds,
    /// One term of a service.
    Hosting,
    /// The set-up fee of a service.
    Setup,
    /// An addon of a service.
    Addon,
    DomainRegister,
    DomainTransfer,
    /// A domain's renewal.
    Domain,
    /// The fee for renewing a domain in its grace period.
    DomainGraceFee,
    /// The fee for renewing a domain in its redemption period.
    DomainRedemptionFee,
    /// The change of a service to other terms.
    Upgrade,
    /// The discount of a promotion on a service or its addons.
    PromoHosting,
    /// The discount of a promotion on a domain.
    PromoDomain,
    /// The discount of the client's group.
    GroupDiscount,
    /// The fee for paying late.
    LateFee,
}

impl LineKind {
    /// The kinds of lines that a caller may put on an invoice. Discounts and fees follow from other rows; lines that pay
    /// other invoices, and upgrades, refer to what has no place here.
    pub const OF_CALLERS: [LineKind; 8] = [
        LineKind::Plain,
        LineKind::AddFunds,
        LineKind::Hosting,
        LineKind::Setup,
        LineKind::Addon,
        LineKind::DomainRegister,
        LineKind::DomainTransfer,
        LineKind::Domain,
    ];

    /// Parses the name of a kind that a caller may use, in any case; `Item` is a plain line.
    pub fn parse(text: &str) -> Option<LineKind> {
        LineKind::OF_CALLERS.into_iter().find(|kind| kind.said().eq_ignore_ascii_case(text))
    }

    /// The name by which callers say it.
    pub fn said(self) -> &'static str {
        if self == LineKind::Plain { "Item" } else { self.name() }
    }

    /// What a line of this kind is for, in error texts.
    pub fn subject(self) -> &'static str {
        match self {
            LineKind::Addon => "addon",
            LineKind::DomainRegister
            | LineKind::DomainTransfer
            | LineKind::Domain
            | LineKind::DomainGraceFee
            | LineKind::DomainRedemptionFee
            | LineKind::PromoDomain => "domain",
            _ => "service",
        }
    }

    /// The name in `tblinvoiceitems.type`.
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
            LineKind::DomainGraceFee => "DomainGraceFee",
            LineKind::DomainRedemptionFee => "DomainRedemptionFee",
            LineKind::Upgrade => "Upgrade",
            LineKind::PromoHosting => "PromoHosting",
            LineKind::PromoDomain => "PromoDomain",
            LineKind::GroupDiscount => "GroupDiscount",
            LineKind::LateFee => "LateFee",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_callers_is_read_as_it_is_said() {
        for kind in LineKind::OF_CALLERS {
            assert_eq!(LineKind::parse(&kind.said().to_uppercase()), Some(kind));
        }
        assert_eq!(LineKind::parse("item"), Some(LineKind::Plain));
        for other in ["", "Invoice", "Upgrade", "PromoHosting", "GroupDiscount", "Gift"] {
            assert_eq!(LineKind::parse(other), None);
        }
    }

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.name()), Some(status));
            assert_eq!(Status::parse(&status.name().to_lowercase()), Some(status));
        }
        assert_eq!(Status::parse("Lost"), None);
    }
}
