//! Taxes on invoices, by the documented rules: two levels, prices exclusive or inclusive of tax, the second level
//! beside the first or on top of it, rounded once or for each line.

use std::fmt;

use rust_decimal::Decimal;

use super::money::{Money, parse_decimal};

/// A tax rate in percent, within the range of a `DECIMAL(10,3)` column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Decimal);

impl Rate {
    pub const ZERO: Rate = Rate(Decimal::ZERO);

    /// Parses a rate in percent with at most three decimals, not negative.
    pub fn parse(text: &str) -> Option<Rate> {
        let limit = Decimal::from(10_000_000);
        parse_decimal(text, 3).filter(|rate| !rate.is_sign_negative() && *rate < limit).map(Rate)
    }

    pub fn decimal(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Rate {
    fn from(percent: Decimal) -> Rate {
        Rate(percent)
    }
}

/// Formats the rate as in replies, with three decimals: `23.000`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.0)
    }
}

/// The two rates of an invoice, for the first and the second level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub first: Rate,
    pub second: Rate,
}

/// Whether the operator's prices include the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prices {
    /// Exclusive: tax is added to the price.
    WithoutTax,
    /// Inclusive: tax is part of the price.
    WithTax,
}

/// The totals of an invoice: `total = subtotal + tax + tax2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub total: Money,
}

impl Totals {
    pub const NOTHING: Totals =
        Totals { subtotal: Money::ZERO, tax: Money::ZERO, tax2: Money::ZERO, total: Money::ZERO };
}

/// How taxes are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub prices: Prices,
    /// Whether the second-level tax is also applied to the first-level tax.
    pub is_compound: bool,
    /// Whether taxes are rounded for each line, instead of once for the sum.
    pub is_per_line: bool,
}

/// Adds up lines of `(amount, taxed)`. Returns `None` if a sum is larger than a money column holds.
pub fn totals(lines: &[(Money, bool)], rates: Rates, rules: Rules) -> Option<Totals> {
    let sum = Money::sum(lines.iter().map(|&(amount, _)| amount))?;
    let taxable = lines.iter().filter(|&&(_, taxed)| taxed).map(|&(amount, _)| amount);
    let (tax, tax2) = if rules.is_per_line {
        let taxes: Vec<_> = taxable.map(|amount| taxes(amount, rates, rules)).collect::<Option<_>>()?;
        (Money::sum(taxes.iter().map(|taxes| taxes.0))?, Money::sum(taxes.iter().map(|taxes| taxes.1))?)
    } else {
        taxes(Money::sum(taxable)?, rates, rules)?
    };
    let taxes = tax.checked_add(tax2)?;
    let (subtotal, total) = match rules.prices {
        Prices::WithoutTax => (sum, sum.checked_add(taxes)?),
        Prices::WithTax => (sum.checked_add(-taxes)?, sum),
    };
    Some(Totals { subtotal, tax, tax2, total })
}

/// Computes the taxes of both levels on an amount, each rounded to the cent.
fn taxes(amount: Money, rates: Rates, rules: Rules) -> Option<(Money, Money)> {
    let (first, second) = (rates.first.0 / Decimal::ONE_HUNDRED, rates.second.0 / Decimal::ONE_HUNDRED);
    let factor = match rules.is_compound {
        true => (Decimal::ONE + first) * (Decimal::ONE + second),
        false => Decimal::ONE + first + second,
    };
    let net = match rules.prices {
        Prices::WithoutTax => amount.decimal(),
        Prices::WithTax => amount.decimal() / factor,
    };
    let tax = Money::rounded(net * first)?;
    let taxed_again = if rules.is_compound { net + net * first } else { net };
    Some((tax, Money::rounded(taxed_again * second)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added_up(lines: &[(&str, bool)], rates: (&str, &str), rules: Rules) -> String {
        let lines: Vec<_> = lines.iter().map(|&(amount, taxed)| (Money::parse(amount).unwrap(), taxed)).collect();
        let rates = Rates { first: Rate::parse(rates.0).unwrap(), second: Rate::parse(rates.1).unwrap() };
        match totals(&lines, rates, rules) {
            Some(Totals { subtotal, tax, tax2, total }) => format!("{subtotal} + {tax} + {tax2} = {total}"),
            None => "too large".to_owned(),
        }
    }

    #[test]
    fn only_taxed_lines_bear_tax() {
        use Prices::{WithTax, WithoutTax};
        let plain = [("15.95", false), ("1.00", true)];
        for (lines, rates, prices, expected) in [
            (&plain[..], ("10", "0"), WithoutTax, "16.95 + 0.10 + 0.00 = 17.05"),
            (&plain, ("10", "0"), WithTax, "16.86 + 0.09 + 0.00 = 16.95"),
            (&[("100", true)], ("5", "9.975"), WithoutTax, "100.00 + 5.00 + 9.98 = 114.98"),
            (&[("115", true)], ("5", "10"), WithTax, "100.00 + 5.00 + 10.00 = 115.00"),
            (&[("10", true), ("-2.50", true)], ("20", "0"), WithoutTax, "7.50 + 1.50 + 0.00 = 9.00"),
            (&[], ("20", "0"), WithoutTax, "0.00 + 0.00 + 0.00 = 0.00"),
            (&[("99999999999999.99", true)], ("20", "0"), WithoutTax, "too large"),
            (&[("99999999999999.99", false), ("0.01", false)], ("0", "0"), WithoutTax, "too large"),
        ] {
            let rules = Rules { prices, is_compound: false, is_per_line: false };
            assert_eq!(added_up(lines, rates, rules), expected, "{lines:?} {rates:?} {prices:?}");
        }
    }

    #[test]
    fn the_second_level_may_be_on_top_of_the_first() {
        use Prices::{WithTax, WithoutTax};
        for (amount, rates, prices, expected) in [
            ("100", ("5", "9.5"), WithoutTax, "100.00 + 5.00 + 9.98 = 114.98"),
            ("114.98", ("5", "9.5"), WithTax, "100.00 + 5.00 + 9.98 = 114.98"),
            ("100", ("0", "10"), WithoutTax, "100.00 + 0.00 + 10.00 = 110.00"),
            ("99.99", ("7", "0"), WithTax, "93.45 + 6.54 + 0.00 = 99.99"),
        ] {
            let rules = Rules { prices, is_compound: true, is_per_line: false };
            assert_eq!(added_up(&[(amount, true)], rates, rules), expected, "{amount} {rates:?} {prices:?}");
        }
    }

    #[test]
    fn taxes_may_be_rounded_line_by_line() {
        use Prices::{WithTax, WithoutTax};
        let lines = [("0.10", true), ("0.10", true), ("0.10", true), ("5", false)];
        for (prices, is_per_line, expected) in [
            (WithoutTax, false, "5.30 + 0.05 + 0.00 = 5.35"),
            (WithoutTax, true, "5.30 + 0.06 + 0.00 = 5.36"),
            (WithTax, false, "5.26 + 0.04 + 0.00 = 5.30"),
            (WithTax, true, "5.27 + 0.03 + 0.00 = 5.30"),
        ] {
            let rules = Rules { prices, is_compound: false, is_per_line };
            assert_eq!(added_up(&lines, ("17.5", "0"), rules), expected, "{prices:?} {is_per_line}");
        }
    }

    #[test]
    fn rates_are_percent_with_three_decimals() {
        assert_eq!(Rate::parse("23").unwrap().to_string(), "23.000");
        for text in ["", "-1", "1.2345", "10000000", "ten", "5%"] {
            assert_eq!(Rate::parse(text), None, "{text:?}");
        }
    }
}
