//! Prices of domains: by kind of purchase, client group and number of years, with addons and fees for late renewal.

use rust_decimal::Decimal;

use super::price::PriceList;
use crate::domain::money::Money;

/// The longest period for which a domain is registered, in years.
pub const MAX_YEARS: u32 = 10;

/// The kind of purchase of a domain, each of which has prices of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomainPurchase {
    Registration,
    Transfer,
    Renewal,
}

impl DomainPurchase {
    pub const ALL: [DomainPurchase; 3] =
        [DomainPurchase::Registration, DomainPurchase::Transfer, DomainPurchase::Renewal];
}

/// The prices of one kind of purchase for one to ten years; a negative one is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearPrices(pub [Money; MAX_YEARS as usize]);

impl YearPrices {
    /// Returns the prices in a row of `tblpricing`. According to public sources, the columns `msetupfee` to `bsetupfee` are
    /// for one to five years, and `monthly` to `biennially` for six to ten.
    pub fn in_row(row: &PriceList) -> YearPrices {
        let PriceList { setup: [one, two, three, four, five, _], prices: [six, seven, eight, nine, ten, _] } = *row;
        YearPrices([one, two, three, four, five, six, seven, eight, nine, ten])
    }

    /// Returns the row of `tblpricing` with these prices, and 0.00 in the two columns that are for no number of years.
    pub fn row(self) -> PriceList {
        let [one, two, three, four, five, six, seven, eight, nine, ten] = self.0;
        let unused = Money::ZERO;
        PriceList { setup: [one, two, three, four, five, unused], prices: [six, seven, eight, nine, ten, unused] }
    }

    /// Returns prices of which none is offered.
    pub fn not_offered() -> YearPrices {
        YearPrices([Money::NOT_OFFERED; MAX_YEARS as usize])
    }

    /// Returns the numbers of years on offer with their prices, the shortest first.
    ///
    /// A transfer has a single period: one year, unless only another one has a price. An amount of 0.00 for several years
    /// of transfer is no price, because operators leave it in columns that transfers do not use.
    pub fn offered(self, purchase: DomainPurchase) -> impl Iterator<Item = (u32, Money)> {
        let is_transfer = purchase == DomainPurchase::Transfer;
        let is_price = move |&(years, price): &(u32, Money)| {
            price.is_positive() || (price.is_zero() && (years == 1 || !is_transfer))
        };
        let most = if is_transfer { 1 } else { self.0.len() };
        (1..).zip(self.0).filter(is_price).take(most)
    }

    /// Returns the price for a number of years, or `None` if it is not offered.
    pub fn price(self, purchase: DomainPurchase, years: u32) -> Option<Money> {
        self.offered(purchase).find(|&(offered, _)| offered == years).map(|(_, price)| price)
    }

    /// Sets the price for a number of years; a negative one means that it is not offered. Returns whether there is such a
    /// number of years.
    #[must_use]
    pub fn set(&mut self, years: u32, price: Money) -> bool {
        let at = usize::try_from(years).ok().and_then(|years| years.checked_sub(1));
        let Some(column) = at.and_then(|at| self.0.get_mut(at)) else { return false };
        *column = if price < Money::ZERO { Money::NOT_OFFERED } else { price };
        true
    }
}

/// The prices of one kind of purchase of an extension in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceLists {
    /// Price lists with the client group that each is for, 0 for all clients; the oldest first.
    lists: Vec<(i64, YearPrices)>,
}

impl PriceLists {
    pub fn add(&mut self, group: i64, prices: YearPrices) {
        self.lists.push((group, prices));
    }

    /// Returns the prices for clients of a group: those of its own list if it offers anything, otherwise the general ones.
    /// Of several lists for the same clients, the oldest applies.
    pub fn for_group(&self, purchase: DomainPurchase, group: i64) -> YearPrices {
        let list_of = |wanted: i64| self.lists.iter().find(|(group, _)| *group == wanted).map(|(_, prices)| *prices);
        let own = list_of(group).filter(|prices| prices.offered(purchase).next().is_some());
        own.or_else(|| list_of(0)).unwrap_or_else(YearPrices::not_offered)
    }
}

/// The addons of a domain that are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DomainAddons {
    pub dns_management: bool,
    pub email_forwarding: bool,
    pub id_protection: bool,
}

impl DomainAddons {
    /// Returns the price for a number of years. `prices` are those for one year of DNS management, e-mail forwarding and ID
    /// protection; addons without a price are free, as in WHMCS.
    pub fn price(self, prices: [Money; 3], years: u32) -> Option<Money> {
        let wanted = [self.dns_management, self.email_forwarding, self.id_protection];
        let prices = wanted.into_iter().zip(prices).filter(|&(wanted, _)| wanted);
        Money::sum(prices.map(|(_, price)| price.max(Money::ZERO)))?.times(years)
    }
}

/// The status of a domain that has expired and can still be renewed, for a fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateStatus {
    Grace,
    Redemption,
}

