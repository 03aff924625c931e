//! A limit on repeated lines of the log: anybody who reaches the server while the database is down or overloaded can
//! cause the same warning as often as they like.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::callsite::Identifier;
use tracing::{Level, Metadata};

/// Maximum number of warnings or errors a minute from one place in the program.
const LINES_PER_MINUTE: u64 = 100;

pub struct LineBudget {
    start: Instant,
    places: Mutex<HashMap<Identifier, Minute>>,
}

/// The lines from one place in one minute.
#[derive(Default)]
struct Minute {
    /// In minutes since the start.
    number: u64,
    lines: u64,
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
        let minute = self.start.elapsed().as_secs() / 60;
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(metadata.callsite()).or_default().take(minute)
    }
}

impl Minute {
    fn take(&mut self, number: u64) -> Option<u64> {
        let mut omitted = 0;
        if self.number != number {
            omitted = self.lines.saturating_sub(LINES_PER_MINUTE);
            *self = Minute { number, lines: 0 };
        }
        self.lines += 1;
        (self.lines <= LINES_PER_MINUTE).then_some(omitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_lines_are_omitted_and_counted() {
        let mut minute = Minute::default();
        assert_eq!((0..1000).filter_map(|_| minute.take(0)).collect::<Vec<_>>(), [0; 100]);
        assert_eq!((minute.take(1), minute.take(1)), (Some(900), Some(0)));
        assert_eq!(minute.take(5), Some(0));
    }
}
