//! Formatting of amounts for people.

use super::money::Money;

/// How amounts in a currency are formatted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Currency {
    pub prefix: String,
    pub suffix: String,
    /// WHMCS's number of the format: 1 for `1234.56`, 2 for `1,234.56`, 3 for `1.234,56`, 4 for `1,234`.
    pub format: i64,
}

impl Currency {
    /// Formats an amount, such as `$1234.56 USD`.
    pub fn format(&self, amount: Money) -> String {
        let (sign, amount) = if amount < Money::ZERO { ("-", -amount) } else { ("", amount) };
        format!("{sign}{}{}{}", self.prefix, amount.formatted(self.format), self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_formatted_as_the_currency_requires() {
        for (format, amount, expected) in [
            (1, "1234567.80", "$1234567.80 USD"),
            (2, "1234567.80", "$1,234,567.80 USD"),
            (3, "1234567.80", "$1.234.567,80 USD"),
            (4, "1234567.80", "$1,234,568 USD"),
            (2, "999.00", "$999.00 USD"),
            (2, "-1000.00", "-$1,000.00 USD"),
            (9, "0.00", "$0.00 USD"),
        ] {
            let currency = Currency { prefix: "$".to_owned(), suffix: " USD".to_owned(), format };
            assert_eq!(currency.format(Money::parse(amount).unwrap()), expected);
        }
    }
}
