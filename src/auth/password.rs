//! Passwords of users, as opposed to secrets of API credentials.
//!
//! Hashing deliberately takes tens of milliseconds and much memory, so it runs on separate threads, with few hashes at
//! a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::secret;
use crate::config::PasswordStorage;
use crate::error::{Error, Result};

/// Time limit for acquiring a hashing permit, after which the call fails with `Busy`.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(3);

/// Limits the number of concurrent hashes, and so the CPU time and memory that guessing can cost.
pub struct HashingPermits {
    permits: Arc<Semaphore>,
    hashes: Arc<AtomicU64>,
}

/// A permit to hash, released when its last copy is dropped.
#[derive(Debug, Clone)]
pub struct HashingPermit {
    _permit: Arc<OwnedSemaphorePermit>,
    hashes: Arc<AtomicU64>,
}

impl Default for HashingPermits {
    fn default() -> HashingPermits {
        let cores = available_parallelism().map_or(1, usize::from);
        HashingPermits { permits: Arc::new(Semaphore::new((cores / 2).max(1))), hashes: Arc::default() }
    }
}

impl HashingPermits {
    /// Acquires a permit. A waiting call must hold no database connection.
    pub async fn acquire(&self) -> Result<HashingPermit> {
        let permits = Arc::clone(&self.permits);
        let Ok(Ok(permit)) = timeout(PERMIT_TIMEOUT, permits.acquire_owned()).await else { return Err(Error::Busy) };
        Ok(HashingPermit { _permit: Arc::new(permit), hashes: Arc::clone(&self.hashes) })
    }

    /// Number of passwords that were hashed so far.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }
}

/// Hashes a new password: in the database of a WHMCS as that does, because not every PHP verifies Argon2.
pub async fn hash(hashing_permit: &HashingPermit, storage: PasswordStorage, password: String) -> Result<String> {
    let work = move || match storage {
        PasswordStorage::Whmcs => secret::hash_as_whmcs(&password),
        PasswordStorage::Own | PasswordStorage::Auto => secret::hash(&password),
    };
    run_with_permit(hashing_permit, work).await?
}

/// Whether a password matches a stored hash. A malformed hash never matches, and takes as long to check.
pub async fn matches(hashing_permit: &HashingPermit, stored: String, password: String) -> Result<bool> {
    run_with_permit(hashing_permit, move || secret::matches(&stored, &password)).await
}

async fn run_with_permit<T: Send + 'static>(
    hashing_permit: &HashingPermit,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T> {
    // The hash is computed to its end even if the caller has stopped waiting, so the permit must last that long.
    let hashing_permit = hashing_permit.clone();
    let done = tokio::task::spawn_blocking(move || {
        hashing_permit.hashes.fetch_add(1, Ordering::Relaxed);
        work()
    });
    done.await.map_err(|error| Error::Internal(format!("hashing a password: {error}").into()))
}
