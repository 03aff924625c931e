//! Amounts of money: exact, with two decimals, within the range of a `DECIMAL(16,2)` column.

use std::fmt;
use std::ops::{Add, Neg, Sub};

use rust_decimal::{Decimal, RoundingStrategy};

/// An amount of money in some currency, in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i64);

/// Large enough for any formatted amount: 19 digits, a sign and a point.
pub type Buffer = [u8; 21];

impl Money {
    pub const ZERO: Money = Money(0);

    /// The largest amount that a money column holds: 99,999,999,999,999.99.
    pub const MAX: Money = Money(9_999_999_999_999_999);

    /// What a price column has for what is not offered: -1.00.
    pub const NOT_OFFERED: Money = Money(-100);

    /// Parses an amount as the API documents it, `###` or `###.##`, with a minus sign if it is negative. Nothing is
    /// rounded, guessed or clamped: `1,000.00`, `1e3`, `.5`, `5.`, `1.005` and `NaN` are malformed.
    pub fn parse(text: &str) -> Option<Money> {
        parse_decimal(text, 2).and_then(Money::rounded)
    }

    /// Rounds an amount from a money column, or one computed from such, to the cent; halves away from zero, as PHP and
    /// MySQL do. Returns `None` if it is larger than a column holds.
    pub fn rounded(amount: Decimal) -> Option<Money> {
        let mut cents = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        cents.rescale(2);
        i64::try_from(cents.mantissa()).ok().and_then(Money::within_limits).filter(|_| cents.scale() == 2)
    }

    fn within_limits(cents: i64) -> Option<Money> {
        (-Money::MAX.0..=Money::MAX.0).contains(&cents).then_some(Money(cents))
    }

    /// Parses an amount with two decimals and few digits, as almost all in columns are, in a fifth of the time.
    fn parse_cents(text: &str) -> Option<Money> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) =
            unsigned.split_once('.').filter(|(whole, fraction)| whole.len() <= 14 && fraction.len() == 2)?;
        let cents = whole
            .bytes()
            .chain(fraction.bytes())
            .try_fold(0_i64, |cents, byte| byte.is_ascii_digit().then(|| cents * 10 + i64::from(byte - b'0')))?;
        Some(Money(if unsigned.len() < text.len() { -cents } else { cents }))
    }

    pub fn decimal(self) -> Decimal {
        Decimal::new(self.0, 2)
    }

    pub fn is_positive(self) -> bool {
        self > Money::ZERO
    }

    pub fn is_zero(self) -> bool {
        self == Money::ZERO
    }

    /// Formats the amount as in replies: two decimals, no separators, such as `123.40`.
    pub fn write(self, buffer: &mut Buffer) -> &str {
        let (mut at, mut left) = (buffer.len(), self.0.unsigned_abs());
        let mut put = |byte| {
            at -= 1;
            buffer[at] = byte;
        };
        for place in 0.. {
            if place > 2 && left == 0 {
                break;
            }
            if place == 2 {
                put(b'.');
            }
            put(b"0123456789"[(left % 10) as usize]);
            left /= 10;
        }
        if self.0 < 0 {
            put(b'-');
        }
        str::from_utf8(&buffer[at..]).unwrap_or_default()
    }

    /// Formats the amount for people, in a format of `tblcurrencies.format`: 2 is `1,234.50`, 3 `1.234,50`, 4 `1,234`,
    /// and any other `1234.50`.
    pub fn formatted(self, format: i64) -> String {
        let (thousands, decimals) = match format {
            2 => (",", "."),
            3 => (".", ","),
            4 => (",", ""),
            _ => ("", "."),
        };
        let places = if decimals.is_empty() { 0 } else { 2 };
        let rounded = self.decimal().round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
        let text = format!("{:.2}", rounded.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut grouped = String::new();
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                grouped.push_str(thousands);
            }
            grouped.push(digit);
        }
        let sign = if rounded.is_sign_negative() && !rounded.is_zero() { "-" } else { "" };
        let fraction = if decimals.is_empty() { "" } else { fraction };
        format!("{sign}{grouped}{decimals}{fraction}")
    }

    /// Returns the sum, or `None` if it is larger than a column holds.
    pub fn checked_add(self, other: Money) -> Option<Money> {
        Money::within_limits(self.0 + other.0)
    }

    /// Returns the amount multiplied by `count`, or `None` if that is larger than a column holds.
    pub fn times(self, count: u32) -> Option<Money> {
        self.0.checked_mul(count.into()).and_then(Money::within_limits)
    }

    /// Returns the sum of all amounts, or `None` if it is larger than a column holds at any point.
    pub fn sum(amounts: impl IntoIterator<Item = Money>) -> Option<Money> {
        amounts.into_iter().try_fold(Money::ZERO, Money::checked_add)
    }
}

/// The text of a column that is not a valid amount.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no amount of money")]
pub struct InvalidAmount(String);

/// Parses a column's text and rounds it to the cent.
impl TryFrom<&str> for Money {
    type Error = InvalidAmount;

