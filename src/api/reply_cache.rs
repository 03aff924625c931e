//! The replies that are kept in memory, each with the fingerprint of the rows that it was made from.
//!
//! A kept reply is sent only after the database has computed the same fingerprint again, by a statement that began after the
//! call had come ([`super::shared_read`]). So nothing here expires because the rows have changed, but because a reply was not
//! used for a while, or others need the memory.
//!
//! Replies depend on the settings, so there is a new cache when these are read again.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::future::Cache;
use sha2::{Digest, Sha256};

use crate::config::Settings;
use crate::database::coalescing::{Joined, Turns};
use crate::database::fingerprint::{Fingerprint, FingerprintQuery};
use crate::wire::Encoded;

/// How long a reply is kept that is not used.
const MAX_IDLE: Duration = Duration::from_mins(10);
/// How long replies are made anew without trying to keep them, after one could not be kept.
const UNSUITABLE_FOR: Duration = Duration::from_mins(10);
/// Larger replies are kept with their shared parts apart, and put together for each client.
const MAX_JOINED_BYTES: usize = 4 << 20;
/// Memory of an entry beside the reply.
const ENTRY_BYTES: usize = 512;

pub struct ReplyCache {
    replies: Cache<Key, Kept>,
    max_bytes: usize,
    turns: Turns<Key, Arc<SharedReply>>,
    /// A hash of what all replies depend on: the version of this program, and the settings.
    basis: [u8; 32],
}

/// What a reply depends on besides the rows, as a hash.
pub type Key = [u8; 32];

/// A reply for several callers.
pub struct SharedReply {
    /// The fingerprint of the rows that it was made from; `None` if these changed meanwhile.
    pub fingerprint: Option<Fingerprint>,
    /// As in the header `ETag`.
    pub etag: Option<String>,
    pub reply: Encoded,
}

#[derive(Clone)]
enum Kept {
    Reply(Arc<SharedReply>),
    /// The last reply was too large, or the database could compute no fingerprint.
    Unsuitable {
        until: Instant,
    },
}

impl ReplyCache {
    pub fn new(settings: &Settings) -> ReplyCache {
        let max_bytes = settings.limits.reply_cache_bytes;
        let compat = serde_json::to_string(&settings.compat).unwrap_or_default();
        let replies = Cache::builder()
            .max_capacity(max_bytes as u64)
            .weigher(|_, kept: &Kept| u32::try_from(kept.bytes()).unwrap_or(u32::MAX))
            .time_to_idle(MAX_IDLE)
            .build();
        let basis = Sha256::digest(format!("{} {compat}", env!("CARGO_PKG_VERSION"))).into();
        ReplyCache { replies, max_bytes, turns: Turns::default(), basis }
    }

    /// Returns the key of the replies of an action in a format, for the values of this query; `None` if none are kept.
    pub fn key(&self, action: &str, format: &str, query: &FingerprintQuery) -> Option<Key> {
        let mut hasher = Sha256::new();
        hasher.update(self.basis);
        hasher.update(format!("{action}\n{format}\n"));
        hasher.update(query.digest());
        (self.max_bytes > 0).then(|| hasher.finalize().into())
    }

    /// Returns the entity tag of the reply with this key that is made from rows with this fingerprint.
    pub fn etag(key: &Key, fingerprint: Fingerprint) -> String {
        let mut hasher = Sha256::new();
        hasher.update(key);
        hasher.update(fingerprint.0);
        let digest = hasher.finalize();
        let hex = digest.iter().take(16).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        format!("\"{hex}\"")
    }

    /// Returns the kept reply, if it was made from rows with this fingerprint.
    pub async fn get(&self, key: &Key, fingerprint: Fingerprint) -> Option<Arc<SharedReply>> {
        match self.replies.get(key).await? {
            Kept::Reply(reply) if reply.fingerprint == Some(fingerprint) => Some(reply),
            Kept::Reply(_) | Kept::Unsuitable { .. } => None,
        }
    }

