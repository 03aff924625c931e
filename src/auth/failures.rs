//! Throttling of failed authentications.
//!
//! Failures are counted by address and by address with identifier, never by identifier alone, or anybody could lock out
//! a credential whose identifier they know. The counts are local to this process and limited in number.
//!
//! A log-in that succeeded recently from the same address is exempt from both. For secrets with random bits that reveals
//! nothing to those who guess from there too. A password that a person chose could be found by trying which one is exempt,
//! so wrong ones are counted for that as well, and too many end the exemption of that user name.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use moka::future::Cache;
use moka::policy::EvictionPolicy;

use super::rate_limits::CallerId;
use super::verifier::{RecentLogin, SecretKind};
use crate::config::Access;
use crate::error::{Error, Result};
use crate::network::subscriber;

const MAX_TRACKED: u64 = 100_000;
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// A kind of calls whose number is limited, whatever comes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// Of a guest, in a minute; all others in an hour.
    OfGuest,
    /// Of a client or a member of staff.
    Authenticated,
    LogIn,
    SignUp,
    GuestTicket,
    Checkout,
    DomainLookup,
    PromotionCode,
    GuestInvoice,
    PasswordReset,
    PasswordChange,
}

/// Whose calls are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    Address(IpAddr),
    Account(CallerId),
}

/// Counts failed authentications of API callers.
pub struct AuthFailures {
    by_address: FailureCounts<IpAddr>,
    by_pair: FailureCounts<(IpAddr, u64)>,
    /// Wrong passwords that were compared with a recent log-in of staff while their address was blocked.
    while_blocked: FailureCounts<(IpAddr, u64)>,
    /// Calls that the upstream rejected. Nobody is exempt from these: many would have it ban this server.
    by_upstream: FailureCounts<(IpAddr, u64)>,
    /// Those of all callers whom only the upstream can verify, wherever they are: there, all have the address of this server.
    unverified: FailureCounts<()>,
    /// Calls of kinds whose number is limited.
    calls_in_minute: FailureCounts<(CallKind, Counted)>,
    calls_in_hour: FailureCounts<(CallKind, Counted)>,
    hasher: RandomState,
}

struct FailureCounts<K> {
    counts: Cache<K, Arc<FailureCount>>,
    limit: u32,
    window: Duration,
}

struct FailureCount {
    since: Instant,
    failures: AtomicU32,
}

impl AuthFailures {
    pub fn new(access: &Access) -> AuthFailures {
        let window = Duration::from_secs(access.failure_minutes.saturating_mul(60));
        AuthFailures {
            by_address: FailureCounts::new(access.failures_per_address, window),
            by_pair: FailureCounts::new(access.failures_per_identifier, window),
            while_blocked: FailureCounts::new(access.failures_per_address, window),
            by_upstream: FailureCounts::new(access.failures_per_identifier, window),
            unverified: FailureCounts::new(access.failures_per_address, window),
            calls_in_minute: FailureCounts::new(0, MINUTE),
            calls_in_hour: FailureCounts::new(0, HOUR),
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

    /// Whether a blocked caller may log in all the same, because the same log-in succeeded recently.
    pub async fn is_exempt(&self, address: IpAddr, identifier: &str, recent: RecentLogin) -> bool {
        let pair = (subscriber(address), self.hasher.hash_one(identifier));
        match recent {
            RecentLogin::Same(SecretKind::Random) => true,
            RecentLogin::Same(SecretKind::Chosen) => self.while_blocked.blocked(&pair).await.is_none(),
            RecentLogin::OtherPassword => {
                self.while_blocked.add(pair).await;
                false
            }
            RecentLogin::Unknown => false,
        }
    }

    /// Counts a rejection by the upstream.
    pub async fn add_rejection(&self, address: IpAddr, identifier: &str) {
        self.by_upstream.add((subscriber(address), self.hasher.hash_one(identifier))).await;
    }

    /// Remaining time for which no calls of this caller are passed to the upstream, or `None`.
    pub async fn rejected(&self, address: IpAddr, identifier: &str) -> Option<Duration> {
        self.by_upstream.blocked(&(subscriber(address), self.hasher.hash_one(identifier))).await
    }

    /// Counts a rejection of an unverified caller, and returns whether no further ones are passed from now on.
    pub async fn add_unverified_rejection(&self) -> bool {
        self.unverified.add(()).await
    }

    /// Remaining time for which no calls of unverified callers are passed to the upstream, or `None`.
    pub async fn unverified_rejected(&self) -> Option<Duration> {
        self.unverified.blocked(&()).await
    }

    /// Counts a call, or rejects it after so many of its kind; 0 for no limit.
    pub async fn count_call(&self, kind: CallKind, counted: Counted, limit: u32) -> Result<()> {
        if limit == 0 {
            return Ok(());
        }
        let counts = if kind == CallKind::OfGuest { &self.calls_in_minute } else { &self.calls_in_hour };
        match counts.count_up_to(limit, (kind, counted)).await {
            Some(wait) => Err(Error::TooManyFailures { seconds: wait.as_secs() + 1 }),
            None => Ok(()),
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
pub struct PasswordFailures {
    counts: FailureCounts<u64>,
    hasher: RandomState,
}

impl PasswordFailures {
    pub fn new(access: &Access) -> PasswordFailures {
        let window = Duration::from_secs(access.failure_minutes.saturating_mul(60));
        PasswordFailures {
            counts: FailureCounts::new(access.failures_per_identifier, window),
            hasher: RandomState::new(),
        }
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

impl<K: std::hash::Hash + Eq + Send + Sync + 'static> FailureCounts<K> {
    fn new(limit: u32, window: Duration) -> FailureCounts<K> {
        // The default eviction policy may not admit new keys, whose failures would then never add up.
        let counts = Cache::builder().max_capacity(MAX_TRACKED).eviction_policy(EvictionPolicy::lru());
        FailureCounts { counts: counts.time_to_live(window).build(), limit, window }
    }

    async fn blocked(&self, key: &K) -> Option<Duration> {
        let count = self.counts.get(key).await?;
        let is_blocked = count.failures.load(Ordering::Relaxed) >= self.limit;
        is_blocked.then(|| self.window.saturating_sub(count.since.elapsed()))
    }

    async fn add(&self, key: K) -> bool {
        let before = self.count(key).await.failures.fetch_add(1, Ordering::Relaxed);
        before + 1 == self.limit
    }

    /// Counts one more, and returns the remaining time of the window if there were as many as this already.
    async fn count_up_to(&self, limit: u32, key: K) -> Option<Duration> {
        let count = self.count(key).await;
        let one_more = |count: u32| (count < limit).then(|| count + 1);
        let added = count.failures.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        added.is_err().then(|| self.window.saturating_sub(count.since.elapsed()))
    }

    async fn count(&self, key: K) -> Arc<FailureCount> {
        let first = async { Arc::new(FailureCount { since: Instant::now(), failures: AtomicU32::new(0) }) };
        self.counts.get_with(key, first).await
    }
}
