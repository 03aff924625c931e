//! Settings of log, metrics and traces.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The format of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// The listener for Prometheus.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Empty for none.
    pub listen: String,
}

/// The export of traces.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traces {
    /// The URL of a collector for OTLP over HTTP. Empty for none.
    #[serde(serialize_with = "super::endpoint_url::serialize")]
    pub url: String,
    /// Percentage of calls that are traced, unless the caller has decided.
    pub percent: u32,
}

impl Default for Traces {
    fn default() -> Traces {
        Traces { url: String::new(), percent: 100 }
    }
}

impl Metrics {
    /// The address to listen on, if metrics are enabled.
    pub fn address(&self) -> Result<Option<SocketAddr>, std::net::AddrParseError> {
        if self.listen.is_empty() { Ok(None) } else { self.listen.parse().map(Some) }
    }
}
