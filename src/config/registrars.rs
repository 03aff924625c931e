//! `[registrars]`: the endpoints of registrars.

use serde::{Deserialize, Serialize};

use super::{Endpoint, Secret};

/// The endpoint of a registrar.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Registrar {
    /// Begins with `http://` or `https://`.
    #[serde(serialize_with = "super::endpoint_url::serialize")]
    pub url: String,
    /// The key that signs requests.
    pub secret: Secret,
    #[serde(default = "Registrar::timeout_seconds")]
    pub timeout_seconds: u64,
    /// Whether the registrar remembers the ids of commands and does nothing twice, so that a command without an answer may
    /// be sent again.
    #[serde(default)]
    pub idempotent: bool,
    /// Whether a paid invoice registers, transfers and renews domains without anybody asking for it.
    #[serde(default = "Registrar::on_payment")]
    pub on_payment: bool,
    /// The name servers of new domains whose order names none and that come without hosting.
    #[serde(default)]
    pub nameservers: Vec<String>,
    /// The name that people read. Empty for the name in the settings.
    #[serde(default)]
    pub display_name: String,
}

impl Registrar {
    fn timeout_seconds() -> u64 {
        60
    }

    fn on_payment() -> bool {
        true
    }

    /// Where and how requests are sent.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { url: self.url.clone(), secret: self.secret.clone(), timeout_seconds: self.timeout_seconds }
    }
}
