//! Upgrades: what the change of a service to other terms costs for the rest of the current term.

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use crate::domain::money::Money;
use crate::domain::order::cycle::{Cycle, Term};

/// How the days of a term are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayCount {
    /// Those of the calendar.
    Actual,
    /// 30 for each month.
    Thirty,
}

/// The part of a service's current term that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remainder {
    next_due: NaiveDate,
    /// Number of days until the next payment is due; not negative.
    pub days: i64,
    count: DayCount,
}

impl Remainder {
    pub fn new(today: NaiveDate, next_due: NaiveDate, count: DayCount) -> Remainder {
        Remainder { next_due, days: (next_due - today).num_days().max(0), count }
    }

    /// Returns the number of days of a term of this cycle that ends when the next payment is due; 0 if it has no end.
    pub fn days_of(&self, cycle: Cycle) -> i64 {
        let Some(start) = Term::Cycle(cycle).previous(self.next_due) else { return 0 };
        match self.count {
            DayCount::Actual => (self.next_due - start).num_days(),
            DayCount::Thirty => {
                let months = |day: NaiveDate| i64::from(day.year()) * 12 + i64::from(day.month0());
                (months(self.next_due) - months(start)) * 30
            }
        }
    }

    /// Returns the part of an amount for a term of this cycle that is for the days left, or `None` if that is larger than an
    /// amount of money can be. More days may be left than a term has.
    pub fn share(&self, amount: Money, cycle: Cycle) -> Option<Money> {
        let all = self.days_of(cycle);
        if all == 0 {
            return Some(Money::ZERO);
        }
        let share = amount.decimal().checked_mul(Decimal::from(self.days))?;
        Money::rounded(share.checked_div(Decimal::from(all))?)
    }
}

/// What a service costs: an amount for each term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub cycle: Cycle,
    pub amount: Money,
}

/// The price of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpgradePrice {
    /// What is to be paid; negative if the rest of the current term is worth more.
    pub amount: Money,
    /// What the rest of the current term is worth, which the amount is reduced by.
    pub credit: Money,
    pub days_left: i64,
    /// Number of days of the current term; 0 if it has no end.
    pub total_days: i64,
}

/// Returns the price of the change from one rate to another, or `None` if it is larger than an amount of money can be.
///
/// The rest of the current term is credited, and the same days are charged at the new rate: the next payment stays due when it
/// is. A service that is not paid for regularly has no rest, so its new rate is charged as a whole; from one single payment to
/// another, the difference is.
pub fn price(old: Rate, new: Rate, remainder: Option<Remainder>) -> Option<UpgradePrice> {
    let Some(remainder) = remainder.filter(|_| old.cycle.recurs()) else {
        let credit = if old.cycle == Cycle::OneTime && !new.cycle.recurs() { old.amount } else { Money::ZERO };
        let amount = new.amount.checked_add(-credit)?;
        return Some(UpgradePrice { amount, credit, days_left: 0, total_days: 0 });
    };
    let credit = remainder.share(old.amount, old.cycle)?;
    let debit = if new.cycle.recurs() { remainder.share(new.amount, new.cycle)? } else { new.amount };
    let amount = debit.checked_add(-credit)?;
    Some(UpgradePrice { amount, credit, days_left: remainder.days, total_days: remainder.days_of(old.cycle) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        parse_date(text).unwrap()
    }

    fn rate(cycle: Cycle, amount: &str) -> Rate {
        Rate { cycle, amount: money(amount) }
    }

    #[test]
    fn the_rest_of_the_term_is_credited_and_charged_anew() {
        use Cycle::{Annually, Free, Monthly, OneTime};
        for (old, new, next_due, count, amount, credit, days) in [
            // The documented example: 13 of 30 days, and 20.00 less a month.
            (rate(Monthly, "30"), rate(Monthly, "10"), "2026-12-03", DayCount::Actual, "-8.67", "13.00", (13, 30)),
            (rate(Monthly, "10"), rate(Monthly, "30"), "2026-12-03", DayCount::Actual, "8.67", "4.33", (13, 30)),
            (rate(Monthly, "31"), rate(Monthly, "62"), "2027-01-01", DayCount::Actual, "42.00", "42.00", (42, 31)),
            (rate(Monthly, "30"), rate(Monthly, "60"), "2027-01-01", DayCount::Thirty, "42.00", "42.00", (42, 30)),
            (rate(Monthly, "30"), rate(Annually, "365"), "2026-12-20", DayCount::Actual, "0.00", "30.00", (30, 30)),
            (rate(Annually, "360"), rate(Annually, "720"), "2026-12-20", DayCount::Thirty, "30.00", "30.00", (30, 360)),
            // Nothing is left of the term.
            (rate(Monthly, "10"), rate(Monthly, "30"), "2026-11-20", DayCount::Actual, "0.00", "0.00", (0, 31)),
            (rate(Monthly, "10"), rate(Monthly, "30"), "2026-10-20", DayCount::Actual, "0.00", "0.00", (0, 30)),
            // What is free or paid once has no rest.
            (rate(Monthly, "30"), rate(Free, "0"), "2026-12-20", DayCount::Actual, "-30.00", "30.00", (30, 30)),
            (rate(Monthly, "30"), rate(OneTime, "50"), "2026-12-20", DayCount::Actual, "20.00", "30.00", (30, 30)),
            (rate(Free, "0"), rate(Monthly, "10"), "2026-12-20", DayCount::Actual, "10.00", "0.00", (0, 0)),
            (rate(OneTime, "50"), rate(Monthly, "10"), "2026-12-20", DayCount::Actual, "10.00", "0.00", (0, 0)),
            (rate(OneTime, "50"), rate(OneTime, "80"), "2026-12-20", DayCount::Actual, "30.00", "50.00", (0, 0)),
        ] {
            let remainder = Remainder::new(day("2026-11-20"), day(next_due), count);
            let price = price(old, new, Some(remainder)).unwrap();
            let told = (price.amount.to_string(), price.credit.to_string(), (price.days_left, price.total_days));
            assert_eq!(told, (amount.to_owned(), credit.to_owned(), days), "{old:?} {new:?} {next_due} {count:?}");
        }
        let unknown = price(rate(Monthly, "10"), rate(Monthly, "30"), None).unwrap();
        assert_eq!((unknown.amount, unknown.total_days), (money("30.00"), 0), "no day on which it is due");
    }

    #[test]
    fn there_and_back_costs_nothing() {
        for cents in (0..5000).step_by(37) {
            let (old, new) = (
                Rate { cycle: Cycle::Monthly, amount: money("19.99") },
                Rate { cycle: Cycle::Annually, amount: Money::rounded(Decimal::new(cents, 2)).unwrap() },
            );
            for due in 1..28 {
                let due = day(&format!("2026-12-{due:02}"));
                let remainder = Some(Remainder::new(day("2026-11-20"), due, DayCount::Actual));
                let there = price(old, new, remainder).unwrap().amount;
                let back = price(new, old, remainder).unwrap().amount;
                assert_eq!(there + back, Money::ZERO, "{cents} {due}");
            }
        }
    }

    #[test]
    fn amounts_larger_than_a_column_are_rejected() {
        let most = rate(Cycle::Monthly, "99999999999999.99");
        let remainder = Some(Remainder::new(day("2026-11-20"), day("2027-03-20"), DayCount::Actual));
        assert_eq!(price(rate(Cycle::Monthly, "0"), most, remainder), None);
    }
}
