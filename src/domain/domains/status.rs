//! Domains of clients and their statuses.

use crate::domain::order::domain_price::LateStatus;

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

/// The numbers of days after expiry in which a domain can still be renewed; 0 or below for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LatePeriods {
    pub grace: i64,
    /// After the grace period.
    pub redemption: i64,
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

    /// Whether a domain with this status can be renewed, as far as its status is concerned.
    pub fn is_renewable(self) -> bool {
        self == DomainStatus::Active || self.is_expired()
    }

    /// Whether a domain with this status has expired and can still be renewed.
    pub fn is_expired(self) -> bool {
        matches!(self, DomainStatus::Grace | DomainStatus::Redemption | DomainStatus::Expired)
    }

    /// Returns the status that a domain with this one gets on this day after its expiry, if that is a later one. On the day of
    /// expiry itself, it has not expired.
    pub fn after_expiry(self, days: i64, periods: LatePeriods) -> Option<DomainStatus> {
        let stages = [DomainStatus::Active, DomainStatus::Grace, DomainStatus::Redemption, DomainStatus::Expired];
        let grace = periods.grace.max(0);
        let end = grace.saturating_add(periods.redemption.max(0));
        let stage = match days {
            ..=0 => 0,
            days if days <= grace => 1,
            days if days <= end => 2,
            _ => 3,
        };
        let now = stages.iter().position(|status| *status == self)?;
        (stage > now).then(|| stages[stage])
    }

    /// The period after expiry in which a domain with this status is, if its extension may ask a fee for its renewal.
    pub fn late(self) -> Option<LateStatus> {
        match self {
            DomainStatus::Grace => Some(LateStatus::Grace),
            DomainStatus::Redemption => Some(LateStatus::Redemption),
            _ => None,
        }
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

    #[test]
    fn domains_expire_by_periods_and_never_go_back() {
        use DomainStatus::{Active, Expired, Grace, Pending, Redemption};
        for (status, grace, redemption, days, expected) in [
            (Active, 30, 30, 0, None),
            (Active, 30, 30, 1, Some(Grace)),
            (Grace, 30, 30, 30, None),
            (Grace, 30, 30, 31, Some(Redemption)),
            (Redemption, 30, 30, 60, None),
            (Redemption, 30, 30, 61, Some(Expired)),
            (Active, 30, 30, 45, Some(Redemption)),
            (Active, 0, 30, 1, Some(Redemption)),
            (Active, -1, -1, 1, Some(Expired)),
            (Redemption, 30, 30, 5, None),
            (Pending, 0, 0, 5, None),
        ] {
            let after = status.after_expiry(days, LatePeriods { grace, redemption });
            assert_eq!(after, expected, "{status:?} {grace} {redemption} {days}");
        }
    }

    #[test]
    fn domains_are_renewed_while_they_are_registered_or_can_be_restored() {
        for status in DomainStatus::ALL {
            let expected = match status.name() {
                "Active" => (true, false, None),
                "Grace" => (true, true, Some(LateStatus::Grace)),
                "Redemption" => (true, true, Some(LateStatus::Redemption)),
                "Expired" => (true, true, None),
                _ => (false, false, None),
            };
            assert_eq!((status.is_renewable(), status.is_expired(), status.late()), expected, "{status:?}");
        }
    }
}
