//! Renewals: what recurs, and when its next term begins.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::order::cycle::{Cycle, Term};
use super::settlement::Kind;

/// The kinds of things that clients pay for term by term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ItemKind {
    Service,
    Addon,
    Domain,
}

impl ItemKind {
    pub const ALL: [ItemKind; 3] = [ItemKind::Service, ItemKind::Addon, ItemKind::Domain];

    /// The name in the database, which is that of the lines that bill a further term.
    pub fn name(self) -> &'static str {
        match self {
            ItemKind::Service => "Hosting",
            ItemKind::Addon => "Addon",
            ItemKind::Domain => "Domain",
        }
    }

    /// Returns what a line of this kind pays a term of.
    pub fn of_line(kind: Kind) -> Option<ItemKind> {
        match kind {
            Kind::Hosting => Some(ItemKind::Service),
            Kind::Addon => Some(ItemKind::Addon),
            Kind::DomainRegister | Kind::DomainTransfer | Kind::Domain => Some(ItemKind::Domain),
            Kind::AddFunds | Kind::Invoice | Kind::Upgrade | Kind::Overpayment | Kind::Waiver => None,
        }
    }
}

/// Parses a billing cycle, or a number of years as in `2Years`. `None` if it has no further terms.
pub fn parse_term(text: &str) -> Option<Term> {
    match text.strip_suffix("Years") {
        Some(years) => years.parse().ok().filter(|years| (1..=10).contains(years)).map(Term::Years),
        None => Cycle::parse(text).filter(|cycle| cycle.recurs()).map(Term::Cycle),
    }
}

/// What becomes of a due day that the next month does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MonthEnd {
    /// The last day of the month, and in longer months the day of registration again: 31 January, 28 February, 31 March.
    #[default]
    Anchored,
    /// The last day of the month, and that day from then on: 31 January, 28 February, 28 March.
    Clamped,
    /// As many days into the month after it: 31 January, 3 March, 3 April.
    Overflowing,
}

impl MonthEnd {
    /// Returns the first day of the term after the one that begins on `due`; `None` if the term has no end or exceeds the
    /// calendar of the database. `registered` is the day to which anchored dates return: none for what is billed on a day of the
    /// operator's choice.
    pub fn next(self, term: Term, due: NaiveDate, registered: Option<NaiveDate>) -> Option<NaiveDate> {
        let clamped = term.next(due)?;
        let next = match self {
            MonthEnd::Overflowing if clamped.day() < due.day() => {
                clamped.checked_add_days(Days::new((due.day() - clamped.day()).into()))?
            }
            MonthEnd::Clamped | MonthEnd::Overflowing => clamped,
            MonthEnd::Anchored => {
                let day = registered.map_or(due.day(), |day| day.day());
                let is_shortened = is_last_of_month(due) && day > due.day();
                if is_shortened { with_day(clamped, day) } else { clamped }
            }
        };
        (next.year() <= 9999).then_some(next)
    }
}

fn is_last_of_month(date: NaiveDate) -> bool {
    date.succ_opt().is_none_or(|next| next.month() != date.month())
}

/// Returns this day of the date's month, or the month's last one.
fn with_day(date: NaiveDate, day: u32) -> NaiveDate {
    let first = date.with_day(1).unwrap_or(date);
    let last = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt()).unwrap_or(date);
    first.with_day(day.min(last.day())).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date;

    #[test]
    fn due_days_move_by_the_term_from_their_own_value() {
        let monthly = Term::Cycle(Cycle::Monthly);
        for (rule, term, registered, due) in [
            (MonthEnd::Anchored, monthly, "2027-01-31", "2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31"),
            (MonthEnd::Anchored, monthly, "2026-08-30", "2027-01-30 2027-02-28 2027-03-30"),
            (MonthEnd::Anchored, monthly, "2026-08-15", "2027-02-28 2027-03-28"),
            // Registered on a later day, but its due day was moved away from the end of the month.
            (MonthEnd::Anchored, monthly, "2026-08-31", "2027-01-10 2027-02-10 2027-03-10"),
            (MonthEnd::Anchored, monthly, "", "2027-01-31 2027-02-28 2027-03-28"),
            (MonthEnd::Anchored, Term::Years(1), "2024-02-29", "2027-02-28 2028-02-29 2029-02-28"),
            (MonthEnd::Clamped, monthly, "2027-01-31", "2027-01-31 2027-02-28 2027-03-28"),
            (MonthEnd::Overflowing, monthly, "2027-01-31", "2027-01-31 2027-03-03 2027-04-03"),
            (MonthEnd::Overflowing, Term::Cycle(Cycle::Annually), "2024-02-29", "2024-02-29 2025-03-01"),
        ] {
            let days: Vec<NaiveDate> = due.split(' ').map(|day| parse_date(day).unwrap()).collect();
            for pair in days.windows(2) {
                assert_eq!(rule.next(term, pair[0], parse_date(registered)), Some(pair[1]), "{rule:?} {term:?} {due}");
            }
        }
        let last = parse_date("9999-12-20").unwrap();
        assert_eq!(MonthEnd::default().next(monthly, last, None), None);
    }

    #[test]
    fn what_recurs_has_a_term() {
        for (text, term) in [
            ("Monthly", Some(Term::Cycle(Cycle::Monthly))),
            ("semiannually", Some(Term::Cycle(Cycle::SemiAnnually))),
            ("2Years", Some(Term::Years(2))),
            ("0Years", None),
            ("One Time", None),
            ("Free Account", None),
            ("", None),
        ] {
            assert_eq!(parse_term(text), term, "{text}");
        }
    }
}
