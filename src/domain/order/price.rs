//! Prices that the operator has set.

use super::cycle::Cycle;
use crate::domain::money::Money;

/// A row of `tblpricing`: its twelve columns, whose meaning depends on what is priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceList {
    /// `msetupfee` to `tsetupfee`.
    pub setup: [Money; 6],
    /// `monthly` to `triennially`.
    pub prices: [Money; 6],
}

/// Set-up fee and price per term of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub setup: Money,
    pub term: Money,
}

impl Price {
    pub const NOTHING: Price = Price { setup: Money::ZERO, term: Money::ZERO };

    /// Returns `None` if a sum is larger than a money column holds.
    pub fn checked_add(self, other: Price) -> Option<Price> {
        Some(Price { setup: self.setup.checked_add(other.setup)?, term: self.term.checked_add(other.term)? })
    }

    /// Returns `None` if a product is larger than a money column holds.
    pub fn times(self, quantity: u32) -> Option<Price> {
        Some(Price { setup: self.setup.times(quantity)?, term: self.term.times(quantity)? })
    }
}

impl PriceList {
    /// Returns the price for a cycle, or `None` if the cycle is not offered, which a negative price means. One-time
    /// prices are in the monthly columns.
    pub fn for_cycle(&self, cycle: Cycle) -> Option<Price> {
        let column = match cycle {
            Cycle::Free => return Some(Price::NOTHING),
            Cycle::OneTime | Cycle::Monthly => 0,
            Cycle::Quarterly => 1,
            Cycle::SemiAnnually => 2,
            Cycle::Annually => 3,
            Cycle::Biennially => 4,
            Cycle::Triennially => 5,
        };
        let offered = self.prices[column] >= Money::ZERO;
        offered.then(|| Price { setup: self.setup[column].max(Money::ZERO), term: self.prices[column] })
    }

    /// What an option value adds to its product's price. A negative price means 0 here: a value is never unavailable.
    pub fn for_choice(&self, cycle: Cycle) -> Price {
        self.for_cycle(cycle).unwrap_or(Price::NOTHING)
    }

    /// The shortest cycle that is offered.
    pub fn first_offered(&self) -> Option<Cycle> {
        Cycle::RECURRING.into_iter().find(|&cycle| self.for_cycle(cycle).is_some())
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub(crate) fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    pub(crate) fn list(setup: [&str; 6], prices: [&str; 6]) -> PriceList {
        PriceList { setup: setup.map(money), prices: prices.map(money) }
    }

    #[test]
    fn each_cycle_has_a_column() {
        let list = list(["1", "2", "-1", "4", "5", "6"], ["10", "20", "30", "-1", "50", "60"]);
        for (cycle, price) in [
            (Cycle::Free, Some(("0", "0"))),
            (Cycle::OneTime, Some(("1", "10"))),
            (Cycle::Monthly, Some(("1", "10"))),
            (Cycle::Quarterly, Some(("2", "20"))),
            (Cycle::SemiAnnually, Some(("0", "30"))),
            (Cycle::Annually, None),
            (Cycle::Triennially, Some(("6", "60"))),
        ] {
            let price = price.map(|(setup, term)| Price { setup: money(setup), term: money(term) });
            assert_eq!(list.for_cycle(cycle), price, "{cycle:?}");
        }
        assert_eq!(list.first_offered(), Some(Cycle::Monthly));
    }

    #[test]
    fn prices_larger_than_a_column_are_rejected() {
        let price = Price { setup: Money::ZERO, term: money("99999999999999.99") };
        assert_eq!(price.times(1), Some(price));
        assert_eq!(price.times(2), None);
        assert_eq!(price.checked_add(Price { setup: Money::ZERO, term: money("0.01") }), None);
    }
}
