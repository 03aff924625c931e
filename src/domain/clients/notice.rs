//! Notices that clients get some days before or after a due date, each once.

use chrono::NaiveDate;

/// A notice and the days on which it can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned<K> {
    pub kind: K,
    pub from: NaiveDate,
    /// The last day on which it is still made up for.
    pub until: NaiveDate,
}

/// A notice that is to be sent, with the earlier ones in whose place it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueNotice<K> {
    pub kind: K,
    pub passed: Vec<K>,
}

/// Returns which of these notices is to be sent today: the latest one only, unless it was sent or its time is over.
pub fn due<K: Copy>(
    mut planned: Vec<Planned<K>>,
    today: NaiveDate,
    is_recorded: impl Fn(K) -> bool,
) -> Option<DueNotice<K>> {
    planned.sort_by_key(|notice| notice.from);
    planned.retain(|notice| notice.from <= today);
    let latest = planned.pop().filter(|latest| today <= latest.until && !is_recorded(latest.kind))?;
    let passed = planned.into_iter().map(|notice| notice.kind).filter(|kind| !is_recorded(*kind)).collect();
    Some(DueNotice { kind: latest.kind, passed })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }

    #[test]
    fn the_latest_notice_is_sent_once_while_it_is_its_time() {
        let planned = [('c', 20, 30), ('a', 5, 8), ('b', 10, 13)];
        let planned = planned.map(|(kind, from, until)| Planned { kind, from: day(from), until: day(until) });
        for (today, recorded, expected) in [
            (4, "", None),
            (5, "", Some(('a', ""))),
            (8, "", Some(('a', ""))),
            (9, "", None),
            (6, "a", None),
            (10, "a", Some(('b', ""))),
            (12, "", Some(('b', "a"))),
            (14, "a", None),
            (25, "a", Some(('c', "b"))),
            (25, "abc", None),
            (30, "", Some(('c', "ab"))),
        ] {
            let due = due(planned.to_vec(), day(today), |kind| recorded.contains(kind));
            let due = due.map(|due| (due.kind, due.passed.into_iter().collect::<String>()));
            assert_eq!(due, expected.map(|(kind, passed)| (kind, passed.to_owned())), "{today} {recorded:?}");
        }
    }
}