    fn try_from(text: &str) -> Result<Money, InvalidAmount> {
        let amount = Money::parse_cents(text).or_else(|| Money::rounded(text.parse().ok()?));
        amount.ok_or_else(|| InvalidAmount(text.to_owned()))
    }
}

impl Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money(-self.0)
    }
}

/// Returns the sum. It may exceed what a column holds, which the database rejects.
impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

/// Returns the difference. It may exceed what a column holds, but not the range of this type.
impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut Buffer::default()))
    }
}

/// Parses an optional `-`, digits and at most `decimals` decimals, and nothing else.
pub fn parse_decimal(text: &str, decimals: usize) -> Option<Decimal> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_digits(whole) && is_digits(fraction) && fraction.len() <= decimals;
    // The decimal type would silently round longer digit strings.
    if !is_plain || text.len() > 28 {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_formatted_as_the_currency_requires() {
        let formatted = |amount, format| Money::parse(amount).unwrap().formatted(format);
        for (amount, format, expected) in [
            ("2645.80", 1, "2645.80"),
            ("2645.80", 0, "2645.80"),
            ("1234567.50", 2, "1,234,567.50"),
            ("-1234567.50", 3, "-1.234.567,50"),
            ("1234.50", 4, "1,235"),
            ("-0.40", 4, "0"),
            ("999.99", 2, "999.99"),
            ("0", 3, "0,00"),
        ] {
            assert_eq!(formatted(amount, format), expected, "{amount} {format}");
        }
    }

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        for (text, printed) in [
            ("0", "0.00"),
            ("-0.00", "0.00"),
            ("5", "5.00"),
            ("12.3", "12.30"),
            ("12.34", "12.34"),
            ("-0.01", "-0.01"),
            ("007.50", "7.50"),
            ("99999999999999.99", "99999999999999.99"),
        ] {
            let amount = Money::parse(text).unwrap_or_else(|| panic!("{text} is an amount"));
            assert_eq!(amount.to_string(), printed);
        }
        let malformed = [
            "",
            "-",
            ".",
            ".5",
            "5.",
            "+5",
            "1e3",
            "1,000.00",
            "1.005",
            "1.000",
            "NaN",
            "inf",
            "0x10",
            " 5",
            "5 ",
            "--5",
            "1.-5",
            "٣",
            "100000000000000.00",
            "9999999999999999999999999999999999999999",
        ];
        for text in malformed {
            assert_eq!(Money::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn columns_are_read_as_the_decimal_type_reads_them() {
        for text in [
            "0.00",
            "-0.00",
            "0.01",
            "-0.01",
            "10.00",
            "-123456.78",
            "99999999999999.99",
            "-99999999999999.99",
            "5",
            "2.675",
            "0.5000",
        ] {
            let amount = Money::try_from(text).unwrap();
            assert_eq!(amount, Money::rounded(text.parse().unwrap()).unwrap());
            assert_eq!(amount.to_string(), format!("{:.2}", amount.decimal()), "{text}");
        }
        for text in ["", "-", "x", "1.x5", "100000000000000.00", "999999999999999999999999999999999"] {
            assert!(Money::try_from(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_limit_is_that_of_the_column() {
        assert_eq!(Money::MAX.to_string(), "99999999999999.99");
        let cent = Money::parse("0.01").unwrap();
        assert_eq!(Money::MAX.checked_add(cent), None);
        assert_eq!(
            (cent.times(3).map(|money| money.to_string()), Money::MAX.times(u32::MAX)),
            (Some("0.03".to_owned()), None)
        );
        assert_eq!(Money::sum([Money::MAX, -Money::MAX, cent]), Some(cent));
    }

    #[test]
    fn amounts_are_written_in_full_however_large() {
        for (amount, written) in [
            (Money::ZERO, "0.00"),
            (Money(-5), "-0.05"),
            (Money(120), "1.20"),
            (-Money::MAX - Money::MAX - Money::MAX, "-299999999999999.97"),
            (Money(i64::MIN), "-92233720368547758.08"),
        ] {
            assert_eq!(amount.to_string(), written);
        }
    }

    #[test]
    fn computed_amounts_have_any_scale() {
        for (computed, written) in [
            ("7", Some("7.00")),
            ("-7.5", Some("-7.50")),
            ("0.0000000000000000000000000001", Some("0.00")),
            ("-0.004", Some("0.00")),
            ("99999999999999.994", Some("99999999999999.99")),
            ("99999999999999.995", None),
            ("-100000000000000", None),
            ("79228162514264337593543950335", None),
        ] {
            let amount = Money::rounded(computed.parse().unwrap());
            assert_eq!(amount.map(|amount| amount.to_string()).as_deref(), written, "{computed}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (computed, printed) in [("2.675", "2.68"), ("-2.675", "-2.68"), ("2.6749999", "2.67")] {
            assert_eq!(Money::rounded(computed.parse().unwrap()).unwrap().to_string(), printed);
        }
    }
}
