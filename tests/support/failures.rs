//! The last errors that the server logged, to be shown where a test meets an "Internal Error": its reply says no reason.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::Mutex;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

static LAST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
const KEPT: usize = 10;

/// The last errors, the latest last.
pub fn last() -> Vec<String> {
    LAST.lock().unwrap().iter().cloned().collect()
}

/// Keeps the events that it is given.
pub struct Keeper;

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let mut last = LAST.lock().unwrap();
        if last.len() == KEPT {
            last.pop_front();
        }
        last.push_back(text.0);
    }
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}
