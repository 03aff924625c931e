//! Which events anybody listens for, as last read from the database: where nobody listens, nothing is written.
//!
//! A server reads the list every few seconds, and not in calls. A list that is too old says nothing: then every event counts as
//! wanted, so that an event is never lost to an endpoint which another server has made.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

/// How long a list that is renewed says who listens. An endpoint gets all events of the transactions that begin this long after
/// it was made.
pub const MAX_AGE: Duration = Duration::from_secs(10);

/// The events that any endpoint wants.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// Who listens is not known.
    Unknown,
    /// Events with these names.
    Names(Arc<BTreeSet<&'static str>>),
}

impl Wanted {
    pub fn has(&self, name: &str) -> bool {
        match self {
            Wanted::Unknown => true,
            Wanted::Names(names) => names.contains(name),
        }
    }
}

/// The list of one server.
#[derive(Debug, Default)]
pub struct Listeners(RwLock<List>);

#[derive(Debug, Default)]
struct List {
    names: Arc<BTreeSet<&'static str>>,
    /// When it was read. `None` until it is for the first time: nobody is known to listen.
    read_at: Option<Instant>,
}

impl Listeners {
    /// What is wanted by transactions that begin now.
    pub fn wanted(&self) -> Wanted {
        self.wanted_at(Instant::now())
    }

    fn wanted_at(&self, now: Instant) -> Wanted {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match list.read_at {
            Some(read_at) if now.duration_since(read_at) > MAX_AGE => Wanted::Unknown,
            _ => Wanted::Names(Arc::clone(&list.names)),
        }
    }

    /// Replaces the list by what was read at this time or later.
    pub fn set(&self, names: BTreeSet<&'static str>, read_at: Instant) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        *list = List { names: Arc::new(names), read_at: Some(read_at) };
    }

    /// Whether the list was read within this time.
    pub fn are_younger_than(&self, age: Duration) -> bool {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        list.read_at.is_some_and(|read_at| read_at.elapsed() < age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_too_old_says_nothing() {
        let (listeners, now) = (Listeners::default(), Instant::now());
        assert!(!listeners.wanted_at(now).has("InvoicePaid"));
        listeners.set(BTreeSet::from(["InvoicePaid"]), now);
        for (age, has_other) in [(Duration::ZERO, false), (MAX_AGE, false), (MAX_AGE + Duration::from_millis(1), true)]
        {
            let wanted = listeners.wanted_at(now + age);
            assert_eq!((wanted.has("InvoicePaid"), wanted.has("ClientAdd")), (true, has_other), "{age:?}");
        }
    }
}
