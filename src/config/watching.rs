//! How the server is watched.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// Where Prometheus reads.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Empty for nowhere.
    pub listen: String,
}

/// Where traces are sent.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traces {
    /// Of a collector that takes OTLP over HTTP. Empty for none.
    pub url: String,
    /// Of how many of a hundred calls, where the caller does not say.
    pub percent: u32,
}

impl Default for Traces {
    fn default() -> Traces {
        Traces { url: String::new(), percent: 100 }
    }
}

impl Metrics {
    /// The address to listen on, if there is any.
    pub fn address(&self) -> Result<Option<SocketAddr>, std::net::AddrParseError> {
        if self.listen.is_empty() { Ok(None) } else { self.listen.parse().map(Some) }
    }
}
