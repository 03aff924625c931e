//! Dates in the forms in which callers write them.

use std::str::FromStr;

use chrono::{FixedOffset, NaiveDate, NaiveTime};

/// A date, with a time of day and an offset from UTC if these were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenDate {
    pub day: NaiveDate,
    /// The time, in whole seconds.
    pub time: Option<NaiveTime>,
    /// The offset from UTC; without it, the date is in the operator's time zone.
    pub offset: Option<FixedOffset>,
}

/// Why a text is not read as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRead {
    Malformed,
    /// Its day, month and year are in an order that only the operator's format tells.
    FormatNeeded,
}

impl WrittenDate {
    /// Parses a date and what may follow it: a time, and an offset from UTC (`Z`, `+02:00`). The year, which has four
    /// digits, is first (`2026-11-29`, `20261129`, `2026/11/29`), or where the operator's format has it. Days that do
    /// not exist, and years before 1000, are malformed.
    pub fn parse(text: &str, format: Option<&str>) -> Result<WrittenDate, NotRead> {
        let (date, time) = split(text.trim());
        let day = year_first(date).or_else(|| compact(date));
        let (day, clock) = match (day, format) {
            (Some(day), _) => (day, time),
            (None, Some(format)) => (in_format(date, format).ok_or(NotRead::Malformed)?, time),
            (None, None) if is_year_last(date) => return Err(NotRead::FormatNeeded),
            (None, None) => return Err(NotRead::Malformed),
        };
        let Some(clock) = clock else { return Ok(WrittenDate { day, time: None, offset: None }) };
        let (time, offset) = parse_clock(clock).ok_or(NotRead::Malformed)?;
        Ok(WrittenDate { day, time: Some(time), offset })
    }
}

/// Whether a text means that there is no date: `0000-00-00` in any form, at midnight if it has a time; or what programs
/// make of that, PHP `-0001-11-30`, and Go and .NET `0001-01-01`.
pub fn is_no_date(text: &str) -> bool {
    let (date, time) = split(text.trim());
    let zeros = date.bytes().filter(|byte| *byte == b'0').count();
    let is_zero = zeros == 8 && date.bytes().all(|byte| b"0-/.".contains(&byte));
    let is_midnight = |time| parse_clock(time).is_some_and(|(time, _)| time == NaiveTime::MIN);
    (is_zero || ["-0001-11-30", "0001-01-01"].contains(&date)) && time.is_none_or(is_midnight)
}

/// Splits a text into the date and the time, which a `T`, a space or, after eight digits, six more digits begin.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some((date, time)) = text.split_once([' ', 'T', 't']) {
        return (date, Some(time));
    }
    let is_compact = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_compact { (&text[..8], Some(&text[8..])) } else { (text, None) }
}

/// Returns the numbers of a date and their separator, if all separators are the same.
fn parts(date: &str) -> Option<([&str; 3], char)> {
    let separator = date.chars().find(|character| !character.is_ascii_digit())?;
    let mut parts = date.split(separator);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    let are_numbers = found.iter().all(|part| number::<u32>(part, 1..=4).is_some());
    (parts.next().is_none() && are_numbers && "-/.".contains(separator)).then_some((found, separator))
}

