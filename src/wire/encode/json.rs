//! The body of a reply in JSON.

use super::EncodeError;
use super::body::Body;
use super::php::{Layout, ToJson, as_php, plain};
use super::shared::sharing;
use crate::config::Slashes;

/// Writes a reply, which is likely to have so many bytes.
pub fn encode(reply: &dyn ToJson, layout: Layout, slashes: Slashes, expected: usize) -> Result<Body, EncodeError> {
    let (json, parts) = sharing(slashes, || plain(reply, layout, expected))?;
    let (json, gaps) = as_php(json, slashes);
    if gaps.len() != parts.in_order.len() {
        return Err(EncodeError("a shared part was written where no reply was".to_owned()));
    }
    Ok(Body::new(json.into(), gaps.into_iter().zip(parts.in_order).collect(), parts.distinct))
}
