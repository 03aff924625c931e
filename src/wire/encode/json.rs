//! Encoding of replies as JSON.

use super::EncodeError;
use super::body::Body;
use super::php::{Layout, ToJson, escape_as_php, plain_json};
use super::shared::collect_shared_parts;
use crate::config::Slashes;

/// Encodes a reply as JSON. `expected` is the capacity to reserve, in bytes.
pub fn encode(reply: &dyn ToJson, layout: Layout, slashes: Slashes, expected: usize) -> Result<Body, EncodeError> {
    let (json, parts) = collect_shared_parts(slashes, || plain_json(reply, layout, expected))?;
    let (json, gaps) = escape_as_php(json, slashes);
    if gaps.len() != parts.in_order.len() {
        return Err(EncodeError("a shared part was written where no reply was".to_owned()));
    }
    Ok(Body::new(json.into(), gaps.into_iter().zip(parts.in_order).collect(), parts.distinct))
}
