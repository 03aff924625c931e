//! Bytes to values and back. Nothing here knows of actions.

pub mod decode;
pub mod encode;

use serde::Serialize;

pub use decode::{Malformed, Parameters};
pub use encode::{Encoded, Encoder, Format, LogRules, redacted};

/// A reply as WHMCS wraps it: `"result":"success"` first, then the reply's own fields.
#[derive(Debug, Serialize)]
pub struct Success<R> {
    result: &'static str,
    #[serde(flatten)]
    reply: R,
}

impl<R> Success<R> {
    pub fn new(reply: R) -> Self {
        Success { result: "success", reply }
    }
}

/// Any failure as WHMCS tells it.
#[derive(Debug, Serialize)]
pub struct Failure<'m> {
    result: &'static str,
    message: &'m str,
}

impl<'m> Failure<'m> {
    pub fn new(message: &'m str) -> Self {
        Failure { result: "error", message }
    }
}
