//! A limit on repeated lines of the log: anybody who reaches the server while the database is down or overloaded can
//! cause the same warning as often as they like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::callsite::Identifier;
use tracing::{Level, Metadata};

use crate::domain::window::Windowed;

/// Maximum number of warnings or errors a minute from one place in the program.
const LINES_PER_MINUTE: u64 = 100;

pub struct LineBudget {
    start: Instant,
    /// The number of lines from each place in one minute, of those since the start.
    places: Mutex<HashMap<Identifier, Windowed<u64>>>,
}

impl LineBudget {
    pub fn new() -> LineBudget {
        LineBudget { start: Instant::now(), places: Mutex::default() }
    }

    /// Takes one line from the budget of its place. Returns `None` if there was none left, else the number of lines that
    /// were omitted since the last one.
    pub fn take(&self, metadata: &Metadata<'_>) -> Option<u64> {
        // The more detailed levels are only enabled on purpose.
        if *metadata.level() > Level::WARN {
            return Some(0);
        }
        let minute = (self.start.elapsed().as_secs() / 60).cast_signed();
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        take(places.entry(metadata.callsite()).or_default(), minute)
    }
}

fn take(lines: &mut Windowed<u64>, minute: i64) -> Option<u64> {
    let omitted = lines.begin(minute).map_or(0, |lines| lines.saturating_sub(LINES_PER_MINUTE));
    lines.counts += 1;
    (lines.counts <= LINES_PER_MINUTE).then_some(omitted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lines_are_omitted_and_counted() {
        let mut lines = Windowed::default();
        assert_eq!((0..1000).filter_map(|_| take(&mut lines, 0)).collect::<Vec<_>>(), [0; 100]);
        assert_eq!((take(&mut lines, 1), take(&mut lines, 1)), (Some(900), Some(0)));
        assert_eq!(take(&mut lines, 5), Some(0));
    }
}
