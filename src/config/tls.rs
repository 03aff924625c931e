//! Settings of TLS, and what the listener sends in clear without it.

use std::path::PathBuf;

use anyhow::bail;
use serde::{Deserialize, Serialize};

use super::Settings;

/// The files of the listener's certificate: both or none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// A PEM file with the certificate of this server, followed by the intermediate ones. Empty for plain HTTP.
    pub certificate: PathBuf,
    /// A PEM file with the private key of that certificate.
    pub key: PathBuf,
}

impl Tls {
    pub fn is_enabled(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        match (self.is_enabled(), !self.key.as_os_str().is_empty()) {
            (true, false) => bail!("tls.key: is missing; it is the file with the private key of tls.certificate"),
            (false, true) => bail!("tls.certificate: is missing; it is the file with the certificate for tls.key"),
            _ => Ok(()),
        }
    }
}

impl Settings {
    /// The scheme of the listener's URL.
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_enabled() { "https" } else { "http" }
    }

    /// A warning if other machines can reach the listener, and nothing shows that their secrets are encrypted on the way.
    pub fn clear_text_warning(&self) -> Option<String> {
        let is_local = self.listen.ip().to_canonical().is_loopback();
        let is_encrypted = self.tls.is_enabled() || !self.access.trusted_proxies.is_empty();
        (!is_local && !is_encrypted).then(|| {
            format!(
                "other machines can reach {} (listen) without TLS, so secrets of credentials travel in clear: set \
                 tls.certificate and tls.key, or let a proxy with TLS make the calls and name it in \
                 access.trusted_proxies",
                self.listen
            )
        })
    }
}
