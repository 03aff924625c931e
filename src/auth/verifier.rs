//! Verifies secrets against their hashes and caches successes.
//!
//! A hash deliberately takes some 20 ms and 19 MiB, and clients send their secret with every call. So a successful
//! verification is cached for a while: not the secret, but a keyed hash of it together with the stored hash, under a
//! key that is made at start and never leaves the process. Once the stored hash changes, the cached entry no longer
//! matches.

use std::net::IpAddr;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use blake2::Blake2bMac512;
use blake2::digest::{KeyInit, Mac};
use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use super::{Login, secret};
use crate::error::{Error, Result};
use crate::network::subscriber;

const CACHE_SIZE: u64 = 10_000;
const CACHE_FOR: Duration = Duration::from_mins(5);
/// How long a successful log-in counts as known after its last call.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// Time limit for acquiring a hashing permit, after which the call fails with `Busy`.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(1);

type Fingerprint = [u8; 64];

/// The secrets of a request, each with a stored hash to compare it with. The claim holds if at least one pair matches.
pub struct SecretClaim {
    /// Identifies the row that the claim is for.
    pub owner: String,
    /// Whether a successful log-in is remembered for [`Verifier::is_known`]. That is allowed for secrets with many
    /// random bits, and not for passwords that a person chose.
    pub may_be_known: bool,
    pub pairs: Vec<(String, String)>,
}

pub struct Verifier {
    key: [u8; 64],
    verified: Cache<Fingerprint, ()>,
    /// Log-ins that succeeded recently, even if the secret has changed since.
    known: Cache<Fingerprint, ()>,
    /// Permits that limit the CPU time and memory that guessing can cost.
    hashing_permits: Arc<Semaphore>,
    /// A hashing permit reserved for known log-ins, so that guessing does not delay them.
    known_caller_permits: Arc<Semaphore>,
}

impl Verifier {
    pub fn new() -> Result<Verifier> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Verifier {
            key,
            verified: Cache::builder().max_capacity(CACHE_SIZE).time_to_live(CACHE_FOR).build(),
            known: Cache::builder().max_capacity(CACHE_SIZE).time_to_idle(KNOWN_FOR).build(),
            hashing_permits: Arc::new(Semaphore::new((cores / 2).max(1))),
            known_caller_permits: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether exactly this claim was verified recently.
    pub fn has_verified(&self, claim: &SecretClaim) -> bool {
        self.verified.contains_key(&self.fingerprint_of_claim(claim))
    }

    /// Whether this log-in succeeded recently from the same address. It may be invalid by now, so this authenticates
    /// nobody.
    pub async fn is_known(&self, login: &Login<'_>, address: IpAddr) -> bool {
        self.known.get(&self.fingerprint_of_login(login, address)).await.is_some()
    }

    /// Verifies a claim by hashing. Concurrent calls with the same claim share one verification.
    pub async fn verify(&self, login: &Login<'_>, address: IpAddr, claim: SecretClaim) -> Result<()> {
        let (known, may_be_known) = (self.fingerprint_of_login(login, address), claim.may_be_known);
        let hashing_permits =
            if self.known.contains_key(&known) { &self.known_caller_permits } else { &self.hashing_permits };
        let fingerprint = self.fingerprint_of_claim(&claim);
        let checked = self.verified.try_get_with(fingerprint, check(Arc::clone(hashing_permits), claim)).await;
        match checked.as_ref().map_err(AsRef::as_ref) {
            Ok(()) => {
                if may_be_known {
                    self.known.insert(known, ()).await;
                }
                Ok(())
            }
            Err(Error::NotAuthenticated) => {
                self.known.invalidate(&known).await;
                Err(Error::NotAuthenticated)
            }
            Err(Error::Busy) => Err(Error::Busy),
            Err(fault) => Err(Error::Internal(fault.to_string().into())),
        }
    }

    fn fingerprint_of_claim(&self, claim: &SecretClaim) -> Fingerprint {
        let pairs = claim.pairs.iter().flat_map(|(stored, sent)| [stored.as_str(), sent.as_str()]);
        self.fingerprint([claim.owner.as_str()].into_iter().chain(pairs))
    }

    fn fingerprint_of_login(&self, login: &Login<'_>, address: IpAddr) -> Fingerprint {
        self.fingerprint([&*subscriber(address).to_string(), login.identifier, login.secret])
    }

    fn fingerprint<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Fingerprint {
        let mut mac = Blake2bMac512::new((&self.key).into());
        for text in texts {
            mac.update(&text.len().to_be_bytes());
            mac.update(text.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

async fn check(hashing_permits: Arc<Semaphore>, claim: SecretClaim) -> Result<()> {
    let Ok(Ok(permit)) = timeout(PERMIT_TIMEOUT, hashing_permits.acquire_owned()).await else {
        return Err(Error::Busy);
    };
    let check = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        claim.pairs.iter().any(|(stored, sent)| {
            if !secret::is_known_format(stored) {
                warn!(
                    owner = claim.owner,
                    "a stored secret is hashed neither with Argon2 nor with bcrypt: it never matches"
                );
            }
            secret::matches(stored, sent)
        })
    });
    match check.await {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::NotAuthenticated),
        Err(error) => Err(Error::Internal(format!("checking a secret: {error}").into())),
    }
}
