//! Discounts of promotion codes as the API sets them, and their billing cycles.

use chrono::NaiveDate;

use super::money::Money;
use super::order::cycle::{Cycle, Term};

/// When a promotion ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// After this day.
    On(NaiveDate),
}

/// The kind of discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discount {
    /// A percentage of the price.
    Percentage,
    /// An amount of money.
    Fixed,
}

impl Discount {
    /// Parses the documented words, and those in the database.
    pub fn parse(text: &str) -> Option<Discount> {
        match text.to_ascii_lowercase().as_str() {
            "percentage" => Some(Discount::Percentage),
            "fixed" | "fixed amount" => Some(Discount::Fixed),
            _ => None,
        }
    }

    /// The name in `tblpromotions.type`.
    pub fn name(self) -> &'static str {
        match self {
            Discount::Percentage => "Percentage",
            Discount::Fixed => "Fixed Amount",
        }
    }

    /// Whether a value is valid for the discount: not negative, and at most 100 percent.
    pub fn allows(self, value: Money) -> bool {
        let hundred = Money::parse("100").unwrap_or(Money::MAX);
        value >= Money::ZERO && (self == Discount::Fixed || value <= hundred)
    }
}

/// Parses a comma-separated list of billing cycles, in any case and with or without spaces and hyphens, and returns it
/// in the spelling of `tblpromotions.cycles`. Domains have cycles of their own, `1Years` to `10Years`.
pub fn parse_cycles(text: &str) -> Option<String> {
    let cycles: Option<Vec<String>> = text.split(',').map(parse_cycle).collect();
    cycles.map(|cycles| cycles.join(","))
}

fn parse_cycle(text: &str) -> Option<String> {
    let squeeze = |text: &str| text.replace([' ', '-'], "").to_ascii_lowercase();
    let years = (1..=10).map(Term::Years).find(|term| squeeze(&term.name()) == squeeze(text));
    let cycle = Cycle::parse(text).filter(|&cycle| cycle != Cycle::Free).map(Term::Cycle);
    cycle.or(years).map(Term::name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_spelled_as_the_database_does() {
        assert_eq!(
            parse_cycles("monthly, Semi-annually,onetime,10years").unwrap(),
            "Monthly,Semi-Annually,One Time,10Years"
        );
        for text in ["", "Monthly,", "fortnightly", "0Years", "11Years"] {
            assert_eq!(parse_cycles(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_percentage_is_at_most_all_of_the_price() {
        let allows = |discount: Discount, value| discount.allows(Money::parse(value).unwrap());
        assert!(allows(Discount::Percentage, "0") && allows(Discount::Percentage, "100"));
        assert!(!allows(Discount::Percentage, "100.01") && !allows(Discount::Percentage, "-1"));
        assert!(allows(Discount::Fixed, "250") && !allows(Discount::Fixed, "-1"));
    }
}
