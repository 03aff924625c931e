//! Parts that are in one reply many times.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::redacted::Watch;
use super::{EncodeError, json};
use crate::config::Slashes;

/// A part of a reply that other parts share. Its JSON is made once for each reply.
#[derive(Debug)]
pub struct Shared<T: ?Sized>(pub Arc<T>);

impl<T: ?Sized> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T: Serialize + ?Sized> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match Written::of(&self.0) {
            Some(json) => json.serialize(serializer),
            None => self.0.serialize(serializer),
        }
    }
}

thread_local! {
    /// What has been written of the reply that this thread is writing in JSON.
    static WRITTEN: RefCell<Option<Written>> = const { RefCell::new(None) };
}

/// The JSON of shared parts, by where they are: all of them live as long as the reply.
pub struct Written {
    slashes: Slashes,
    parts: HashMap<*const (), Arc<RawValue>>,
}

impl Written {
    /// Writes a reply, whose shared parts are written once.
    pub fn collecting<T>(slashes: Slashes, write: impl FnOnce() -> Result<T, EncodeError>) -> Result<T, EncodeError> {
        /// Also where writing panics.
        struct Forget;
        impl Drop for Forget {
            fn drop(&mut self) {
                WRITTEN.set(None);
            }
        }
        let _forget = Forget;
        WRITTEN.set(Some(Written { slashes, parts: HashMap::new() }));
        write()
    }

    /// The JSON of a part, where that is what is being written.
    fn of<T: Serialize + ?Sized>(part: &Arc<T>) -> Option<Arc<RawValue>> {
        let place = Arc::as_ptr(part).cast();
        let (slashes, known) = WRITTEN.with_borrow(|written| {
            written.as_ref().map(|written| (written.slashes, written.parts.get(&place).map(Arc::clone)))
        })?;
        if known.is_some() {
            return known;
        }
        let json = String::from_utf8(json::write(&**part, slashes, &mut Watch::new(false)).ok()?).ok()?;
        let json: Arc<RawValue> = RawValue::from_string(json).ok()?.into();
        WRITTEN.with_borrow_mut(|written| written.as_mut()?.parts.insert(place, Arc::clone(&json)));
        Some(json)
    }
}
