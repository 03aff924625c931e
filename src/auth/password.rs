//! Passwords of those who log in with the operator, as opposed to who calls the API.
//!
//! Hashing takes tens of milliseconds and much memory on purpose, so it is done on threads of its own and by few at a
//! time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::secret;
use crate::error::{Error, Result};

/// How long a call waits for its turn before it is told to come again.
const TURN_TIMEOUT: Duration = Duration::from_secs(3);

/// Bounds the work and the memory that guessing can cost.
pub struct Turns {
    permits: Arc<Semaphore>,
    hashes: Arc<AtomicU64>,
}

/// The right to hash, which lasts until its last copy is dropped.
#[derive(Debug, Clone)]
pub struct Turn {
    _permit: Arc<OwnedSemaphorePermit>,
    hashes: Arc<AtomicU64>,
}

impl Default for Turns {
    fn default() -> Turns {
        let cores = available_parallelism().map_or(1, usize::from);
        Turns { permits: Arc::new(Semaphore::new((cores / 2).max(1))), hashes: Arc::default() }
    }
}

impl Turns {
    /// Waits for a turn. Who waits holds nothing that others need, least of all a database connection.
    pub async fn take(&self) -> Result<Turn> {
        let permits = Arc::clone(&self.permits);
        let Ok(Ok(permit)) = timeout(TURN_TIMEOUT, permits.acquire_owned()).await else { return Err(Error::Busy) };
        Ok(Turn { _permit: Arc::new(permit), hashes: Arc::clone(&self.hashes) })
    }

    /// Number of passwords that were hashed so far.
    pub fn hashes(&self) -> u64 {
        self.hashes.load(Ordering::Relaxed)
    }
}

/// The hash of a new password, which PHP's `password_verify` knows, too.
pub async fn hash(turn: &Turn, password: String) -> Result<String> {
    in_turn(turn, move || secret::hash(&password)).await?
}

/// Whether a password has this hash. What is stored may be no hash at all, which takes as long.
pub async fn matches(turn: &Turn, stored: String, password: String) -> Result<bool> {
    in_turn(turn, move || secret::matches(&stored, &password)).await
}

async fn in_turn<T: Send + 'static>(turn: &Turn, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    // It goes on hashing when nobody waits for it any more.
    let turn = turn.clone();
    let done = tokio::task::spawn_blocking(move || {
        turn.hashes.fetch_add(1, Ordering::Relaxed);
        work()
    });
    done.await.map_err(|error| Error::Internal(format!("hashing a password: {error}").into()))
}
