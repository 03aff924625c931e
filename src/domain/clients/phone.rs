//! Telephone numbers: `+CC.number` if the calling code is a known one, otherwise digits.

use super::country::Country;

/// Characters that may separate digits.
const SEPARATORS: &str = " -.()/+";
/// Countries in which a leading zero is part of the number.
const KEEP_ZERO: [&str; 3] = ["IT", "SM", "VA"];

/// The digits of a text, in their order.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a text is a telephone number: it has digits, and otherwise only separators.
pub fn is_number(text: &str) -> bool {
    !digits(text).is_empty() && text.chars().all(|c| c.is_ascii_digit() || SEPARATORS.contains(c))
}

/// Normalizes a number for storage: `+CC.number` if it begins with a plus sign and a calling code, else its digits.
pub fn normalize(text: &str) -> String {
    match split(text) {
        Some((code, number)) => format!("+{code}.{number}"),
        None => digits(text),
    }
}

/// Splits a number that begins with a plus sign into calling code and rest. A dot may end any code of up to three
/// digits; without one, the code must be a country's.
fn split(text: &str) -> Option<(String, String)> {
    // A `+` that was not encoded in a form has become a blank.
    let text =
        text.trim().strip_prefix('+').or_else(|| text.strip_prefix(' ').filter(|text| has_code_and_dot(text)))?;
    let with_dot = text.split_once('.').map(|(code, number)| (code.trim().to_owned(), digits(number)));
    let is_code = |code: &str| (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
    let with_dot = with_dot.filter(|(code, _)| is_code(code));
    with_dot.or_else(|| split_digits(&digits(text))).filter(|(_, number)| !number.is_empty())
}

/// Whether a text begins as `351.` does.
fn has_code_and_dot(text: &str) -> bool {
    text.split_once('.').is_some_and(|(code, _)| Country::has_calling_code(code))
}

/// Splits the digits of an international number. No country's calling code is the beginning of another one.
fn split_digits(digits: &str) -> Option<(String, String)> {
    let mut splits = (1..=3).filter_map(|length| digits.split_at_checked(length));
    let (code, number) = splits.find(|(code, _)| Country::has_calling_code(code))?;
    Some((code.to_owned(), number.to_owned()))
}

/// A number formatted for display.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormattedPhone {
    /// 0 if neither the number nor a country determines it.
    pub calling_code: u32,
    /// `+CC.number`, or the digits if there is no calling code.
    pub formatted: String,
}

/// Formats a stored number of a person in this country. A leading zero is dropped, because it is not dialed from
/// abroad.
pub fn format(stored: &str, country: Option<Country>) -> FormattedPhone {
    if let Some((code, number)) = split(stored) {
        return FormattedPhone { calling_code: code.parse().unwrap_or(0), formatted: format!("+{code}.{number}") };
    }
    let calling_code = country.map(|country| country.calling_code).unwrap_or_default();
    let digits = digits(stored);
    let keeps_zero = country.is_some_and(|country| KEEP_ZERO.contains(&country.code));
    let number = if keeps_zero { digits.as_str() } else { digits.strip_prefix('0').unwrap_or(&digits) };
    let formatted = match number.is_empty() || calling_code.is_empty() {
        true => digits,
        false => format!("+{calling_code}.{number}"),
    };
    FormattedPhone { calling_code: calling_code.parse().unwrap_or(0), formatted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_and_separators_are_a_number() {
        for text in ["800-555-1234", "+1.8005551234", "(0) 20 7946/0958", "1"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "-", "call me", "555-1234 ext 5", "5\n5", "٣"] {
            assert!(!is_number(text), "{text:?}");
        }
    }

    #[test]
    fn a_calling_code_is_kept_if_it_was_sent_as_one() {
        for (text, expected) in [
            ("800-555-1234", "8005551234"),
            ("+44.20 7946 0958", "+44.2079460958"),
            ("+442079460958", "+44.2079460958"),
            ("+44 20 7946 0958", "+44.2079460958"),
            ("+ 44 . 20 7946 0958", "+44.2079460958"),
            ("+1 (418) 555-0199", "+1.4185550199"),
            ("+1.14185550199", "+1.14185550199"),
            ("+1.418.555.0199", "+1.4185550199"),
            (" 1.4185550199", "+1.4185550199"),
            (" 418.555.0199", "4185550199"),
            ("+999.123", "+999.123"),
            ("+999123", "999123"),
            ("+1234.5", "+1.2345"),
            ("14185550199", "14185550199"),
            ("-", ""),
            ("+44.", "44"),
            ("call me", ""),
        ] {
            assert_eq!(normalize(text), expected, "{text}");
            assert_eq!(normalize(expected), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_shown_with_the_code_of_the_country() {
        for (text, country, calling_code, formatted) in [
            ("01234567890", "GB", 44, "+44.1234567890"),
            ("0612345678", "IT", 39, "+39.0612345678"),
            ("+351.211234567", "GB", 351, "+351.211234567"),
            ("01234", "", 0, "01234"),
            ("", "GB", 44, ""),
        ] {
            let expected = FormattedPhone { calling_code, formatted: formatted.to_owned() };
            assert_eq!(format(text, Country::parse(country)), expected, "{text} {country}");
            assert_eq!(format(formatted, Country::parse(country)), expected, "{text} {country}, written back");
        }
    }
}
