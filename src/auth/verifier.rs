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
    pub kind: SecretKind,
    pub pairs: Vec<(String, String)>,
}

/// How hard it is to guess a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretKind {
    /// The secret of a credential, with many random bits, or its MD5 sum.
    Random,
    /// The password of a member of staff, which a person chose.
    Chosen,
}

/// How a log-in compares with those that succeeded recently from the same address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecentLogin {
    /// It is one of them, with a secret of this kind.
    Same(SecretKind),
    /// Another password than the one with which this member of staff logged in.
    OtherPassword,
    /// None with this identifier is known, or only credentials with other secrets are.
    Unknown,
}

pub struct Verifier {
    key: [u8; 64],
    verified: Cache<Fingerprint, ()>,
    /// Log-ins with random secrets that succeeded recently, even if the secret has changed since.
    known: Cache<Fingerprint, ()>,
    /// The same for staff: by address and user name, the last log-in that succeeded.
    known_staff: Cache<Fingerprint, Fingerprint>,
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
            known_staff: Cache::builder().max_capacity(CACHE_SIZE).time_to_idle(KNOWN_FOR).build(),
            hashing_permits: Arc::new(Semaphore::new((cores / 2).max(1))),
            known_caller_permits: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether exactly this claim was verified recently.
    pub fn has_verified(&self, claim: &SecretClaim) -> bool {
        self.verified.contains_key(&self.fingerprint_of_claim(claim))
    }

    /// Compares a log-in with those that succeeded recently from the same address. Secrets may have changed since, so
    /// this authenticates nobody.
    pub async fn recent_login(&self, login: &Login<'_>, address: IpAddr) -> RecentLogin {
        let sent = self.fingerprint_of_login(login, address);
        if self.known.get(&sent).await.is_some() {
            return RecentLogin::Same(SecretKind::Random);
        }
        match self.known_staff.get(&self.fingerprint_of_name(login, address)).await {
            Some(known) if known == sent => RecentLogin::Same(SecretKind::Chosen),
            Some(_) => RecentLogin::OtherPassword,
            None => RecentLogin::Unknown,
        }
    }

    /// Verifies a claim by hashing. Concurrent calls with the same claim share one verification.
    pub async fn verify(&self, login: &Login<'_>, address: IpAddr, claim: SecretClaim) -> Result<()> {
        let kind = claim.kind;
        let is_known = matches!(self.recent_login(login, address).await, RecentLogin::Same(_));
        let hashing_permits = if is_known { &self.known_caller_permits } else { &self.hashing_permits };
        let fingerprint = self.fingerprint_of_claim(&claim);
        let checked = self.verified.try_get_with(fingerprint, check(Arc::clone(hashing_permits), claim)).await;
        match checked.as_ref().map_err(AsRef::as_ref) {
            Ok(()) => {
                self.remember(login, address, kind).await;
                Ok(())
            }
            Err(Error::NotAuthenticated) => {
                if is_known {
                    self.forget(login, address).await;
                }
                Err(Error::NotAuthenticated)
            }
            Err(Error::Busy) => Err(Error::Busy),
            Err(fault) => Err(Error::Internal(fault.to_string().into())),
        }
    }

    /// Remembers a log-in that has succeeded.
    pub async fn remember(&self, login: &Login<'_>, address: IpAddr, kind: SecretKind) {
        let sent = self.fingerprint_of_login(login, address);
        match kind {
            SecretKind::Random => self.known.insert(sent, ()).await,
            SecretKind::Chosen => self.known_staff.insert(self.fingerprint_of_name(login, address), sent).await,
        }
    }

    async fn forget(&self, login: &Login<'_>, address: IpAddr) {
        self.known.invalidate(&self.fingerprint_of_login(login, address)).await;
        self.known_staff.invalidate(&self.fingerprint_of_name(login, address)).await;
    }

    fn fingerprint_of_claim(&self, claim: &SecretClaim) -> Fingerprint {
        let pairs = claim.pairs.iter().flat_map(|(stored, sent)| [stored.as_str(), sent.as_str()]);
        self.fingerprint([claim.owner.as_str()].into_iter().chain(pairs))
    }

    fn fingerprint_of_login(&self, login: &Login<'_>, address: IpAddr) -> Fingerprint {
        self.fingerprint([&*subscriber(address).to_string(), login.identifier, login.secret])
    }

    fn fingerprint_of_name(&self, login: &Login<'_>, address: IpAddr) -> Fingerprint {
        self.fingerprint([&*subscriber(address).to_string(), login.identifier])
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
