//! The headers that tell clients what is left of their rate limits.
//!
//! `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` are what clients and proxies read today. They have room for
//! one limit, so they tell of the one that is exhausted first. `RateLimit-Policy` and `RateLimit` are the form that the IETF
//! is about to standardize (draft-ietf-httpapi-ratelimit-headers, from version 8 on), with all limits. `X-RateLimit-Reset` is
//! not sent: some clients read it as seconds and others as a time.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::auth::rate_limits::{CallUsage, WindowUsage};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
/// Seconds, as in `Retry-After`.
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

pub fn add(headers: &mut HeaderMap, usage: &CallUsage) {
    let Some(tightest) = usage.tightest() else { return };
    headers.insert(LIMIT, tightest.limit.into());
    headers.insert(REMAINING, tightest.remaining.into());
    headers.insert(RESET, tightest.reset_seconds.into());
    let list = |item: fn(WindowUsage) -> String| usage.windows().map(item).collect::<Vec<_>>().join(", ");
    let policy = list(|usage| format!("\"{}\";q={};w={}", usage.window.name(), usage.limit, usage.window.seconds()));
    let rate_limit =
        list(|usage| format!("\"{}\";r={};t={}", usage.window.name(), usage.remaining, usage.reset_seconds));
    for (name, text) in [(POLICY, policy), (RATE_LIMIT, rate_limit)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}
