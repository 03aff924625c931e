//! Parts that are in one reply many times.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use serde::{Serialize, Serializer};

use super::redacted::Watch;
use super::{EncodeError, json};
use crate::config::Slashes;

/// A part of a reply that other parts share, and of this reply only. Its JSON is made once.
#[derive(Debug)]
pub struct Shared<T>(Arc<Part<T>>);

#[derive(Debug)]
struct Part<T> {
    value: T,
    json: OnceLock<Vec<u8>>,
}

impl<T> Shared<T> {
    pub fn new(value: T) -> Shared<T> {
        Shared(Arc::new(Part { value, json: OnceLock::new() }))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Part { value, json } = &*self.0;
        let Some(slashes) = JSON.get() else { return value.serialize(serializer) };
        match json.get() {
            Some(json) => serializer.serialize_bytes(json),
            None => {
                let written = json::write(value, slashes, &mut Watch::new(false), Vec::new());
                let written = written.map_err(serde::ser::Error::custom)?;
                serializer.serialize_bytes(json.get_or_init(|| written))
            }
        }
    }
}

thread_local! {
    /// How slashes are written in the JSON that this thread is writing, where it takes bytes for JSON.
    static JSON: Cell<Option<Slashes>> = const { Cell::new(None) };
}

/// Writes JSON, in which shared parts are the bytes of theirs.
pub fn sharing<T>(slashes: Slashes, write: impl FnOnce() -> Result<T, EncodeError>) -> Result<T, EncodeError> {
    /// Also where writing panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            JSON.set(None);
        }
    }
    let _end = End;
    JSON.set(Some(slashes));
    write()
}
