//! Checking secrets against their hashes, and remembering those that were right.
//!
//! A hash takes some 20 ms and 19 MiB on purpose, and clients send their secret with every call. So a secret that was
//! right is remembered for a while: not the secret, but a keyed hash of it together with the stored hash, under a key
//! that is made at start and never leaves the process. When the stored hash changes, what is remembered fits no more.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use blake2::Blake2bMac512;
use blake2::digest::{KeyInit, Mac};
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use super::Claim;
use crate::error::{Error, Result};

const REMEMBERED: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_mins(5);
/// How long a call waits for its turn at hashing before it is told to come again.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);

/// What an unknown identifier's secret is checked against, so that it takes as long as a known one's. No secret has
/// this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gc3VjaCBjcmVkZW50aWFs$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

type Fingerprint = [u8; 64];

pub struct Verifier {
    key: [u8; 64],
    remembered: Cache<Fingerprint, ()>,
    /// Bounds the work and the memory that guessing can cost.
    turns: Arc<Semaphore>,
}

impl Verifier {
    pub fn new() -> Result<Verifier> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Verifier {
            key,
            remembered: Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build(),
            turns: Arc::new(Semaphore::new((cores / 2).max(1))),
        })
    }

    /// Whether this very claim was verified a short while ago.
    pub fn remembers(&self, claim: &Claim<'_>) -> bool {
        self.remembered.contains_key(&self.fingerprint(claim))
    }

    /// Checks a claim the slow way. Of many calls with the same claim at once, one checks and the others wait for it.
    pub async fn verify(&self, claim: &Claim<'_>) -> Result<()> {
        let check = self.check(claim);
        let checked = self.remembered.try_get_with(self.fingerprint(claim), check).await;
        checked.map_err(|error| match *error {
            Error::Busy => Error::Busy,
            Error::NotAuthenticated => Error::NotAuthenticated,
            ref fault => Error::Internal(fault.to_string().into()),
        })
    }

    async fn check(&self, claim: &Claim<'_>) -> Result<()> {
        let turn = timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Error::Busy) };
        let stored = stored_hash(claim).to_owned();
        let secret = claim.secret.to_owned();
        let check = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            matches(&stored, &secret)
        });
        match check.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::NotAuthenticated),
            Err(error) => Err(Error::Internal(format!("checking a secret: {error}").into())),
        }
    }

    fn fingerprint(&self, claim: &Claim<'_>) -> Fingerprint {
        let credential = claim.roles.first().map_or(0, |credential| credential.id);
        let stored = stored_hash(claim);
        let mut mac = Blake2bMac512::new((&self.key).into());
        mac.update(&credential.to_be_bytes());
        mac.update(&stored.len().to_be_bytes());
        mac.update(stored.as_bytes());
        mac.update(claim.secret.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

fn stored_hash<'c>(claim: &'c Claim<'_>) -> &'c str {
    claim.roles.first().map_or(NOBODY, |credential| &credential.secret)
}

fn matches(stored: &str, secret: &str) -> bool {
    match PasswordHash::new(stored) {
        Ok(stored) => Argon2::default().verify_password(secret.as_bytes(), &stored).is_ok(),
        Err(_) => {
            warn!("a secret in tbldeviceauth is no Argon2 hash, so its credential cannot be used here");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_a_well_formed_hash() {
        assert!(PasswordHash::new(NOBODY).is_ok());
        assert!(!matches(NOBODY, ""));
    }

    #[test]
    fn other_formats_are_refused() {
        assert!(!matches("$2y$10$abcdefghijklmnopqrstuuJ2vH3f7mV0m2C4Fj6Qk0zXyN0aVbZ2K", "secret"));
        assert!(!matches("secret", "secret"));
        assert!(!matches("", ""));
    }
}
