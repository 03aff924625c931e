//! Decimal numbers as programs write them.

use rust_decimal::{Decimal, RoundingStrategy};

/// Parses what PHP calls a numeric string, the output of any language's float included: blanks around it, a sign, digits
/// with a point before, among or after them, and an exponent. Digits after the 28th decimal are rounded away, which no
/// amount has. `1,000.00`, `0x10`, `NaN`, digits of other scripts and what is larger than a [`Decimal`] are malformed.
pub fn parse(text: &str) -> Option<Decimal> {
    let Parts { is_negative, whole, fraction, exponent } = Parts::of(text)?;
    let number: Decimal = format!("0{whole}.{fraction}").parse().ok()?;
    let number = scaled(number, exponent)?;
    Some(if is_negative && !number.is_zero() { -number } else { number })
}

/// Whether a text is a number of any size in the form that [`parse`] reads.
pub fn is_numeric(text: &str) -> bool {
    Parts::of(text).is_some()
}

/// The parts of a numeric string.
struct Parts<'t> {
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i32,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Option<Parts<'t>> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (text, 0),
        };
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_number = whole.len() + fraction.len() > 0 && is_digits(whole) && is_digits(fraction);
        is_number.then_some(Parts { is_negative: mantissa.starts_with('-'), whole, fraction, exponent })
    }
}

/// Rounds a number to at most this many decimals, halves away from zero as PHP and MySQL do.
pub fn rounded(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

/// Writes a number without an exponent and without needless zeros.
pub fn plain(number: Decimal) -> String {
    number.normalize().to_string()
}

/// Multiplies a number by a power of ten; `None` if the result is too large.
fn scaled(number: Decimal, exponent: i32) -> Option<Decimal> {
    let power = || Decimal::from_scientific(&format!("1e{}", exponent.unsigned_abs())).ok();
    match exponent {
        0 => Some(number),
        _ if number.is_zero() => Some(Decimal::ZERO),
        1.. => number.checked_mul(power()?),
        _ => Some(power().and_then(|power| number.checked_div(power)).unwrap_or(Decimal::ZERO)),
    }
}

/// Parses an exponent. One that is out of any range becomes a very large one.
fn parse_exponent(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    let value = digits.parse().unwrap_or(i32::MAX);
    Some(if text.starts_with('-') { -value } else { value })
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_any_program_writes_them() {
        for (text, number) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("007.50", "7.5"),
            ("+5", "5"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("10.", "10"),
            ("10.000", "10"),
            ("\t 5.00 \n", "5"),
            ("25.990000000000002", "25.990000000000002"),
            ("90071992547409.93", "90071992547409.93"),
            ("1e3", "1000"),
            ("1.5E+2", "150"),
            ("1.0E-5", "0.00001"),
            ("12.34e1", "123.4"),
            ("3.5527136788005009e-15", "0.0000000000000035527136788005"),
            ("1e-400", "0"),
            ("0e999999999999999999999", "0"),
            ("0.1000000000000000055511151231257827021181583404541015625", "0.1000000000000000055511151231"),
        ] {
            assert_eq!(parse(text).map(plain).as_deref(), Some(number), "{text:?}");
        }
        for text in [
            "",
            " ",
            ".",
            "-",
            "+",
            "e3",
            "1e",
            "1e+",
            "1e1.5",
            "--5",
            "+-5",
            "5-",
            "1,000.00",
            "1.000,00",
            "1,5",
            "1 000",
            "1_000",
            "0x10",
            "1.2.3",
            "NaN",
            "inf",
            "-Infinity",
            "5\0",
            "$5",
            "5 USD",
            "٣",
            "５",
            "\u{a0}5",
            "1e٣",
            "1e400",
            "-1E99999999999999999999",
            "99999999999999999999999999999999999999.99",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        for (text, decimals, result) in [
            ("25.990000000000002", 2, "25.99"),
            ("0.72765", 2, "0.73"),
            ("0.30000000000000004", 2, "0.3"),
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("-0.005", 2, "-0.01"),
            ("0.0049999999999999999999", 2, "0"),
            ("-0.004", 2, "0"),
            ("99.995", 2, "100"),
            ("9.5", 0, "10"),
            ("5e-3", 2, "0.01"),
            ("10.04", 2, "10.04"),
            ("0.0995", 3, "0.1"),
        ] {
            assert_eq!(plain(rounded(parse(text).unwrap(), decimals)), result, "{text}");
        }
    }
}