    /// Whether replies with this key could not be kept a while ago.
    pub async fn is_unsuitable(&self, key: &Key) -> bool {
        matches!(self.replies.get(key).await, Some(Kept::Unsuitable { until }) if Instant::now() < until)
    }

    /// Keeps a reply in place of the previous one, unless it is too large: then it has no entity tag, as the next ones.
    pub async fn keep(&self, key: Key, mut reply: SharedReply) -> Arc<SharedReply> {
        if reply.bytes() > self.max_bytes {
            self.mark_unsuitable(key).await;
            reply.etag = None;
            return Arc::new(reply);
        }
        let reply = Arc::new(reply);
        self.replies.insert(key, Kept::Reply(Arc::clone(&reply))).await;
        reply
    }

    pub async fn mark_unsuitable(&self, key: Key) {
        self.replies.insert(key, Kept::Unsuitable { until: Instant::now() + UNSUITABLE_FOR }).await;
    }

    /// Frees the memory of replies that were not used for a while.
    pub async fn evict_unused(&self) {
        self.replies.run_pending_tasks().await;
    }

    /// Joins the calls in progress with this key.
    pub fn join(&self, key: Key) -> Joined<'_, Key, Arc<SharedReply>> {
        self.turns.join(key)
    }
}

impl SharedReply {
    pub fn new(fingerprint: Option<Fingerprint>, etag: Option<String>, reply: Encoded) -> SharedReply {
        let body = reply.body.joined(MAX_JOINED_BYTES);
        SharedReply { fingerprint, etag, reply: Encoded { body, ..reply } }
    }

    fn bytes(&self) -> usize {
        ENTRY_BYTES + self.reply.body.memory_len() + self.reply.log.len()
    }
}

impl Kept {
    fn bytes(&self) -> usize {
        match self {
            Kept::Reply(reply) => reply.bytes(),
            Kept::Unsuitable { .. } => ENTRY_BYTES,
        }
    }
}

/// Whether a header `If-None-Match` has this entity tag.
pub fn has_etag(if_none_match: &str, etag: &str) -> bool {
    let mut sent = if_none_match.split(',').map(str::trim);
    sent.any(|sent| sent == "*" || sent.strip_prefix("W/").unwrap_or(sent) == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Format;

    fn cache(bytes: usize) -> ReplyCache {
        let mut settings = Settings::default();
        settings.limits.reply_cache_bytes = bytes;
        ReplyCache::new(&settings)
    }

    fn reply(fingerprint: Fingerprint, bytes: usize) -> SharedReply {
        let encoded = Encoded { format: Format::Json, body: vec![b'x'; bytes].into(), log: String::new() };
        SharedReply::new(Some(fingerprint), Some("\"a\"".to_owned()), encoded)
    }

    #[test]
    fn entity_tags_are_found_in_a_header() {
        for (header, is_there) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("*", true),
            ("\"b\", W/\"a\" ,\"c\"", true),
            ("", false),
            ("a", false),
            ("\"b\"", false),
            ("\"a\" \"b\"", false),
        ] {
            assert_eq!(has_etag(header, "\"a\""), is_there, "{header}");
        }
    }

    #[tokio::test]
    async fn memory_is_bounded_and_what_does_not_fit_is_not_tried_again() {
        let cache = cache(10_000);
        let fingerprint = Fingerprint([1; 32]);
        for number in 0..100 {
            cache.keep([number; 32], reply(fingerprint, 3000)).await;
        }
        cache.evict_unused().await;
        assert!(cache.replies.weighted_size() <= 10_000 && cache.replies.entry_count() > 0);
        let large = [200; 32];
        assert_eq!(cache.keep(large, reply(fingerprint, 10_000)).await.etag, None);
        assert!(cache.get(&large, fingerprint).await.is_none() && cache.is_unsuitable(&large).await);
        assert!(cache.keep(large, reply(fingerprint, 1)).await.etag.is_some());
        assert!(cache.get(&large, fingerprint).await.is_some() && !cache.is_unsuitable(&large).await);
        assert!(cache.get(&large, Fingerprint([2; 32])).await.is_none(), "made from other rows");
    }
}
