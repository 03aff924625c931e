//! Answers a read from memory if the database confirms that the rows are the same: one statement computes their fingerprint.
//!
//! A reply is never older than its call, whoever has written meanwhile, be it this server, another one or a WHMCS:
//!
//! - The fingerprint is computed by a statement that begins after the call has come; calls that come meanwhile share the next
//!   one ([`crate::database::coalescing`]).
//! - A reply is made from rows that are read in one snapshot, together with their fingerprint.
//!
//! The rows might be in tables without transactions, which have no snapshots. So a reply is kept only if the fingerprint was
//! the same before.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::time::timeout;
use tracing::warn;

use super::Api;
use super::reply_cache::{Key, ReplyCache, SharedReply, has_etag};
use super::request::ReadCall;
use crate::database::coalescing::Latest;
use crate::database::errors::{self, Retry};
use crate::database::fingerprint::{Fingerprint, FingerprintQuery};
use crate::database::lease::Lease;
use crate::database::pool::Commits;
use crate::error::Result;
use crate::wire::{Encoded, Format};

/// A call whose reply several callers may get.
pub(super) struct SharedCall<'c> {
    pub call: ReadCall<'c>,
    pub query: FingerprintQuery,
    pub key: Key,
}

enum Found {
    Reply(Latest<Arc<SharedReply>>),
    /// The caller has the reply already, which has this entity tag.
    NotModified(String),
}

impl Api {
    /// Answers a call with a reply that several callers may get.
    pub(super) async fn read_shared(&self, lease: Lease, shared: SharedCall<'_>) -> Result<Encoded> {
        let call = shared.call;
        let cache = &call.request.config.replies;
        if cache.is_unsuitable(&shared.key).await {
            return self.read_alone(lease, call).await;
        }
        let joined = cache.join(shared.key);
        let (lease, mut latest) = if let Some(turn) = joined.try_turn() {
            (Some(lease), turn)
        } else {
            // Other calls can use the connection while this one waits.
            lease.release_clean();
            (None, joined.turn().await)
        };
        let found = match latest.as_ref() {
            Some(Latest { began, value: reply }) if *began >= call.request.start => {
                lease.into_iter().for_each(Lease::release_clean);
                Arc::clone(reply)
            }
            _ => match self.find(lease, &shared).await? {
                Found::NotModified(etag) => return Ok(shared.not_modified(etag)),
                Found::Reply(found) => Arc::clone(&latest.insert(found).value),
            },
        };
        drop(latest);
        if let Some(etag) = found.etag.as_ref().filter(|etag| shared.has(etag)) {
            return Ok(shared.not_modified(etag.clone()));
        }
        let Some(reply) = call.request.encoder.shared_reply(&found.reply) else {
            let lease = self.new_lease_to_read().await?;
            return self.read_alone(lease, call).await;
        };
        if let Some(etag) = &found.etag {
            let _ = call.request.etag.set(etag.clone());
        }
        Ok(reply)
    }

    /// Finds the reply that is right now: the kept one if its rows have not changed, or else a new one.
    async fn find(&self, lease: Option<Lease>, shared: &SharedCall<'_>) -> Result<Found> {
        let SharedCall { call, query, key } = shared;
        let cache = &call.request.config.replies;
        let lease = match lease {
            Some(lease) => self.lease_to_read(lease).await?,
            // The statement tells whether the connection is dead, so it needs no test.
            None if self.replica.is_none() => Lease::acquire_untested(Commits::EachStatement, &self.hosts).await?,
            None => self.new_lease_to_read().await?,
        };
        let began = Instant::now();
        let (lease, fingerprint) = self.fingerprint(lease, shared).await?;
        if let Some(fingerprint) = fingerprint {
            let etag = ReplyCache::etag(key, fingerprint);
            let found = match cache.get(key, fingerprint).await {
                Some(reply) => Some(Found::Reply(Latest { began, value: reply })),
                None => shared.has(&etag).then_some(Found::NotModified(etag)),
            };
            if let Some(found) = found {
                lease.release_clean();
                return Ok(found);
            }
        }
        let began = Instant::now();
        let (reply, after) = self.make_reply(lease, *call, Some(query)).await?;
        let fingerprint = after.filter(|after| fingerprint == Some(*after));
        let etag = fingerprint.map(|fingerprint| ReplyCache::etag(key, fingerprint));
        let reply = SharedReply::new(fingerprint, etag, reply);
        let reply = match (fingerprint, after) {
            (Some(_), _) => cache.keep(*key, reply).await,
            (None, Some(_)) => Arc::new(reply),
            (None, None) => {
                cache.mark_unsuitable(*key).await;
                Arc::new(reply)
            }
        };
        Ok(Found::Reply(Latest { began, value: reply }))
    }

    /// Computes the fingerprint; `None` if that failed, in which case the reply is made anew, with the usual retries.
    async fn fingerprint(&self, mut lease: Lease, shared: &SharedCall<'_>) -> Result<(Lease, Option<Fingerprint>)> {
        let SharedCall { call, query, .. } = shared;
        let read = timeout(call.request.config.time_limit / 2, query.read(&mut lease)).await;
        match read.unwrap_or_else(|_| Err(sqlx::Error::Protocol("a fingerprint took too long".into()))) {
            Ok(fingerprint) => return Ok((lease, fingerprint)),
            Err(error) => {
                warn!(%error, action = &*call.entry.name, "a fingerprint could not be computed, so the reply is made anew");
                match errors::retry_policy(&error) {
                    Retry::Never => lease.release(),
                    Retry::SameConnection | Retry::NewConnection => lease.discard(&error),
                }
            }
        }
        Ok((self.new_lease_to_read().await?, None))
    }
}

impl SharedCall<'_> {
    /// Whether the caller has the reply with this entity tag already.
    fn has(&self, etag: &str) -> bool {
        self.call.request.if_none_match.as_deref().is_some_and(|sent| has_etag(sent, etag))
    }

    /// Returns what a caller gets who has the reply already.
    fn not_modified(&self, etag: String) -> Encoded {
        let _ = self.call.request.etag.set(etag);
        self.call.request.is_not_modified.store(true, Ordering::Relaxed);
        Encoded::empty(Format::Json)
    }
}
