//! `[gateways]`: the endpoints of payment gateways.

use serde::{Deserialize, Serialize};

use super::{Endpoint, Secret};

/// The endpoint of a payment gateway.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Begins with `http://` or `https://`.
    pub url: String,
    /// The key that signs requests to the gateway, and what it tells by itself.
    pub secret: Secret,
    #[serde(default = "Gateway::timeout_seconds")]
    pub timeout_seconds: u64,
    /// Whether the gateway remembers the ids of commands and does nothing twice, so that a command without an answer may be
    /// sent again.
    #[serde(default)]
    pub idempotent: bool,
}

impl Gateway {
    fn timeout_seconds() -> u64 {
        60
    }

    /// Where and how requests are sent.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { url: self.url.clone(), secret: self.secret.clone(), timeout_seconds: self.timeout_seconds }
    }
}