fn number<N: FromStr>(digits: &str, length: std::ops::RangeInclusive<usize>) -> Option<N> {
    let is_number = length.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn day(year: &str, month: &str, day: &str) -> Option<NaiveDate> {
    let year = number(year, 4..=4).filter(|&year: &i32| year >= 1000)?;
    NaiveDate::from_ymd_opt(year, number(month, 1..=2)?, number(day, 1..=2)?)
}

fn year_first(date: &str) -> Option<NaiveDate> {
    let ([year, month, of_month], _) = parts(date)?;
    day(year, month, of_month)
}

/// `YYYYMMDD`
fn compact(date: &str) -> Option<NaiveDate> {
    let is_compact = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    is_compact.then(|| day(&date[..4], &date[4..6], &date[6..])).flatten()
}

fn is_year_last(date: &str) -> bool {
    parts(date).is_some_and(|([_, _, year], _)| year.len() == 4)
}

/// Parses a date in the operator's format, such as `DD/MM/YYYY`, with its separators.
fn in_format(date: &str, format: &str) -> Option<NaiveDate> {
    let (numbers, separator) = parts(date)?;
    let names: Vec<&str> = format.split(separator).collect();
    let number = |name| names.iter().position(|named| *named == name).and_then(|at| numbers.get(at).copied());
    (names.len() == 3).then(|| day(number("YYYY")?, number("MM")?, number("DD")?)).flatten()
}

/// Parses a time and an offset from UTC: `10:00`, `10:00:00.5Z`, `100000+0200`.
fn parse_clock(text: &str) -> Option<(NaiveTime, Option<FixedOffset>)> {
    // A `+` that was not encoded in a form has become a space.
    let (time, offset) = match text.find(['Z', 'z', '+', '-', ' ']) {
        Some(at) => (&text[..at], Some(parse_offset(text[at..].trim_start_matches(' '))?)),
        None => (text, None),
    };
    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    let digits = time.replace(':', "");
    let has_form = match time.len() {
        4 | 6 => time == digits,
        5 => time.as_bytes()[2] == b':' && digits.len() == 4,
        8 => time.as_bytes()[2] == b':' && time.as_bytes()[5] == b':' && digits.len() == 6,
        _ => false,
    };
    if !has_form || number::<u32>(&digits, 4..=6).is_none() || fraction.is_empty() || !is_fraction(fraction) {
        return None;
    }
    let seconds = digits.get(4..).filter(|seconds| !seconds.is_empty()).unwrap_or("0");
    let time = NaiveTime::from_hms_opt(digits[..2].parse().ok()?, digits[2..4].parse().ok()?, seconds.parse().ok()?)?;
    Some((time, offset))
}

fn is_fraction(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses `Z`, `UTC`, or hours and perhaps minutes: `+02:00`, `-0500`, `+02`. Hours without a sign are positive.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    if ["Z", "UTC"].iter().any(|utc| text.eq_ignore_ascii_case(utc)) {
        return FixedOffset::east_opt(0);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        _ => digits.split_once(':')?,
    };
    let (hours, minutes): (i32, i32) = (number(hours, 2..=2)?, number(minutes, 2..=2).filter(|&minutes| minutes < 60)?);
    let seconds = hours * 3600 + minutes * 60;
    FixedOffset::east_opt(if text.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str, format: Option<&str>) -> Result<String, NotRead> {
        let WrittenDate { day, time, offset } = WrittenDate::parse(text, format)?;
        let time = time.map(|time| format!(" {time}")).unwrap_or_default();
        Ok(format!("{day}{time}{}", offset.map(|offset| format!(" {offset}")).unwrap_or_default()))
    }

    #[test]
    fn the_year_may_be_first() {
        for (text, expected) in [
            ("2026-11-29", "2026-11-29"),
            (" 2026-11-29 ", "2026-11-29"),
            ("20261129", "2026-11-29"),
            ("2026/11/29", "2026-11-29"),
            ("2026.1.2", "2026-01-02"),
            ("2024-02-29", "2024-02-29"),
            ("2026-11-29 10:00:00", "2026-11-29 10:00:00"),
            ("2026-11-29 10:00", "2026-11-29 10:00:00"),
            ("2026-11-29T10:00:00", "2026-11-29 10:00:00"),
            ("2026-11-29T10:00:00Z", "2026-11-29 10:00:00 +00:00"),
            ("2026-11-29t10:00:00.999z", "2026-11-29 10:00:00 +00:00"),
            ("2026-11-29T10:00:00.123456+02:00", "2026-11-29 10:00:00 +02:00"),
            ("2026-11-29T10:00:00 02:00", "2026-11-29 10:00:00 +02:00"),
            ("2026-11-29 10:00:00 -0530", "2026-11-29 10:00:00 -05:30"),
            ("2026-11-29 10:00:00 UTC", "2026-11-29 10:00:00 +00:00"),
            ("20261129T100000Z", "2026-11-29 10:00:00 +00:00"),
            ("20261129100000", "2026-11-29 10:00:00"),
        ] {
            for format in [None, Some("DD/MM/YYYY"), Some("")] {
                assert_eq!(printed(text, format).as_deref(), Ok(expected), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_date_is_malformed() {
        for text in [
            "",
            "tomorrow",
            "2026-02-30",
            "2026-13-01",
            "20261301",
            "20260230",
            "0999-01-01",
            "99991231235960",
            "26-11-29",
            "261129",
            "1751357350",
            "2026-11",
            "2026-11-29-01",
            "2026-11/29",
            "2026-11-29 noon",
            "2026-11-29T",
            "2026-11-29 24:00:00",
            "2026-11-29 1:2:3",
            "2026-11-29 10:0000",
            "2026-11-29T10:00:00.Z",
            "2026-11-29 10:00:60",
            "2026-11-29T10:00:00+2",
            "2026-11-29T10:00:00+02:60",
            "2026-11-29T10:00:00+99:00",
            "2026-11-29T10:00:00ZZ",
            "2026-11-29é10:00:00",
            "２０２６-11-29",
            "+2026-11-29",
            "0000-00-00",
        ] {
            assert_eq!(printed(text, None), Err(NotRead::Malformed), "{text}");
            assert_eq!(printed(text, Some("DD/MM/YYYY")), Err(NotRead::Malformed), "{text}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_the_operators() {
        for (text, format, expected) in [
            ("03/02/2026", "DD/MM/YYYY", "2026-02-03"),
            ("03/02/2026", "MM/DD/YYYY", "2026-03-02"),
            ("3.2.2026", "DD.MM.YYYY", "2026-02-03"),
            ("03-02-2026", "DD-MM-YYYY", "2026-02-03"),
            ("03/02/2026 10:11:12", "MM/DD/YYYY", "2026-03-02 10:11:12"),
        ] {
            assert_eq!(printed(text, None), Err(NotRead::FormatNeeded), "{text}");
            assert_eq!(printed(text, Some(format)).as_deref(), Ok(expected), "{text} {format}");
        }
        for (text, format) in [
            ("31/02/2026", "DD/MM/YYYY"),
            ("25/12/2026", "MM/DD/YYYY"),
            ("03.02.2026", "DD/MM/YYYY"),
            ("03/02/2026", "YYYY/MM/DD"),
            ("03/02/2026", ""),
            ("03/02/2026", "DD/DD/YYYY"),
            ("03/02/26", "DD/MM/YYYY"),
            ("03/02/2026 noon", "DD/MM/YYYY"),
        ] {
            assert_eq!(printed(text, Some(format)), Err(NotRead::Malformed), "{text} {format}");
        }
    }

    #[test]
    fn zeros_are_no_date() {
        for text in [
            "0000-00-00",
            "0000-00-00 00:00:00",
            "0000-00-00 00:00:00.000000",
            "0000-00-00 00:00",
            "0000-00-00T00:00:00",
            "0000-00-00T00:00:00Z",
            "0000-00-00T00:00:00.000+00:00",
            "00000000",
            "00000000000000",
            "00000000T000000Z",
            "00/00/0000",
            "00.00.0000 00:00:00",
            " 0000-00-00 ",
            "-0001-11-30 00:00:00",
            "-0001-11-30T00:00:00+00:00",
            "0001-01-01T00:00:00Z",
        ] {
            assert!(is_no_date(text), "{text}");
        }
        for text in [
            "",
            "0",
            "0000-00-01",
            "0000-00-00 00:00:01",
            "0000-00-00T",
            "0000-00-00Z",
            "0000-00",
            "2026-00-00",
            "0001-01-02",
            "0001-01-01T00:00:01Z",
        ] {
            assert!(!is_no_date(text), "{text}");
        }
    }
}
