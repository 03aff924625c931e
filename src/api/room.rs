//! The memory budget for large replies.
//!
//! The list of all products can take megabytes, and many clients may request it at once. So a read with a large reply
//! acquires a part of the budget first and waits until enough of it is free. The permit is released when the reply has
//! been encoded: slow clients block nobody.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::actions::{Catalogue, Entry};
use crate::error::{Error, Result};

/// Memory budget per processor core, in kilobytes.
const KILOBYTES_PER_CORE: u32 = 2 * 1024;
/// Number of copies of a reply that exist while it is encoded: rows, parts, JSON before and after escaping as PHP does.
const TIMES: u32 = 4;
/// Assumed size of an action's replies until the first one has been encoded, since many may be requested at once.
const UNKNOWN_KILOBYTES: u32 = 256;
/// Replies below this size need no permit.
const SMALL_KILOBYTES: u32 = 64;
/// Replies whose permit is larger than this take milliseconds to encode.
const LONG_KILOBYTES: u32 = 1024;

pub struct Room {
    kilobytes: Arc<Semaphore>,
    /// Recent reply size of each action in kilobytes, shared parts counted once.
    usual: HashMap<Cow<'static, str>, AtomicU32>,
}

/// A part of the budget, released when dropped.
pub type Place = OwnedSemaphorePermit;

/// Whether a reply with this permit takes milliseconds to encode.
pub fn is_long(place: &Place) -> bool {
    place.num_permits() > LONG_KILOBYTES as usize
}

impl Room {
    pub fn new(catalogue: &Catalogue) -> Room {
        let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        Room {
            kilobytes: Arc::new(Semaphore::new(cores.saturating_mul(KILOBYTES_PER_CORE) as usize)),
            usual: catalogue.iter().map(|entry| (entry.name.clone(), AtomicU32::new(UNKNOWN_KILOBYTES))).collect(),
        }
    }

    /// Estimated memory that a call of this action needs, or `None` if it needs no permit. However large replies are,
    /// one per processor core can be encoded at a time.
    pub fn needed(&self, entry: &Entry) -> Option<u32> {
        let usual = self.usual.get(&entry.name)?.load(Ordering::Relaxed);
        (usual > SMALL_KILOBYTES).then_some(usual.saturating_mul(TIMES).min(KILOBYTES_PER_CORE))
    }

    /// Capacity in bytes to reserve for a reply of this action: its recent size and an eighth more, limited to a core's
    /// share of the budget, since the next reply may be small.
    pub fn expected(&self, entry: &Entry) -> usize {
        let usual =
            self.usual.get(&entry.name).map_or(0, |usual| usual.load(Ordering::Relaxed)).min(KILOBYTES_PER_CORE);
        (usual + usual / 8) as usize * 1024
    }

    /// Acquires this much of the budget if it is free now.
    pub fn try_take(&self, kilobytes: u32) -> Option<Place> {
        Arc::clone(&self.kilobytes).try_acquire_many_owned(kilobytes).ok()
    }

    /// Waits until this much of the budget is free and acquires it.
    pub async fn take(&self, kilobytes: u32) -> Result<Place> {
        Arc::clone(&self.kilobytes).acquire_many_owned(kilobytes).await.map_err(|_| Error::Busy)
    }

    /// Records the size of a reply. A larger one counts more than a smaller one, because sizes vary with the request.
    pub fn learn(&self, entry: &Entry, bytes: usize) {
        let Some(usual) = self.usual.get(&entry.name) else { return };
        let now = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
        let learned = |before: u32| Some(now.max(before - before.saturating_sub(now).div_ceil(8)));
        let _ = usual.fetch_update(Ordering::Relaxed, Ordering::Relaxed, learned);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::actions::CATALOGUE;

    #[test]
    fn large_replies_take_room_and_small_ones_take_none() {
        let room = Room::new(&Catalogue::compiled());
        let (large, small) = (&CATALOGUE[0], &CATALOGUE[1]);
        assert_eq!(room.needed(large), Some(1024), "nothing is known yet");
        room.learn(large, 1 << 18);
        for _ in 0..100 {
            room.learn(small, 2000);
        }
        assert_eq!((room.needed(large), room.needed(small)), (Some(1024), None));
        assert_eq!((room.expected(large), room.expected(small)), ((1 << 18) + (1 << 15), 1024));
        room.learn(large, 0);
        assert_eq!(room.needed(large), Some(896), "a small reply does not mean that the next one is");
        for _ in 0..50 {
            room.learn(large, 0);
        }
        assert_eq!(room.needed(large), None, "many do");
        room.learn(large, usize::MAX);
        assert_eq!(room.needed(large), Some(KILOBYTES_PER_CORE), "there is room for one a core, however large");
        assert_eq!(room.expected(large), 2304 * 1024);
    }

    #[tokio::test]
    async fn who_finds_no_room_gets_it_when_another_one_leaves() {
        let room = Room::new(&Catalogue::compiled());
        let all = u32::try_from(room.kilobytes.available_permits()).unwrap();
        let first = room.try_take(all).unwrap();
        assert!(room.try_take(1).is_none());
        let mut second = std::pin::pin!(room.take(1));
        assert!(timeout(Duration::from_millis(10), second.as_mut()).await.is_err());
        drop(first);
        assert!(second.await.is_ok() && room.try_take(all).is_some());
    }
}
