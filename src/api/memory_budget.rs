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

use crate::actions::{ActionEntry, Catalogue};
use crate::error::{Error, Result};

/// Memory budget per processor core, in kilobytes.
const KILOBYTES_PER_CORE: u32 = 2 * 1024;
/// Number of copies of a reply that exist at the same time while it is encoded: the rows, the shared parts, and the
/// JSON before and after PHP's escaping.
const COPIES_PER_REPLY: u32 = 4;
/// Assumed size of an action's replies until the first one has been encoded, since many may be requested at once.
const UNKNOWN_KILOBYTES: u32 = 256;
/// Replies below this size need no permit.
const SMALL_KILOBYTES: u32 = 64;
/// Replies whose permit is larger than this take milliseconds to encode.
const LONG_KILOBYTES: u32 = 1024;

pub struct MemoryBudget {
    kilobytes: Arc<Semaphore>,
    /// Recent reply size of each action in kilobytes, shared parts counted once.
    recent_kilobytes: HashMap<Cow<'static, str>, AtomicU32>,
}

/// A part of the budget, released when dropped.
pub type MemoryPermit = OwnedSemaphorePermit;

/// Whether a reply with this permit takes milliseconds to encode.
pub fn is_long_running(permit: &MemoryPermit) -> bool {
    permit.num_permits() > LONG_KILOBYTES as usize
}

/// The memory that a reply of this size needs; `None` if it is small.
fn needed(kilobytes: u32) -> Option<u32> {
    (kilobytes > SMALL_KILOBYTES).then_some(kilobytes.saturating_mul(COPIES_PER_REPLY).min(KILOBYTES_PER_CORE))
}

impl MemoryBudget {
    pub fn new(catalogue: &Catalogue) -> MemoryBudget {
        let cores = available_parallelism().map_or(1, |cores| u32::try_from(cores.get()).unwrap_or(u32::MAX));
        MemoryBudget {
            kilobytes: Arc::new(Semaphore::new(cores.saturating_mul(KILOBYTES_PER_CORE) as usize)),
            recent_kilobytes: catalogue
                .iter()
                .map(|entry| (entry.name.clone(), AtomicU32::new(UNKNOWN_KILOBYTES)))
                .collect(),
        }
    }

    /// Estimated memory that a call of this action needs, or `None` if it needs no permit. It is limited to a core's
    /// share of the budget, so that one reply of any size can be encoded on each core.
    pub fn estimated_kilobytes(&self, entry: &ActionEntry) -> Option<u32> {
        needed(self.recent_kilobytes.get(&entry.name)?.load(Ordering::Relaxed))
    }

    /// Waits for the memory that a reply of about this size needs; `None` if it needs no permit.
    pub async fn acquire_for(&self, bytes: usize) -> Result<Option<MemoryPermit>> {
        match needed(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) {
            Some(kilobytes) => Ok(Some(self.acquire(kilobytes).await?)),
            None => Ok(None),
        }
    }

    /// Capacity in bytes to reserve for a reply of this action: its recent size and an eighth more, limited to a core's
    /// share of the budget, since the next reply may be small.
    pub fn expected_bytes(&self, entry: &ActionEntry) -> usize {
        let recent = self
            .recent_kilobytes
            .get(&entry.name)
            .map_or(0, |recent| recent.load(Ordering::Relaxed))
            .min(KILOBYTES_PER_CORE);
        (recent + recent / 8) as usize * 1024
    }

    /// Acquires this much of the budget if it is free now.
    pub fn try_acquire(&self, kilobytes: u32) -> Option<MemoryPermit> {
        Arc::clone(&self.kilobytes).try_acquire_many_owned(kilobytes).ok()
    }

    /// Waits until this much of the budget is free and acquires it.
    pub async fn acquire(&self, kilobytes: u32) -> Result<MemoryPermit> {
        Arc::clone(&self.kilobytes).acquire_many_owned(kilobytes).await.map_err(|_| Error::Busy)
    }

    /// Records the size of a reply. A larger one counts more than a smaller one, because sizes vary with the request.
    pub fn record_size(&self, entry: &ActionEntry, bytes: usize) {
        let Some(recent) = self.recent_kilobytes.get(&entry.name) else { return };
        let kilobytes = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
        let updated = |before: u32| Some(kilobytes.max(before - before.saturating_sub(kilobytes).div_ceil(8)));
        let _ = recent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, updated);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::actions::CATALOGUE;

    #[test]
    fn large_replies_need_a_permit_and_small_ones_do_not() {
        let budget = MemoryBudget::new(&Catalogue::compiled());
        let (large, small) = (&CATALOGUE[0], &CATALOGUE[1]);
        assert_eq!(budget.estimated_kilobytes(large), Some(1024), "nothing is known yet");
        budget.record_size(large, 1 << 18);
        for _ in 0..100 {
            budget.record_size(small, 2000);
        }
        assert_eq!((budget.estimated_kilobytes(large), budget.estimated_kilobytes(small)), (Some(1024), None));
        assert_eq!((budget.expected_bytes(large), budget.expected_bytes(small)), ((1 << 18) + (1 << 15), 1024));
        budget.record_size(large, 0);
        assert_eq!(budget.estimated_kilobytes(large), Some(896), "a small reply does not mean that the next one is");
        for _ in 0..50 {
            budget.record_size(large, 0);
        }
        assert_eq!(budget.estimated_kilobytes(large), None, "many do");
        budget.record_size(large, usize::MAX);
        assert_eq!(
            budget.estimated_kilobytes(large),
            Some(KILOBYTES_PER_CORE),
            "there is room for one a core, however large"
        );
        assert_eq!(budget.expected_bytes(large), 2304 * 1024);
    }

    #[tokio::test]
    async fn a_waiting_call_acquires_memory_that_another_releases() {
        let budget = MemoryBudget::new(&Catalogue::compiled());
        let all = u32::try_from(budget.kilobytes.available_permits()).unwrap();
        let first = budget.try_acquire(all).unwrap();
        assert!(budget.try_acquire(1).is_none());
        let mut second = std::pin::pin!(budget.acquire(1));
        assert!(timeout(Duration::from_millis(10), second.as_mut()).await.is_err());
        drop(first);
        assert!(second.await.is_ok() && budget.try_acquire(all).is_some());
        let permits = async |bytes| budget.acquire_for(bytes).await.unwrap().map(|permit| permit.num_permits());
        assert_eq!((permits(1000).await, permits(100 << 10).await), (None, Some(400)));
        assert_eq!(permits(100 << 20).await, Some(KILOBYTES_PER_CORE as usize));
    }
}
