//! Telephone numbers: a calling code and a number, which the tables have as one text, `+351.912345678`.

use crate::fossbilling::words::{Failure, said};

const MAX_DIGITS: usize = 12;

/// Splits a stored number into the calling code and the rest; without a code, that is empty.
pub fn split(stored: &str) -> (String, String) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match stored.trim().strip_prefix('+').and_then(|rest| rest.split_once(['.', ' '])) {
        Some((code, number)) => (digits(code), digits(number)),
        None => (String::new(), stored.trim().to_owned()),
    }
}

/// Joins what a caller sent to a number as it is stored. What is not sent stays as it is stored.
pub fn join(code: Option<String>, number: Option<String>, stored: &str) -> Result<Option<String>, Failure> {
    if code.is_none() && number.is_none() {
        return Ok(None);
    }
    let (old_code, old_number) = split(stored);
    if let Some(code) = &code
        && !code.trim_start_matches('+').parse::<u16>().is_ok_and(|code| (1..=999).contains(&code))
    {
        return Err(said("The provided phone country code does not appear to be valid."));
    }
    if let Some(number) = &number {
        if number.starts_with('+') {
            return Err(said("Please use the separate field for the phone country code."));
        }
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        if digits == 0 || digits > MAX_DIGITS {
            return Err(said("The provided phone number does not appear to be valid."));
        }
    }
    let code = code.map_or(old_code, |code| code.trim_start_matches('+').to_owned());
    let number = number.map_or(old_number, |number| number.chars().filter(char::is_ascii_digit).collect());
    Ok(Some(if code.is_empty() || number.is_empty() { number } else { format!("+{code}.{number}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_parts() {
        for (stored, code, number) in [
            ("+351.912345678", "351", "912345678"),
            ("+1 555-0100", "1", "5550100"),
            ("912345678", "", "912345678"),
            ("", "", ""),
        ] {
            assert_eq!(split(stored), (code.to_owned(), number.to_owned()), "{stored}");
        }
        let join = |code: &str, number: &str, stored| {
            let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
            join(given(code), given(number), stored)
                .map_or_else(|failure| failure.to_string(), Option::unwrap_or_default)
        };
        for (code, number, stored, joined) in [
            ("351", "912 345 678", "", "+351.912345678"),
            ("44", "", "+351.912345678", "+44.912345678"),
            ("", "700", "+351.912345678", "+351.700"),
            ("", "", "+351.912345678", ""),
            ("1000", "700", "", "The provided phone country code does not appear to be valid."),
            ("", "+44700", "", "Please use the separate field for the phone country code."),
            ("", "1234567890123", "", "The provided phone number does not appear to be valid."),
        ] {
            assert_eq!(join(code, number, stored), joined, "{code} {number}");
        }
    }
}
