//! Order statuses and renewals.

/// The order statuses that every installation has; operators may add others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Active,
    Fraud,
    Cancelled,
}

impl Status {
    /// All statuses, in the order in which WHMCS lists them.
    pub const ALL: [Status; 4] = [Status::Pending, Status::Active, Status::Fraud, Status::Cancelled];

    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::Active => "Active",
            Status::Fraud => "Fraud",
            Status::Cancelled => "Cancelled",
        }
    }

    /// Parses a status in any case.
    pub fn parse(text: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name().eq_ignore_ascii_case(text))
    }

    /// Whether the status is final.
    pub fn is_final(self) -> bool {
        matches!(self, Status::Fraud | Status::Cancelled)
    }
}

/// Parses `tblorders.renewals`, a comma-separated list of `id=years`: which domains an order renews, for how many
/// years.
pub fn parse_renewals(text: &str) -> Vec<(i64, i64)> {
    let pair = |pair: &str| {
        let (domain, years) = pair.split_once('=')?;
        Some((domain.trim().parse().ok()?, years.trim().parse().ok()?))
    };
    text.split(',').filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_is_written() {
        for status in Status::ALL {
            assert_eq!(Status::parse(&status.name().to_uppercase()), Some(status));
        }
        assert_eq!(Status::parse("Awaiting"), None);
        assert_eq!(Status::ALL.map(Status::is_final), [false, false, true, true]);
    }

    #[test]
    fn renewals_are_domains_with_years() {
        assert_eq!(parse_renewals("12=1, 13=10"), [(12, 1), (13, 10)]);
        for text in ["", "12", "a=1", "=", "a:0:{}"] {
            assert_eq!(parse_renewals(text), [], "{text:?}");
        }
    }
}
