//! `[webhooks]`: how events are sent. The endpoints are in the database.

use serde::{Deserialize, Serialize};

use crate::network::Network;

/// Sending of events to endpoints.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Networks of the operator where endpoints may be, in addition to public addresses. Plain HTTP is sent there only.
    pub allowed_networks: Vec<Network>,
    /// Time limit of a request.
    pub timeout_seconds: u64,
}

impl Default for Webhooks {
    fn default() -> Webhooks {
        Webhooks { allowed_networks: Vec::new(), timeout_seconds: 10 }
    }
}
