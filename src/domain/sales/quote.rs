//! Quotes: offers of goods and work to clients and to others.

use std::fmt;

use rust_decimal::Decimal;

use crate::domain::invoice::{Line, LineKind};
use crate::domain::money::Money;
use crate::domain::number;

/// The stage of a quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Delivered,
    OnHold,
    Accepted,
    Lost,
    Dead,
}

impl Stage {
    pub const ALL: [Stage; 6] =
        [Stage::Draft, Stage::Delivered, Stage::OnHold, Stage::Accepted, Stage::Lost, Stage::Dead];

    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Draft => "Draft",
            Stage::Delivered => "Delivered",
            Stage::OnHold => "On Hold",
            Stage::Accepted => "Accepted",
            Stage::Lost => "Lost",
            Stage::Dead => "Dead",
        }
    }

    /// Parses a stage in any case.
    pub fn parse(text: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(text))
    }
}

/// How many units an item has; any number, and stored as a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(Decimal);

impl Quantity {
    pub const ONE: Quantity = Quantity(Decimal::ONE);

    pub fn parse(text: &str) -> Option<Quantity> {
        number::parse(text).map(Quantity)
    }
}

/// Formats the quantity without needless zeros: `2.5`.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&number::plain(self.0))
    }
}

/// An item of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub description: String,
    pub quantity: Quantity,
    pub unit_price: Money,
    /// In percent of the price.
    pub discount: Money,
    pub taxable: bool,
}

impl Item {
    /// Returns the price of all units less the discount, or `None` if that is larger than an amount of money can be.
    pub fn amount(&self) -> Option<Money> {
        let price = self.quantity.0.checked_mul(self.unit_price.decimal())?;
        let kept = Decimal::ONE - self.discount.decimal() / Decimal::ONE_HUNDRED;
        Money::rounded(price.checked_mul(kept)?)
    }

    /// Returns the line of an invoice for this item: quantity, unit price and discount are told in its description, if that
    /// is not longer than this number of bytes then.
    pub fn line(&self, longest_description: usize) -> Option<Line> {
        let mut description = self.description.clone();
        if self.quantity != Quantity::ONE {
            description = format!("{} x {description} @ {}", self.quantity, self.unit_price);
        }
        if !self.discount.is_zero() {
            description = format!("{description} - {}% Discount", number::plain(self.discount.decimal()));
        }
        if description.len() > longest_description {
            description.clone_from(&self.description);
        }
        Some(Line { kind: LineKind::Plain, related: 0, description, amount: self.amount()?, taxed: self.taxable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(quantity: &str, unit_price: &str, discount: &str) -> Item {
        Item {
            description: "Pear".to_owned(),
            quantity: Quantity::parse(quantity).unwrap(),
            unit_price: Money::parse(unit_price).unwrap(),
            discount: Money::parse(discount).unwrap(),
            taxable: true,
        }
    }

    #[test]
    fn the_discount_is_a_percentage_of_all_units() {
        for (quantity, unit_price, discount, amount, description) in [
            ("1", "1.23", "0", Some("1.23"), "Pear"),
            // The documented example of GetQuotes: with the pears, 15.86 in total.
            ("3", "5.00", "2.50", Some("14.63"), "3 x Pear @ 5.00 - 2.5% Discount"),
            ("2.50", "10.00", "0", Some("25.00"), "2.5 x Pear @ 10.00"),
            ("1", "60.00", "100", Some("0.00"), "Pear - 100% Discount"),
            ("0", "60.00", "0", Some("0.00"), "0 x Pear @ 60.00"),
            ("-1", "0.05", "50", Some("-0.03"), "-1 x Pear @ 0.05 - 50% Discount"),
            ("1e20", "1.00", "0", None, ""),
            ("7.9e27", "99999999999999.99", "0", None, ""),
        ] {
            let item = item(quantity, unit_price, discount);
            assert_eq!(item.amount(), amount.and_then(Money::parse), "{quantity} {unit_price} {discount}");
            let line = item.line(60).map(|line| line.description);
            assert_eq!(line.as_deref(), amount.map(|_| description), "{quantity} {unit_price} {discount}");
        }
        assert_eq!(item("2", "1.00", "0").line(10).unwrap().description, "Pear", "the rest would be too long");
    }

    #[test]
    fn every_stage_is_read_as_it_is_written() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(&stage.name().to_uppercase()), Some(stage));
        }
        assert_eq!(Stage::parse("Sent"), None);
    }
}
