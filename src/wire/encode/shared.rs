//! Parts that are in one reply many times.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use serde::{Serialize, Serializer};

use super::EncodeError;
use super::php::{self, MARK};
use crate::config::Slashes;

/// A part of a reply that other parts share, and of this reply only. Its JSON is made once.
#[derive(Debug)]
pub struct Shared<T>(Arc<Part<T>>);

#[derive(Debug)]
struct Part<T> {
    value: T,
    json: OnceLock<Bytes>,
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
        // Within a part, others are written out.
        let Some(mut parts) = PARTS.take() else { return value.serialize(serializer) };
        let part = match json.get() {
            Some(part) => part,
            None => {
                let written = php::part(value, parts.slashes).map_err(serde::ser::Error::custom)?;
                parts.distinct += written.len();
                json.get_or_init(|| written)
            }
        };
        parts.in_order.push(part.clone());
        PARTS.set(Some(parts));
        serializer.serialize_bytes(&[MARK as u8])
    }
}

/// The shared parts of a reply.
#[derive(Debug, Default)]
pub struct Parts {
    slashes: Slashes,
    /// One for each mark.
    pub in_order: Vec<Bytes>,
    /// How many bytes they have if each is counted once.
    pub distinct: usize,
}

thread_local! {
    /// Those of the JSON that this thread is writing, where it takes bytes for marks.
    static PARTS: RefCell<Option<Parts>> = const { RefCell::new(None) };
}

/// Writes JSON with marks where shared parts belong, and these parts.
pub fn sharing<T>(slashes: Slashes, write: impl FnOnce() -> Result<T, EncodeError>) -> Result<(T, Parts), EncodeError> {
    /// Also where writing panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            PARTS.take();
        }
    }
    let _end = End;
    PARTS.set(Some(Parts { slashes, ..Parts::default() }));
    let written = write()?;
    Ok((written, PARTS.take().unwrap_or_default()))
}
