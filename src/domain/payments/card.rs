//! Cards: their numbers, which are never stored, and what is known of them afterwards.

use chrono::NaiveDate;

/// The number of a card, while it is passed on to a gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(String);

impl CardNumber {
    const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

    /// Parses digits, with blanks and hyphens between them.
    pub fn parse(text: &str) -> Option<CardNumber> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\u{a0}')).collect();
        let is_number = Self::DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(CardNumber(digits))
    }

    pub fn digits(&self) -> &str {
        &self.0
    }

    pub fn last_four(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }

    /// The brand, by the ranges of ISO/IEC 7812 that the networks publish; `Card` for others.
    pub fn brand(&self) -> &'static str {
        let first = |digits: usize| self.0[..digits].parse::<u32>().unwrap_or_default();
        match (first(1), first(2), first(4)) {
            (4, ..) => "Visa",
            (_, 51..=55, _) | (_, _, 2221..=2720) => "MasterCard",
            (_, 34 | 37, _) => "American Express",
            (_, 65, _) | (_, _, 6011) => "Discover",
            (_, 30 | 36 | 38 | 39, _) => "Diners Club",
            (_, _, 3528..=3589) => "JCB",
            (_, 50 | 56..=58 | 63 | 67, _) => "Maestro",
            (_, 62, _) => "UnionPay",
            _ => "Card",
        }
    }
}

/// The number is a secret.
impl std::fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A month that is printed on a card: in which it expires, or from which it is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CardMonth {
    year: i32,
    month: u32,
}

impl CardMonth {
    /// Parses `MMYY`, `MM/YY`, `MMYYYY` or `MM/YYYY`.
    pub fn parse(text: &str) -> Option<CardMonth> {
        let digits: String = text.chars().filter(|c| !matches!(c, '/' | '-' | ' ' | '.')).collect();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        // A leading zero is lost where a program took the text for a number.
        let digits = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits };
        let (month, year) = digits.split_at_checked(2)?;
        let year = match year.len() {
            2 => 2000 + year.parse::<i32>().ok()?,
            4 => year.parse().ok()?,
            _ => return None,
        };
        CardMonth::new(year, month.parse().ok()?)
    }

    fn new(year: i32, month: u32) -> Option<CardMonth> {
        ((1..=12).contains(&month) && (2000..=2099).contains(&year)).then_some(CardMonth { year, month })
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// `MMYY`, as gateway modules expect it.
    pub fn digits(self) -> String {
        format!("{:02}{:02}", self.month, self.year % 100)
    }

    /// `MM/YY`, as replies have it.
    pub fn shown(self) -> String {
        format!("{:02}/{:02}", self.month, self.year % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_tell_their_brand_and_their_last_digits() {
        for (text, brand, last_four) in [
            ("4242 4242 4242 4242", "Visa", "4242"),
            ("5555-5555-5555-4444", "MasterCard", "4444"),
            ("2223003122003222", "MasterCard", "3222"),
            ("378282246310005", "American Express", "0005"),
            ("6011111111111117", "Discover", "1117"),
            ("36227206271667", "Diners Club", "1667"),
            ("3566002020360505", "JCB", "0505"),
            ("6200000000000005", "UnionPay", "0005"),
            ("6759649826438453", "Maestro", "8453"),
            ("900000000000", "Card", "0000"),
        ] {
            let number = CardNumber::parse(text).unwrap();
            assert_eq!((number.brand(), number.last_four()), (brand, last_four), "{text}");
            assert_eq!(format!("{number:?}"), "***");
        }
        for text in ["", "42424242424", "42424242424242424242", "4242x42424242424", "４２４２４２４２４２４２４２４２"]
        {
            assert_eq!(CardNumber::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_are_read_in_the_forms_that_people_write() {
        for text in ["0427", "04/27", "042027", "04/2027", "427", "04-27", " 04 / 27 "] {
            let month = CardMonth::parse(text).unwrap();
            assert_eq!((&*month.digits(), &*month.shown()), ("0427", "04/27"), "{text}");
            assert_eq!(month.first_day().to_string(), "2027-04-01", "{text}");
        }
        for text in ["", "4", "1327", "0027", "04", "0419999", "ab27", "041999", "04271"] {
            assert_eq!(CardMonth::parse(text), None, "{text}");
        }
    }
}
