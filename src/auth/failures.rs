//! Throttling of failed authentications.
//!
//! Failures are counted by address and by address with identifier, never by identifier alone, or anybody could lock out
//! a credential whose identifier they know. The counts are local to this process and limited in number.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use moka::future::Cache;
use moka::policy::EvictionPolicy;

use crate::config::Access;
use crate::error::{Error, Result};
use crate::network::subscriber;

const COUNTS: u64 = 100_000;

/// Counts failed authentications of API callers.
pub struct Failures {
    by_address: Counts<IpAddr>,
    by_pair: Counts<(IpAddr, u64)>,
    hasher: RandomState,
}

struct Counts<K> {
    counts: Cache<K, Arc<Count>>,
    most: u32,
    window: Duration,
}

struct Count {
    since: Instant,
    failures: AtomicU32,
}

impl Failures {
    pub fn new(access: &Access) -> Failures {
        let window = Duration::from_secs(access.failure_minutes.saturating_mul(60));
        Failures {
            by_address: Counts::new(access.failures_per_address, window),
            by_pair: Counts::new(access.failures_per_identifier, window),
            hasher: RandomState::new(),
        }
    }

    /// Remaining time for which this caller is blocked, or `None`.
    pub async fn blocked(&self, address: IpAddr, identifier: Option<&str>) -> Option<Duration> {
        let address = subscriber(address);
        match self.by_address.blocked(&address).await {
            None => self.by_pair.blocked(&(address, self.hasher.hash_one(identifier?))).await,
            blocked => blocked,
        }
    }

    /// Counts a failure and returns whether the caller is blocked from now on.
    pub async fn add(&self, address: IpAddr, identifier: Option<&str>) -> bool {
        let address = subscriber(address);
        let is_last = self.by_address.add(address).await;
        match identifier {
            Some(identifier) => self.by_pair.add((address, self.hasher.hash_one(identifier))).await || is_last,
            None => is_last,
        }
    }
}

/// Counts wrong passwords of users, by user and by the credential of the call that tried them.
pub struct Guesses {
    counts: Counts<u64>,
    hasher: RandomState,
}

impl Guesses {
    pub fn new(access: &Access) -> Guesses {
        let window = Duration::from_secs(access.failure_minutes.saturating_mul(60));
        Guesses { counts: Counts::new(access.failures_per_identifier, window), hasher: RandomState::new() }
    }

    /// Rejects another attempt after too many failures.
    pub async fn check(&self, caller: &str, user: &str) -> Result<()> {
        match self.counts.blocked(&self.hasher.hash_one((caller, user))).await {
            Some(wait) => Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 }),
            None => Ok(()),
        }
    }

    /// Counts a failure.
    pub async fn add(&self, caller: &str, user: &str) {
        self.counts.add(self.hasher.hash_one((caller, user))).await;
    }
}

impl<K: std::hash::Hash + Eq + Send + Sync + 'static> Counts<K> {
    fn new(most: u32, window: Duration) -> Counts<K> {
        // The default eviction policy may not admit new keys, whose failures would then never add up.
        let counts = Cache::builder().max_capacity(COUNTS).eviction_policy(EvictionPolicy::lru());
        Counts { counts: counts.time_to_live(window).build(), most, window }
    }

    async fn blocked(&self, key: &K) -> Option<Duration> {
        let count = self.counts.get(key).await?;
        let is_blocked = count.failures.load(Ordering::Relaxed) >= self.most;
        is_blocked.then(|| self.window.saturating_sub(count.since.elapsed()))
    }

    async fn add(&self, key: K) -> bool {
        let first = async { Arc::new(Count { since: Instant::now(), failures: AtomicU32::new(0) }) };
        let before = self.counts.get_with(key, first).await.failures.fetch_add(1, Ordering::Relaxed);
        before + 1 == self.most
    }
}
