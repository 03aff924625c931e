//! What a service costs from one term to the next.

use rust_decimal::Decimal;

use super::money::Money;

/// What a promotion does to the price of every term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reduction {
    /// In percent.
    Share(Decimal),
    /// By an amount in the client's currency.
    Amount(Decimal),
    /// To an amount in the client's currency.
    Override(Decimal),
}

impl Reduction {
    /// What a promotion of this kind does, as `tblpromotions.type` spells it: its amounts are in the default currency, of
    /// which one unit is worth `rate` of the client's.
    pub fn of(kind: &str, value: Money, rate: Decimal) -> Option<Reduction> {
        let value = value.decimal();
        match kind {
            "Percentage" => Some(Reduction::Share(value)),
            "Fixed Amount" => value.checked_mul(rate).map(Reduction::Amount),
            "Price Override" => value.checked_mul(rate).map(Reduction::Override),
            _ => None,
        }
    }

    fn of_price(self, price: Decimal) -> Option<Decimal> {
        match self {
            Reduction::Share(percent) => {
                price.checked_mul(Decimal::ONE_HUNDRED - percent).map(|price| price / Decimal::ONE_HUNDRED)
            }
            Reduction::Amount(amount) => price.checked_sub(amount),
            Reduction::Override(price) => Some(price),
        }
    }
}

/// The price of a term: that of the product and of so many of each choice, reduced and never below zero, as often as the
/// product was bought. `None` when it is larger than a money column holds.
pub fn price(product: Money, choices: &[(Money, i64)], quantity: i64, reduction: Option<Reduction>) -> Option<Money> {
    let choice = |sum: Decimal, &(price, quantity): &(Money, i64)| {
        price.decimal().checked_mul(quantity.into()).and_then(|price| sum.checked_add(price))
    };
    let one = choices.iter().try_fold(product.decimal(), choice)?;
    let reduced = reduction.map_or(Some(one), |reduction| reduction.of_price(one))?;
    Money::rounded(reduced.max(Decimal::ZERO).checked_mul(quantity.into())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_costs_the_product_and_its_choices() {
        let money = |text: &str| Money::parse(text).unwrap();
        let half = Decimal::new(5, 1);
        for (product, choices, quantity, promotion, expected) in [
            ("10", &[][..], 1, None, "10.00"),
            ("10", &[("2.50", 1), ("0.10", 30)], 1, None, "15.50"),
            ("10", &[("2.50", 1)], 3, None, "37.50"),
            ("10", &[("2.50", 0)], 1, None, "10.00"),
            ("9.99", &[], 1, Some(("Percentage", "15")), "8.49"),
            ("9.99", &[], 1, Some(("Percentage", "100")), "0.00"),
            ("10", &[("2", 1)], 1, Some(("Fixed Amount", "4")), "10.00"),
            ("1", &[], 1, Some(("Fixed Amount", "4")), "0.00"),
            ("10", &[("2", 1)], 2, Some(("Price Override", "7")), "7.00"),
            ("10", &[], 1, Some(("Free Setup", "7")), "10.00"),
        ] {
            let choices: Vec<_> = choices.iter().map(|&(price, quantity)| (money(price), quantity)).collect();
            let reduction = promotion.and_then(|(kind, value)| Reduction::of(kind, money(value), half));
            let told = price(money(product), &choices, quantity, reduction).unwrap().to_string();
            assert_eq!(told, expected, "{product} {choices:?} {quantity} {promotion:?}");
        }
        assert_eq!(price(Money::MAX, &[], 2, None), None);
        assert_eq!(price(Money::MAX, &[(Money::MAX, i64::MAX)], i64::MAX, None), None);
    }
}
