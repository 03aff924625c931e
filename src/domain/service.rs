//! Services and their statuses.

/// The reason of a suspension for lack of payment, which a payment ends.
pub const OVERDUE: &str = "Overdue on Payment";

/// The status of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Active,
    Suspended,
    Terminated,
    Cancelled,
    Fraud,
    Completed,
}

impl Status {
    const ALL: [Status; 7] = [
        Status::Pending,
        Status::Active,
        Status::Suspended,
        Status::Terminated,
        Status::Cancelled,
        Status::Fraud,
        Status::Completed,
    ];

    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::Active => "Active",
            Status::Suspended => "Suspended",
            Status::Terminated => "Terminated",
            Status::Cancelled => "Cancelled",
            Status::Fraud => "Fraud",
            Status::Completed => "Completed",
        }
    }

    /// Whether the status is final, so that the service no longer uses stock.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Cancelled | Status::Fraud)
    }

    /// Parses a status in any case.
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }
}

/// When a service is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancellationKind {
    Immediate,
    EndOfBillingPeriod,
}

impl CancellationKind {
    const ALL: [CancellationKind; 2] = [CancellationKind::Immediate, CancellationKind::EndOfBillingPeriod];

    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            CancellationKind::Immediate => "Immediate",
            CancellationKind::EndOfBillingPeriod => "End of Billing Period",
        }
    }

    /// Parses the name in any case.
    pub fn parse(text: &str) -> Option<CancellationKind> {
        CancellationKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(Status::parse(&status.name().to_lowercase()), Some(status));
        }
        assert_eq!(Status::parse("Lost"), None);
    }
}
