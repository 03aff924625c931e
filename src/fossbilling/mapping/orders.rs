//! Ids of orders. FOSSBilling has one row for each thing that is ordered, and the tables have three kinds of them: a
//! service, a domain or an addon of a service. The id of an order is four times theirs, plus a number for the kind, so that it
//! never changes. What is one order in the tables is a group of orders.

use crate::domain::id::{DomainId, ServiceAddonId, ServiceId};

/// What an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered {
    Service(ServiceId),
    Domain(DomainId),
    Addon(ServiceAddonId),
}

impl Ordered {
    pub fn parse(order: i64) -> Option<Ordered> {
        let id = order / 4;
        match order % 4 {
            _ if id <= 0 => None,
            0 => Some(Ordered::Service(ServiceId(id))),
            1 => Some(Ordered::Domain(DomainId(id))),
            2 => Some(Ordered::Addon(ServiceAddonId(id))),
            _ => None,
        }
    }

    pub fn order(self) -> i64 {
        match self {
            Ordered::Service(id) => id.0.saturating_mul(4),
            Ordered::Domain(id) => id.0.saturating_mul(4).saturating_add(1),
            Ordered::Addon(id) => id.0.saturating_mul(4).saturating_add(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_one_kind() {
        for (order, ordered) in [
            (4, Some(Ordered::Service(ServiceId(1)))),
            (5, Some(Ordered::Domain(DomainId(1)))),
            (6, Some(Ordered::Addon(ServiceAddonId(1)))),
            (7, None),
            (3, None),
            (0, None),
            (-4, None),
            (4_000_000, Some(Ordered::Service(ServiceId(1_000_000)))),
        ] {
            assert_eq!(Ordered::parse(order), ordered, "{order}");
            assert!(ordered.is_none_or(|ordered| ordered.order() == order), "{order}");
        }
    }
}
