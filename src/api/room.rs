//! Room in memory for large replies.
//!
//! A list of all products may have megabytes, and many may ask for it at a time. So calls that read, and are answered at
//! length, take room for it, and wait where there is none, until the replies before theirs have been made. How long clients
//! take to read these makes nobody wait.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::actions::{Catalogue, Entry};
use crate::error::{Error, Result};

/// How much room there is for each processor, in kilobytes.
const KILOBYTES_PER_CORE: u32 = 2 * 1024;
/// A reply is there up to so many times while it is made: in rows, in its parts, and in JSON before and after what PHP
/// escapes.
const TIMES: u32 = 4;
/// How large the replies of an action are taken to be until one has been made: many may ask for it at once.
const UNKNOWN_KILOBYTES: u32 = 256;
/// What has less needs no room.
const SMALL_KILOBYTES: u32 = 64;
/// What takes more room takes milliseconds to be made.
const LONG_KILOBYTES: u32 = 1024;

pub struct Room {
    kilobytes: Arc<Semaphore>,
    /// How much the replies of each action had lately, in kilobytes, what their parts share counted once.
    usual: HashMap<Cow<'static, str>, AtomicU32>,
}

/// A part of the room, which lasts until it is dropped.
pub type Place = OwnedSemaphorePermit;

/// Whether a reply that needs so much room takes long to be made.
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

    /// How much room a call of this action is likely to need; `None` for none. However large replies are, as many can be
    /// made at a time as there are processors.
    pub fn needed(&self, entry: &Entry) -> Option<u32> {
        let usual = self.usual.get(&entry.name)?.load(Ordering::Relaxed);
        (usual > SMALL_KILOBYTES).then_some(usual.saturating_mul(TIMES).min(KILOBYTES_PER_CORE))
    }

    /// How many bytes the reply of an action is likely to have, and some more; not beyond a processor's share of the room,
    /// for the next one may be small.
    pub fn expected(&self, entry: &Entry) -> usize {
        let usual =
            self.usual.get(&entry.name).map_or(0, |usual| usual.load(Ordering::Relaxed)).min(KILOBYTES_PER_CORE);
        (usual + usual / 8) as usize * 1024
    }

    /// So much room, if it is there.
    pub fn try_take(&self, kilobytes: u32) -> Option<Place> {
        Arc::clone(&self.kilobytes).try_acquire_many_owned(kilobytes).ok()
    }

    /// Waits for so much room.
    pub async fn take(&self, kilobytes: u32) -> Result<Place> {
        Arc::clone(&self.kilobytes).acquire_many_owned(kilobytes).await.map_err(|_| Error::Busy)
    }

    /// Learns from a reply. One that is smaller than usual says less than one that is larger: what is asked for differs.
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