/// Converts an amount between currencies with these exchange rates, rounded to the cent. Returns `None` if a rate is not
/// above zero, or the amount becomes larger than a column holds. What is not offered stays so.
pub fn converted(amount: Money, from_rate: Decimal, to_rate: Decimal) -> Option<Money> {
    if amount < Money::ZERO {
        return Some(Money::NOT_OFFERED);
    }
    if from_rate <= Decimal::ZERO || to_rate <= Decimal::ZERO {
        return None;
    }
    Money::rounded(amount.decimal().checked_mul(to_rate)?.checked_div(from_rate)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn prices(texts: [&str; 10]) -> YearPrices {
        YearPrices(texts.map(money))
    }

    #[test]
    fn each_number_of_years_has_a_column() {
        let row = PriceList {
            setup: ["1", "2", "3", "4", "5", "99"].map(money),
            prices: ["6", "7", "8", "9", "10", "99"].map(money),
        };
        let in_row = YearPrices::in_row(&row);
        assert_eq!(in_row, prices(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]));
        assert_eq!(YearPrices::in_row(&in_row.row()), in_row);
        assert_eq!((in_row.row().setup[5], in_row.row().prices[5]), (Money::ZERO, Money::ZERO));
    }

    #[test]
    fn a_transfer_has_one_period() {
        for (texts, offered) in [
            (["9", "0", "0", "0", "0", "0", "0", "0", "0", "0"], Some((1, "9"))),
            (["0", "0", "0", "0", "0", "0", "0", "0", "0", "0"], Some((1, "0"))),
            (["9", "18", "-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1"], Some((1, "9"))),
            (["-1", "18", "-1", "-1", "-1", "-1", "-1", "-1", "-1", "-1"], Some((2, "18"))),
            (["-1", "0", "0", "0", "0", "0", "0", "0", "0", "0"], None),
        ] {
            let transfers: Vec<_> = prices(texts).offered(DomainPurchase::Transfer).collect();
            assert_eq!(transfers, Vec::from_iter(offered.map(|(years, price)| (years, money(price)))), "{texts:?}");
        }
    }

    #[test]
    fn addons_cost_their_price_for_each_year() {
        let addons = DomainAddons { dns_management: true, email_forwarding: false, id_protection: true };
        assert_eq!(addons.price([money("1"), money("2"), money("4.50")], 2), Some(money("11")));
        assert_eq!(addons.price([money("-1"), money("2"), money("4.50")], 1), Some(money("4.50")));
        assert_eq!(addons.price([Money::MAX, Money::ZERO, money("0.01")], 1), None);
    }

    #[test]
    fn amounts_are_converted_by_both_rates() {
        for (amount, from, to, expected) in [
            ("10.00", "1", "1.085", Some("10.85")),
            ("10.85", "1.085", "1", Some("10.00")),
            ("0.01", "1", "0.5", Some("0.01")),
            ("10.00", "2", "3", Some("15.00")),
            ("-1", "1", "1.5", Some("-1")),
            ("-1", "0", "0", Some("-1")),
            ("10.00", "0", "1", None),
            ("10.00", "1", "0", None),
            ("99999999999999.99", "1", "1.1", None),
        ] {
            let rate = |text: &str| text.parse().unwrap();
            assert_eq!(converted(money(amount), rate(from), rate(to)), expected.map(money), "{amount} {from} {to}");
        }
    }

    proptest! {
        /// What was set is what is offered, for registrations and renewals.
        #[test]
        fn each_number_of_years_has_its_own_price(
            set in prop::collection::vec((0..13_u32, -3..500_i64), 0..30),
            purchase in prop::sample::select(&[DomainPurchase::Registration, DomainPurchase::Renewal][..]),
        ) {
            let cents = |cents| Money::rounded(Decimal::new(cents, 2)).unwrap();
            let mut prices = YearPrices::not_offered();
            let mut expected = std::collections::BTreeMap::new();
            for (years, price) in set {
                prop_assert_eq!(prices.set(years, cents(price)), (1..=10).contains(&years));
                expected.insert(years, price);
            }
            for years in 0..13 {
                let price = expected.get(&years).filter(|&&price| price >= 0 && (1..=10).contains(&years));
                prop_assert_eq!(prices.price(purchase, years), price.map(|&price| cents(price)), "{}", years);
            }
        }

        /// A group's own list applies as a whole if it offers anything, else the general one: the oldest of each.
        #[test]
        fn the_group_decides_on_the_list(
            lists in prop::collection::vec((0..3_i64, prop::array::uniform10(-2..40_i64)), 0..6),
            group in 0..4_i64,
            years in 1..=10_u32,
            purchase in prop::sample::select(&DomainPurchase::ALL[..]),
        ) {
            let cents = |cents| Money::rounded(Decimal::new(cents, 2)).unwrap();
            let mut all = PriceLists::default();
            for (group, prices) in &lists {
                all.add(*group, YearPrices(prices.map(cents)));
            }
            let oldest = |wanted| lists.iter().find(|(group, _)| *group == wanted).map(|(_, prices)| prices);
            let is_transfer = purchase == DomainPurchase::Transfer;
            let offers = |prices: &[i64; 10]| {
                prices[0] >= 0 || prices[1..].iter().any(|&price| price > 0 || (price == 0 && !is_transfer))
            };
            let chosen = oldest(group).filter(|prices| offers(prices)).or(oldest(0));
            let price = all.for_group(purchase, group).price(purchase, years);
            match chosen {
                None => prop_assert_eq!(price, None),
                Some(prices) if !is_transfer => {
                    let expected = prices[years as usize - 1];
                    prop_assert_eq!(price, (expected >= 0).then(|| cents(expected)));
                }
                Some(prices) => {
                    let single = if prices[0] >= 0 { Some(0) } else { (1..10).find(|&at| prices[at] > 0) };
                    let expected = single.filter(|at| at + 1 == years as usize).map(|at| cents(prices[at]));
                    prop_assert_eq!(price, expected);
                }
            }
        }
    }
}
