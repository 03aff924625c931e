//! Parts that occur many times in one reply.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use serde::{Serialize, Serializer};

use super::EncodeError;
use super::php::{self, PLACEHOLDER};
use crate::config::Slashes;

/// A value that occurs several times in one reply. It is encoded once, and must not be used in another reply.
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
        // A shared part within another one is serialized in place.
        let Some(mut parts) = PARTS.take() else { return value.serialize(serializer) };
        let part = match json.get() {
            Some(part) => part,
            None => {
                let written = php::encode_part(value, parts.slashes).map_err(serde::ser::Error::custom)?;
                parts.distinct += written.len();
                json.get_or_init(|| written)
            }
        };
        parts.in_order.push(part.clone());
        PARTS.set(Some(parts));
        serializer.serialize_bytes(&[PLACEHOLDER as u8])
    }
}

/// The shared parts of a reply, collected while it is serialized.
#[derive(Debug, Default)]
pub struct Parts {
    slashes: Slashes,
    /// The encoded part for each placeholder.
    pub in_order: Vec<Bytes>,
    /// Total size of the parts if each is counted once.
    pub distinct: usize,
}

thread_local! {
    /// The parts of the reply that this thread is serializing; `None` where shared parts are serialized in place.
    static PARTS: RefCell<Option<Parts>> = const { RefCell::new(None) };
}

/// Runs a serialization, and returns its JSON with placeholders together with the shared parts.
pub fn collect_shared_parts<T>(
    slashes: Slashes,
    write: impl FnOnce() -> Result<T, EncodeError>,
) -> Result<(T, Parts), EncodeError> {
    /// Resets the collection when dropped, also if serialization panics.
    struct Reset;
    impl Drop for Reset {
        fn drop(&mut self) {
            PARTS.take();
        }
    }
    let _reset = Reset;
    PARTS.set(Some(Parts { slashes, ..Parts::default() }));
    let written = write()?;
    Ok((written, PARTS.take().unwrap_or_default()))
}
