//! Domains of clients and their statuses.

/// The status of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomainStatus {
    /// Ordered, and not registered yet.
    Pending,
    /// The registrar has accepted the registration and not finished it.
    PendingRegistration,
    PendingTransfer,
    Active,
    /// Expired, and can be renewed for the fee of the grace period.
    Grace,
    /// Expired, and can be renewed for the fees of both periods.
    Redemption,
    Expired,
    TransferredAway,
    Cancelled,
    Fraud,
}

impl DomainStatus {
    pub const ALL: [DomainStatus; 10] = [
        DomainStatus::Pending,
        DomainStatus::PendingRegistration,
        DomainStatus::PendingTransfer,
        DomainStatus::Active,
        DomainStatus::Grace,
        DomainStatus::Redemption,
        DomainStatus::Expired,
        DomainStatus::TransferredAway,
        DomainStatus::Cancelled,
        DomainStatus::Fraud,
    ];

    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            DomainStatus::Pending => "Pending",
            DomainStatus::PendingRegistration => "Pending Registration",
            DomainStatus::PendingTransfer => "Pending Transfer",
            DomainStatus::Active => "Active",
            DomainStatus::Grace => "Grace",
            DomainStatus::Redemption => "Redemption",
            DomainStatus::Expired => "Expired",
            DomainStatus::TransferredAway => "Transferred Away",
            DomainStatus::Cancelled => "Cancelled",
            DomainStatus::Fraud => "Fraud",
        }
    }

    /// Parses a status in any case.
    pub fn parse(text: &str) -> Option<DomainStatus> {
        DomainStatus::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in DomainStatus::ALL {
            assert_eq!(DomainStatus::parse(&status.name().to_lowercase()), Some(status));
        }
        assert_eq!(DomainStatus::parse("Terminated"), None);
    }
}
