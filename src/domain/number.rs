//! Decimal numbers as programs write them.

/// A decimal number, exactly as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    is_negative: bool,
    /// The digits, from the first that is not zero.
    digits: String,
    /// How many of the digits are before the decimal point. Negative if zeros follow the point first; larger than the
    /// number of digits if zeros precede it.
    point: i64,
}

/// Longest exact text of a number that is not stored, only passed on.
const MAX_PLACES: i64 = 64;

impl Number {
    /// Parses what PHP calls a numeric string, the output of any language's float included: blanks around it, a sign,
    /// digits with a point before, among or after them, and an exponent. `1,000.00`, `0x10`, `NaN` and digits of other
    /// scripts are malformed.
    pub fn parse(text: &str) -> Option<Number> {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']);
        let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
        let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let exponent = exponent.map_or(Some(0), parse_exponent)?;
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let zeros = all.len() - digits.len();
        let point = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()? + exponent;
        let digits = digits.trim_end_matches('0').to_owned();
        Some(Number {
            is_negative: mantissa.starts_with('-'),
            point: if digits.is_empty() { 0 } else { point },
            digits,
        })
    }

    /// Returns the number with at most this many decimals, halves rounded away from zero as PHP and MySQL do.
    #[must_use]
    pub fn rounded(&self, decimals: u8) -> Number {
        let Ok(kept) = usize::try_from(self.point + i64::from(decimals)) else { return Number::zero() };
        if kept >= self.digits.len() {
            return self.clone();
        }
        let (digits, dropped) = self.digits.split_at(kept);
        // A zero in front takes the carry of 99.5.
        let mut digits = format!("0{digits}").into_bytes();
        if dropped.as_bytes()[0] >= b'5' {
            for digit in digits.iter_mut().rev() {
                *digit = if *digit == b'9' { b'0' } else { *digit + 1 };
                if *digit != b'0' {
                    break;
                }
            }
        }
        let digits: String = digits.into_iter().map(char::from).collect();
        let zeros = digits.len() - digits.trim_start_matches('0').len();
        let digits = digits.trim_matches('0').to_owned();
        match digits.is_empty() {
            true => Number::zero(),
            false => {
                Number { is_negative: self.is_negative, point: self.point + 1 - zeros.cast_signed() as i64, digits }
            }
        }
    }

    fn zero() -> Number {
        Number { is_negative: false, digits: String::new(), point: 0 }
    }

    /// Writes the number without an exponent and without needless zeros. Returns `None` if that would be very long.
    pub fn plain(&self) -> Option<String> {
        if self.point.abs() > MAX_PLACES {
            return None;
        }
        let (digits, point) = (self.digits.as_str(), self.point);
        let before = usize::try_from(point).unwrap_or(0);
        let zeros_after_point = usize::try_from(-point).unwrap_or(0);
        let whole = match digits.get(..before) {
            Some("") => "0".to_owned(),
            Some(whole) => whole.to_owned(),
            None => format!("{digits:0<before$}"),
        };
        let fraction = digits.get(before..).unwrap_or_default();
        let sign = if self.is_negative && !digits.is_empty() { "-" } else { "" };
        Some(match fraction {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole}.{}{fraction}", "0".repeat(zeros_after_point)),
        })
    }
}

/// Parses an exponent. One that is out of any range becomes a very large one.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = digits.parse::<i64>().unwrap_or(i64::MAX).min(i64::from(u32::MAX));
    Some(if text.starts_with('-') { -value } else { value })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::{Decimal, RoundingStrategy};

    use super::*;

    fn rounded(text: &str, decimals: u8) -> Option<String> {
        Number::parse(text)?.rounded(decimals).plain()
    }

    #[test]
    fn numbers_are_read_as_any_program_writes_them() {
        for (text, plain) in [
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
            ("0e999999999999999999999", "0"),
        ] {
            assert_eq!(Number::parse(text).and_then(|number| number.plain()).as_deref(), Some(plain), "{text:?}");
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
        ] {
            assert_eq!(Number::parse(text), None, "{text:?}");
        }
        for text in ["1e400", "-1E99999999999999999999", "1e-400"] {
            assert_eq!(Number::parse(text).and_then(|number| number.plain()), None, "{text:?}");
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
            ("0.995", 2, "1"),
            ("9.5", 0, "10"),
            ("0.5", 0, "1"),
            ("0.05", 0, "0"),
            ("1e-400", 2, "0"),
            ("5e-3", 2, "0.01"),
            ("10.04", 2, "10.04"),
            ("100", 2, "100"),
            ("0.0995", 3, "0.1"),
        ] {
            assert_eq!(rounded(text, decimals).as_deref(), Some(result), "{text}");
        }
        assert_eq!(rounded("1e400", 2), None);
    }

    proptest! {
        /// The decimal type rounds in the same way.
        #[test]
        fn rounding_agrees_with_the_decimal_type(mantissa in any::<i64>(), scale in 0..20_u32, decimals in 0..6_u8) {
            let number = Decimal::new(mantissa, scale);
            let expected = number.round_dp_with_strategy(decimals.into(), RoundingStrategy::MidpointAwayFromZero);
            let read: Decimal = rounded(&number.to_string(), decimals).unwrap().parse().unwrap();
            prop_assert_eq!(read, expected);
        }
    }
}
