//! Billing cycles and terms.

use chrono::{Days, Months, NaiveDate};

/// A billing cycle of services and addons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    Free,
    OneTime,
    Monthly,
    Quarterly,
    SemiAnnually,
    Annually,
    Biennially,
    Triennially,
}

impl Cycle {
    pub const ALL: [Cycle; 8] = [
        Cycle::Free,
        Cycle::OneTime,
        Cycle::Monthly,
        Cycle::Quarterly,
        Cycle::SemiAnnually,
        Cycle::Annually,
        Cycle::Biennially,
        Cycle::Triennially,
    ];

    /// The recurring cycles, the shortest first.
    pub const RECURRING: [Cycle; 6] =
        [Cycle::Monthly, Cycle::Quarterly, Cycle::SemiAnnually, Cycle::Annually, Cycle::Biennially, Cycle::Triennially];

    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Cycle::Free => "Free Account",
            Cycle::OneTime => "One Time",
            Cycle::Monthly => "Monthly",
            Cycle::Quarterly => "Quarterly",
            Cycle::SemiAnnually => "Semi-Annually",
            Cycle::Annually => "Annually",
            Cycle::Biennially => "Biennially",
            Cycle::Triennially => "Triennially",
        }
    }

    /// Parses the spellings of requests and of the database, in any case and with or without spaces and hyphens.
    pub fn parse(text: &str) -> Option<Cycle> {
        let squeeze = |text: &str| text.replace([' ', '-'], "").to_ascii_lowercase();
        let wanted = squeeze(text);
        let is_free = wanted == "free";
        Cycle::ALL.into_iter().find(|cycle| squeeze(cycle.name()) == wanted).or(is_free.then_some(Cycle::Free))
    }

    /// Whether further terms are paid.
    pub fn recurs(self) -> bool {
        self.months().is_some()
    }

    fn months(self) -> Option<u32> {
        match self {
            Cycle::Free | Cycle::OneTime => None,
            Cycle::Monthly => Some(1),
            Cycle::Quarterly => Some(3),
            Cycle::SemiAnnually => Some(6),
            Cycle::Annually => Some(12),
            Cycle::Biennially => Some(24),
            Cycle::Triennially => Some(36),
        }
    }
}

/// The period that one payment covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    Cycle(Cycle),
    /// 1 to 10 years, for domains.
    Years(u32),
}

impl Term {
    /// The name in `tblpromotions.cycles`.
    pub fn name(self) -> String {
        match self {
            Term::Cycle(cycle) => cycle.name().to_owned(),
            Term::Years(years) => format!("{years}Years"),
        }
    }

    /// The day after a term that begins on this day; `None` if the term has no end or exceeds the calendar.
    pub fn next(self, start: NaiveDate) -> Option<NaiveDate> {
        start.checked_add_months(Months::new(self.months()?))
    }

    /// The first day of the term that ends before this day; `None` if the term has no end or exceeds the calendar.
    pub fn previous(self, end: NaiveDate) -> Option<NaiveDate> {
        end.checked_sub_months(Months::new(self.months()?))
    }

    fn months(self) -> Option<u32> {
        match self {
            Term::Cycle(cycle) => cycle.months(),
            Term::Years(years) => years.checked_mul(12),
        }
    }

    /// The first and the last day of a term.
    pub fn period(self, start: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        Some((start, self.next(start)?.checked_sub_days(Days::new(1))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date;

    #[test]
    fn cycles_are_read_as_requests_and_the_database_spell_them() {
        for cycle in Cycle::ALL {
            assert_eq!(Cycle::parse(cycle.name()), Some(cycle));
        }
        for (text, cycle) in [
            ("free", Cycle::Free),
            ("onetime", Cycle::OneTime),
            ("semiannually", Cycle::SemiAnnually),
            ("Triennially", Cycle::Triennially),
        ] {
            assert_eq!(Cycle::parse(text), Some(cycle), "{text}");
        }
        for text in ["", "weekly", "recurring", "month"] {
            assert_eq!(Cycle::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_term_ends_on_the_day_before_the_next() {
        for (term, start, last) in [
            (Term::Cycle(Cycle::Monthly), "2026-11-20", Some("2026-12-19")),
            (Term::Cycle(Cycle::Monthly), "2027-01-31", Some("2027-02-27")),
            (Term::Cycle(Cycle::SemiAnnually), "2026-11-20", Some("2027-05-19")),
            (Term::Cycle(Cycle::Annually), "2024-02-29", Some("2025-02-27")),
            (Term::Cycle(Cycle::OneTime), "2026-11-20", None),
            (Term::Cycle(Cycle::Free), "2026-11-20", None),
            (Term::Years(10), "2026-11-20", Some("2036-11-19")),
        ] {
            let period = term.period(parse_date(start).unwrap());
            assert_eq!(period.map(|(_, last)| last.to_string()).as_deref(), last, "{term:?} {start}");
        }
    }
}
