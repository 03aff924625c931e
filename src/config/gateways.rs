//! `[gateways]`: the endpoints of payment gateways; `[orders]`: which orders are checked for fraud.

use serde::{Deserialize, Serialize};

use super::{Endpoint, Secret};

/// The endpoint of a payment gateway.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Begins with `http://` or `https://`.
    #[serde(serialize_with = "super::endpoint_url::serialize")]
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

/// What happens to new orders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orders {
    /// Whose new orders the first endpoint of `[fraud]` is asked about.
    pub fraud_check: CheckedOrders,
}

/// The new orders that are checked for fraud, if `[fraud]` has an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckedOrders {
    #[default]
    All,
    /// Those of clients who have no active order.
    OfNewClients,
    None,
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
