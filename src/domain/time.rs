//! Dates and times. WHMCS stores the operator's local time without a zone, so "now" is a moment in a known zone.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Tz;

use super::written_date::WrittenDate;

/// WHMCS's text for "no date" in columns and replies.
pub const NO_DATE: &str = "0000-00-00";

/// A point in time in the operator's time zone.
#[derive(Debug, Clone, Copy)]
pub struct Moment(DateTime<Tz>);

impl Moment {
    /// The operator's date.
    pub fn date(self) -> NaiveDate {
        self.0.date_naive()
    }

    /// The operator's date and time, for columns that hold those.
    pub fn local(self) -> NaiveDateTime {
        self.0.naive_local()
    }

    /// Returns the operator's time of a date as a caller wrote it; a date alone means its first second. `None` if
    /// the database has no such year.
    pub fn local_time(self, written: WrittenDate) -> Option<NaiveDateTime> {
        let time = written.day.and_time(written.time.unwrap_or(NaiveTime::MIN));
        let Some(offset) = written.offset else { return Some(time) };
        let time = offset.from_local_datetime(&time).single()?.with_timezone(&self.0.timezone()).naive_local();
        (1000..=9999).contains(&time.year()).then_some(time)
    }

    /// UTC, for `created_at` and `updated_at`.
    pub fn utc(self) -> NaiveDateTime {
        self.0.naive_utc()
    }
}

/// The source of the current time. Actions are given the time and never read the clock.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    /// The computer's clock, in the operator's time zone.
    System(Tz),
    /// A stopped clock, for tests.
    Fixed(Moment),
}

impl Clock {
    /// A clock that is stopped at this time in UTC.
    pub fn fixed(utc: NaiveDateTime) -> Clock {
        Clock::Fixed(Moment(utc.and_utc().with_timezone(&Tz::UTC)))
    }

    /// A clock that is stopped at a date that [`WrittenDate`] parses, by default in the operator's time zone.
    pub fn fixed_at(text: &str, zone: Tz) -> Option<Clock> {
        let local = Clock::System(zone).now().local_time(WrittenDate::parse(text, None).ok()?)?;
        // An hour that daylight saving time skips is invalid; of one that occurs twice, the first is taken.
        zone.from_local_datetime(&local).earliest().map(|time| Clock::Fixed(Moment(time)))
    }

    /// A clock that is stopped a day later; `None` beyond the calendar of the database.
    #[must_use]
    pub fn next_day(&self) -> Option<Clock> {
        let next = self.now().0.checked_add_days(Days::new(1))?;
        (next.year() <= 9999).then_some(Clock::Fixed(Moment(next)))
    }

    pub fn now(&self) -> Moment {
        match self {
            // Whole seconds, as in the columns: databases differ in how they round fractions.
            Clock::System(zone) => Moment(Utc::now().trunc_subsecs(0).with_timezone(zone)),
            Clock::Fixed(moment) => *moment,
        }
    }
}

/// Parses `YYYY-MM-DD`: an existing day, from the year 1000 on (the range of a date column).
pub fn parse_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_number = |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !is_number(year, 4) || !is_number(month, 2) || !is_number(day, 2) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse().ok().filter(|&year| year >= 1000)?, month.parse().ok()?, day.parse().ok()?)
}

/// Parses `YYYY-MM-DD HH:MM:SS`, or a date alone for its first second.
pub fn parse_date_time(text: &str) -> Option<NaiveDateTime> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) if time.len() == 8 => (date, NaiveTime::parse_from_str(time, "%H:%M:%S").ok()?),
        Some(_) => return None,
        None => (text, NaiveTime::MIN),
    };
    Some(parse_date(date)?.and_time(time))
}

/// Formats a date in the operator's format, see [`to_local_format`].
pub fn local_date(date: NaiveDate, format: &str) -> String {
    to_local_format(&date.to_string(), format)
}

