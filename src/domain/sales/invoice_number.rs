//! Sequential invoice numbers: how they are written, and what follows a number.

use chrono::{Datelike, NaiveDate};

/// When a sequence of numbers begins again at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    Never,
    Monthly,
    Annually,
}

impl Reset {
    /// The series to which the numbers of a day belong: `2026-11`, `2026`, or an empty text.
    pub fn series(self, day: NaiveDate) -> String {
        match self {
            Reset::Never => String::new(),
            Reset::Monthly => day.format("%Y-%m").to_string(),
            Reset::Annually => day.format("%Y").to_string(),
        }
    }

    /// What tells the series in a format.
    fn parts(self) -> &'static [&'static str] {
        match self {
            Reset::Never => &[],
            Reset::Monthly => &["{YEAR}", "{MONTH}"],
            Reset::Annually => &["{YEAR}"],
        }
    }
}

/// The counter of a sequence: what the next number is, and with how many digits it is written at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counter {
    pub next: u64,
    digits: usize,
}

impl Counter {
    /// Reads the stored next number. One with leading zeros says how many digits numbers have; what is no number counts as 1.
    pub fn parse(stored: &str) -> Counter {
        let stored = stored.trim();
        let is_padded = stored.len() > 1 && stored.starts_with('0');
        match stored.parse() {
            Ok(next) if next > 0 && next < i64::MAX.cast_unsigned() => {
                Counter { next, digits: if is_padded { stored.len() } else { 1 } }
            }
            _ => Counter { next: 1, digits: if is_padded { stored.len() } else { 1 } },
        }
    }

    #[must_use]
    pub fn starting_at(self, next: u64) -> Counter {
        Counter { next, ..self }
    }

    #[must_use]
    pub fn following(self) -> Counter {
        self.starting_at(self.next + 1)
    }

    /// The next number with its digits, as it is stored.
    pub fn written(self) -> String {
        format!("{:0width$}", self.next, width = self.digits)
    }

    /// Writes the next number in the operator's format, where `{NUMBER}`, `{YEAR}`, `{MONTH}` and `{DAY}` stand for the number
    /// and the day on which it is given. So that no two are alike, the number is appended if the format lacks `{NUMBER}`, and what it
    /// lacks of the year and the month that tell the series is put before the number.
    pub fn formatted(self, format: &str, day: NaiveDate, reset: Reset) -> String {
        let mut format = match format.contains("{NUMBER}") {
            true => format.trim().to_owned(),
            false => format!("{}{{NUMBER}}", format.trim()),
        };
        let lacking: String = reset.parts().iter().filter(|part| !format.contains(**part)).copied().collect();
        if !lacking.is_empty() {
            let number = format!("{}-{{NUMBER}}", lacking.replace("}{", "}-{"));
            format = format.replace("{NUMBER}", &number);
        }
        let dated = format
            .replace("{YEAR}", &format!("{:04}", day.year()))
            .replace("{MONTH}", &format!("{:02}", day.month()))
            .replace("{DAY}", &format!("{:02}", day.day()));
        dated.replace("{NUMBER}", &self.written())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_written_in_the_operators_format() {
        for (format, stored, written, next) in [
            ("{NUMBER}", "1", "1", "2"),
            ("{YEAR}-{NUMBER}", "0099", "2026-0099", "0100"),
            ("INV/{YEAR}/{MONTH}/{DAY}/{NUMBER}", "9999", "INV/2026/03/09/9999", "10000"),
            ("", "7", "7", "8"),
            ("Invoice ", "7", "Invoice7", "8"),
            ("{NUMBER}", "nonsense", "1", "2"),
            ("{NUMBER}", "000", "001", "002"),
            ("{number} {NUMBER}", "5", "{number} 5", "6"),
        ] {
            let counter = Counter::parse(stored);
            assert_eq!(counter.formatted(format, day("2026-03-09"), Reset::Never), written, "{format}");
            assert_eq!(counter.following().written(), next, "{stored}");
        }
    }

    #[test]
    fn numbers_of_different_series_differ() {
        for (reset, format, written) in [
            (Reset::Annually, "{NUMBER}", "2026-7"),
            (Reset::Annually, "INV-{MONTH}-{NUMBER}", "INV-03-2026-7"),
            (Reset::Annually, "{NUMBER}/{YEAR}", "7/2026"),
            (Reset::Annually, "", "2026-7"),
            (Reset::Monthly, "{NUMBER}", "2026-03-7"),
            (Reset::Monthly, "{YEAR}-{NUMBER}", "2026-03-7"),
            (Reset::Monthly, "{MONTH}/{NUMBER}", "03/2026-7"),
            (Reset::Monthly, "{YEAR}{MONTH}{NUMBER}", "2026037"),
        ] {
            assert_eq!(Counter::parse("7").formatted(format, day("2026-03-09"), reset), written, "{reset:?} {format}");
        }
    }

    #[test]
    fn a_series_is_the_time_between_two_resets() {
        for (reset, series) in [(Reset::Never, ""), (Reset::Monthly, "2026-03"), (Reset::Annually, "2026")] {
            assert_eq!(reset.series(day("2026-03-09")), series);
        }
    }
}
