//! The calls of the last day that this server has answered, in periods of ten minutes: how many, how many failed, and how long each
//! action took.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};

/// The length of a period, in seconds.
const PERIOD: i64 = 600;
/// A day of periods.
const PERIODS: i64 = 144;

/// The calls of one action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionTimes {
    pub calls: u64,
    pub failures: u64,
    /// The sum of the durations, and the longest one.
    pub total: Duration,
    pub longest: Duration,
}

/// The calls of a period.
#[derive(Debug, Clone, Default)]
pub struct Period {
    /// The number of periods since 1970.
    number: i64,
    actions: HashMap<Cow<'static, str>, ActionTimes>,
}

impl Period {
    pub fn calls(&self) -> u64 {
        self.actions.values().map(|times| times.calls).sum()
    }

    pub fn failures(&self) -> u64 {
        self.actions.values().map(|times| times.failures).sum()
    }
}

/// What was answered in the last day.
#[derive(Default)]
pub struct RecentCalls(Mutex<VecDeque<Period>>);

impl RecentCalls {
    /// Counts a call that has ended.
    pub fn add(&self, action: Cow<'static, str>, has_failed: bool, duration: Duration, now: NaiveDateTime) {
        let number = number(now);
        let mut periods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if periods.back().is_none_or(|last| last.number < number) {
            periods.push_back(Period { number, ..Period::default() });
            while periods.front().is_some_and(|first| first.number <= number - PERIODS) {
                periods.pop_front();
            }
        }
        let Some(period) = periods.back_mut() else { return };
        let times = period.actions.entry(action).or_default();
        times.calls += 1;
        times.failures += u64::from(has_failed);
        times.total += duration;
        times.longest = times.longest.max(duration);
    }

    /// The periods of the day before a time, also those without calls, in order.
    pub fn day(&self, now: NaiveDateTime) -> Vec<Period> {
        let last = number(now);
        let periods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let find = |number| periods.iter().find(|period| period.number == number).cloned();
        let numbers = last - PERIODS + 1..=last;
        numbers.map(|number| find(number).unwrap_or(Period { number, ..Period::default() })).collect()
    }

    /// The actions that took longest on average in the last hour, the slowest first.
    pub fn slowest(&self, now: NaiveDateTime, count: usize) -> Vec<(Cow<'static, str>, ActionTimes)> {
        let since = number(now - TimeDelta::hours(1));
        let mut sums: HashMap<Cow<'static, str>, ActionTimes> = HashMap::new();
        let periods = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (action, times) in periods.iter().filter(|period| period.number > since).flat_map(|period| &period.actions)
        {
            let sum = sums.entry(action.clone()).or_default();
            sum.calls += times.calls;
            sum.failures += times.failures;
            sum.total += times.total;
            sum.longest = sum.longest.max(times.longest);
        }
        drop(periods);
        let mut sorted: Vec<_> = sums.into_iter().collect();
        sorted.sort_by(|(one_name, one), (other_name, other)| {
            other.average().cmp(&one.average()).then_with(|| one_name.cmp(other_name))
        });
        sorted.truncate(count);
        sorted
    }
}

impl ActionTimes {
    /// The average duration.
    pub fn average(&self) -> Duration {
        self.total.checked_div(u32::try_from(self.calls).unwrap_or(u32::MAX)).unwrap_or_default()
    }
}

fn number(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp().div_euclid(PERIOD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date_time;

    fn at(time: &str) -> NaiveDateTime {
        parse_date_time(&format!("2026-11-20 {time}:00")).unwrap()
    }

    #[test]
    fn a_day_is_counted_in_periods_and_forgotten_after() {
        let (recent, milliseconds) = (RecentCalls::default(), Duration::from_millis);
        recent.add("AddCredit".into(), false, milliseconds(10), at("00:05"));
        recent.add("GetCredits".into(), true, milliseconds(40), at("11:45"));
        recent.add("AddCredit".into(), true, milliseconds(30), at("12:20"));
        recent.add("AddCredit".into(), false, milliseconds(10), at("12:29"));
        let day = recent.day(at("12:30"));
        let counts: Vec<_> = day.iter().map(|period| (period.calls(), period.failures())).collect();
        assert_eq!(counts.len(), 144);
        assert_eq!(counts[142], (2, 1));
        assert_eq!(counts.iter().map(|(calls, _)| calls).sum::<u64>(), 4);
        let slowest = recent.slowest(at("12:30"), 5);
        let names: Vec<&str> = slowest.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["GetCredits", "AddCredit"]);
        assert_eq!((slowest[1].1.average(), slowest[1].1.longest), (milliseconds(20), milliseconds(30)));
        // A day later only the last period is there.
        recent.add("AddCredit".into(), false, milliseconds(1), at("12:30") + TimeDelta::days(1));
        assert_eq!(recent.day(at("12:30") + TimeDelta::days(1)).iter().map(Period::calls).sum::<u64>(), 1);
        assert!(recent.slowest(at("12:30") + TimeDelta::days(2), 5).is_empty());
    }
}