/// Formats a stored date or time in the operator's format, or in WHMCS's default, `DD/MM/YYYY`, if that is invalid. A time
/// is shown with hours and minutes.
pub fn to_local_format(stored: &str, format: &str) -> String {
    let parts = ["YYYY", "MM", "DD"];
    let format = if parts.iter().all(|part| format.contains(part)) { format } else { "DD/MM/YYYY" };
    let (date, time) = stored.split_once(' ').unwrap_or((stored, ""));
    let mut numbers = date.split('-');
    let date =
        parts.iter().fold(format.to_owned(), |text, part| text.replace(part, numbers.next().unwrap_or_default()));
    let minutes = time.get(..5).unwrap_or(time);
    format!("{date} {minutes}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist_are_dates() {
        assert_eq!(parse_date("2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
        let malformed = [
            "",
            "2023-02-30",
            "2023-02-29",
            "2023-13-01",
            "0000-00-00",
            "0999-01-01",
            "2023-2-3",
            "23-02-03",
            "+2023-02-03",
            "2023/02/03",
            "03.02.2023",
            "2023-02-03 ",
            "2023-02-03-04",
            "20230203",
            "tomorrow",
        ];
        for text in malformed {
            assert_eq!(parse_date(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_time_of_day_may_be_left_out() {
        let printed = |text| parse_date_time(text).map(|time| time.to_string());
        assert_eq!(printed("2016-01-01 12:33:12").as_deref(), Some("2016-01-01 12:33:12"));
        assert_eq!(printed("2016-01-01").as_deref(), Some("2016-01-01 00:00:00"));
        for text in ["2016-01-01 ", "2016-01-01 24:00:00", "2016-01-01 1:2:3", "2016-01-01T12:33:12", "12:33:12"] {
            assert_eq!(printed(text), None, "{text:?}");
        }
    }

    #[test]
    fn other_clocks_are_converted() {
        let noon = parse_date_time("2026-07-01 12:00:00").unwrap().and_utc();
        let now = Moment(noon.with_timezone(&Tz::Europe__Lisbon));
        let printed = |text| now.local_time(WrittenDate::parse(text, None).unwrap()).map(|time| time.to_string());
        for (text, expected) in [
            ("2026-07-01 08:09:10", Some("2026-07-01 08:09:10")),
            ("2026-07-01T08:09:10Z", Some("2026-07-01 09:09:10")),
            ("2026-07-01T08:09:10.5+03:00", Some("2026-07-01 06:09:10")),
            ("2026-01-01T08:09:10+00:00", Some("2026-01-01 08:09:10")),
            ("2026-07-01", Some("2026-07-01 00:00:00")),
            ("1000-01-01T00:00:00+12:00", None),
            ("9999-12-31T23:59:59-12:00", None),
        ] {
            assert_eq!(printed(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_fixed_clock_shows_the_given_time() {
        let utc = |text, zone| Clock::fixed_at(text, zone).map(|clock| clock.now().utc().to_string());
        for (text, zone, expected) in [
            ("2026-11-20T12:30:00Z", Tz::Europe__Berlin, "2026-11-20 12:30:00"),
            ("2026-11-20 12:30:00", Tz::Europe__Berlin, "2026-11-20 11:30:00"),
            ("2026-11-20", Tz::UTC, "2026-11-20 00:00:00"),
            ("2026-10-25 02:30:00", Tz::Europe__Berlin, "2026-10-25 00:30:00"),
        ] {
            assert_eq!(utc(text, zone).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(utc("2026-03-29 02:30:00", Tz::Europe__Berlin), None);
        assert_eq!(utc("noon", Tz::UTC), None);
    }

    #[test]
    fn dates_are_written_in_the_operators_format() {
        let date = parse_date("2026-02-03").unwrap();
        for (format, written) in [
            ("DD/MM/YYYY", "03/02/2026"),
            ("DD.MM.YYYY", "03.02.2026"),
            ("MM/DD/YYYY", "02/03/2026"),
            ("YYYY-MM-DD", "2026-02-03"),
            ("", "03/02/2026"),
            ("DD", "03/02/2026"),
        ] {
            assert_eq!(local_date(date, format), written, "{format}");
        }
    }

    #[test]
    fn dates_are_shown_in_the_operators_format() {
        for (stored, format, expected) in [
            ("2016-10-03 10:26:59", "", "03/10/2016 10:26"),
            ("2016-10-03 10:26:59", "MM/DD/YYYY", "10/03/2016 10:26"),
            ("2016-10-03", "YYYY.MM.DD", "2016.10.03"),
            ("0000-00-00", "", "00/00/0000"),
            ("", "", "//"),
        ] {
            assert_eq!(to_local_format(stored, format), expected, "{stored} {format}");
        }
    }

    #[test]
    fn the_operators_day_is_that_of_their_zone() {
        let late_evening = parse_date_time("2026-03-01 23:30:00").unwrap().and_utc();
        let in_lisbon = Moment(late_evening.with_timezone(&Tz::Europe__Lisbon));
        let in_berlin = Moment(late_evening.with_timezone(&Tz::Europe__Berlin));
        assert_eq!(in_lisbon.date().to_string(), "2026-03-01");
        assert_eq!(in_berlin.date().to_string(), "2026-03-02");
        assert_eq!(in_berlin.local().to_string(), "2026-03-02 00:30:00");
        assert_eq!(in_berlin.utc().to_string(), "2026-03-01 23:30:00");
    }
}
