//! The budget of API log records about refused calls: those whose callers were not let in.
//!
//! Anybody who reaches the server can make such calls, as many as they like. So only a limited number a minute is
//! recorded, for each address and in all: they can neither fill the disk nor the queue that other records wait in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::config;
use crate::domain::time::Moment;
use crate::domain::window::Windowed;
use crate::network::subscriber;

pub struct RefusedCallBudget {
    per_minute: u32,
    per_address: u32,
    minute: Mutex<Windowed<Records>>,
}

/// The number of records in a minute. It has no more addresses than records.
#[derive(Default)]
struct Records {
    in_all: u32,
    by_address: HashMap<IpAddr, u32>,
}

impl RefusedCallBudget {
    pub fn new(settings: &config::ApiLog) -> RefusedCallBudget {
        RefusedCallBudget {
            per_minute: settings.refused_per_minute,
            per_address: settings.refused_per_address,
            minute: Mutex::default(),
        }
    }

    /// Takes one record from the budget. Returns whether there was one left.
    pub fn take(&self, address: IpAddr, at: Moment) -> bool {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        minute.begin(at.utc().and_utc().timestamp().div_euclid(60));
        let records = &mut minute.counts;
        if self.per_address == 0 || records.in_all >= self.per_minute {
            return false;
        }
        let of_address = records.by_address.entry(subscriber(address)).or_default();
        if *of_address >= self.per_address {
            return false;
        }
        *of_address += 1;
        records.in_all += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Clock;

    fn at(time: &str) -> Moment {
        Clock::fixed_at(time, chrono_tz::Tz::UTC).unwrap().now()
    }

    fn budget(per_minute: u32, per_address: u32) -> RefusedCallBudget {
        RefusedCallBudget::new(&config::ApiLog {
            refused_per_minute: per_minute,
            refused_per_address: per_address,
            ..config::ApiLog::default()
        })
    }

    /// The number of records that this many calls get, from addresses that repeat after `addresses`.
    fn taken(budget: &RefusedCallBudget, calls: u32, addresses: u32, at: Moment) -> usize {
        let address = |call: u32| IpAddr::V4((0x0a00_0000 + call % addresses).into());
        (0..calls).filter(|call| budget.take(address(*call), at)).count()
    }

    #[test]
    fn records_are_limited_for_each_address_and_in_all() {
        let minute = at("2026-11-20T12:30:00Z");
        for (per_minute, per_address, addresses, expected) in
            [(60, 10, 1, 10), (60, 10, 3, 30), (60, 10, 100_000, 60), (60, 100, 1, 60), (0, 10, 1, 0), (60, 0, 1, 0)]
        {
            let budget = budget(per_minute, per_address);
            assert_eq!(taken(&budget, 100_000, addresses, minute), expected, "{addresses}");
            assert!(budget.minute.lock().unwrap().counts.by_address.len() <= 60, "memory is bounded");
            assert_eq!(taken(&budget, 100_000, addresses, at("2026-11-20T12:30:59Z")), 0);
            assert_eq!(taken(&budget, 100_000, addresses, at("2026-11-20T12:31:00Z")), expected);
        }
    }

    /// A subscriber has 2^64 of them.
    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let budget = budget(60, 10);
        let address = |number: u128| IpAddr::V6(((0x2001_0db8 << 96) + number).into());
        assert_eq!((0..1000).filter(|number| budget.take(address(*number), at("2026-11-20T12:30:00Z"))).count(), 10);
    }
}
