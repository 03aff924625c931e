//! Checking secrets against their hashes, and remembering those that were right.
//!
//! A hash takes some 20 ms and 19 MiB on purpose, and clients send their secret with every call. So a secret that was
//! right is remembered for a while: not the secret, but a keyed hash of it together with the stored hash, under a key
//! that is made at start and never leaves the process. When the stored hash changes, what is remembered fits no more.

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

const REMEMBERED: u64 = 10_000;
const REMEMBERED_FOR: Duration = Duration::from_mins(5);
/// How long a log-in that was right counts as known after its last call.
const KNOWN_FOR: Duration = Duration::from_hours(1);
/// How long a call waits for its turn at hashing before it is told to come again.
const TURN_TIMEOUT: Duration = Duration::from_secs(1);

type Fingerprint = [u8; 64];

/// Texts that were sent, each with the stored hash that it may fit. One that fits is enough.
pub struct Claim {
    /// Tells claims on different rows apart.
    pub owner: String,
    /// Whether it may count as known: a secret of many random bits may, a password that a person chose may not.
    pub may_be_known: bool,
    pub pairs: Vec<(String, String)>,
}

pub struct Verifier {
    key: [u8; 64],
    remembered: Cache<Fingerprint, ()>,
    /// Log-ins that were right lately, whatever became of them since.
    known: Cache<Fingerprint, ()>,
    /// Bounds the work and the memory that guessing can cost.
    turns: Arc<Semaphore>,
    /// A turn that those who are known need not share with those who guess.
    turns_of_known: Arc<Semaphore>,
}

impl Verifier {
    pub fn new() -> Result<Verifier> {
        let mut key = [0; 64];
        getrandom::fill(&mut key).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
        let cores = available_parallelism().map_or(1, usize::from);
        Ok(Verifier {
            key,
            remembered: Cache::builder().max_capacity(REMEMBERED).time_to_live(REMEMBERED_FOR).build(),
            known: Cache::builder().max_capacity(REMEMBERED).time_to_idle(KNOWN_FOR).build(),
            turns: Arc::new(Semaphore::new((cores / 2).max(1))),
            turns_of_known: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether this very claim was verified a short while ago.
    pub fn remembers(&self, claim: &Claim) -> bool {
        self.remembered.contains_key(&self.fingerprint_of_claim(claim))
    }

    /// Whether this log-in was right lately, from the same place. It may be no more: this is no reason to let anybody in.
    pub async fn knows(&self, login: &Login<'_>, address: IpAddr) -> bool {
        self.known.get(&self.fingerprint_of_login(login, address)).await.is_some()
    }

    /// Checks a claim the slow way. Of many calls with the same claim at once, one checks and the others wait for it.
    pub async fn verify(&self, login: &Login<'_>, address: IpAddr, claim: Claim) -> Result<()> {
        let (known, may_be_known) = (self.fingerprint_of_login(login, address), claim.may_be_known);
        let turns = if self.known.contains_key(&known) { &self.turns_of_known } else { &self.turns };
        let fingerprint = self.fingerprint_of_claim(&claim);
        let checked = self.remembered.try_get_with(fingerprint, check(Arc::clone(turns), claim)).await;
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

    fn fingerprint_of_claim(&self, claim: &Claim) -> Fingerprint {
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

async fn check(turns: Arc<Semaphore>, claim: Claim) -> Result<()> {
    let Ok(Ok(turn)) = timeout(TURN_TIMEOUT, turns.acquire_owned()).await else { return Err(Error::Busy) };
    let check = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        claim.pairs.iter().any(|(stored, sent)| {
            if !secret::is_known_format(stored) {
                warn!(of = claim.owner, "a stored secret is hashed neither with Argon2 nor with bcrypt: it is refused");
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
