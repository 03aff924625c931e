//! `[whois]`: questions to registries.

use std::path::PathBuf;

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// A server that takes longer is considered hanging.
const MAX_SECONDS: u64 = 60;

/// How registries are asked whether a domain name is registered.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Whois {
    /// Whether registries are asked at all.
    pub enabled: bool,
    /// The list of RDAP servers, in the format of RFC 9224. Empty for the one that is compiled in.
    pub rdap_file: PathBuf,
    /// A list of WHOIS servers, in the format of WHMCS's `whois.json`, that comes before the one that is compiled in. Empty
    /// for none.
    pub servers_file: PathBuf,
    /// Time limit for each server.
    pub timeout_seconds: u64,
    /// Maximum number of names that are asked about at a time.
    pub concurrent: usize,
}

impl Default for Whois {
    fn default() -> Whois {
        Whois {
            enabled: true,
            rdap_file: PathBuf::new(),
            servers_file: PathBuf::new(),
            timeout_seconds: 5,
            concurrent: 16,
        }
    }
}

impl Whois {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !(1..=MAX_SECONDS).contains(&self.timeout_seconds) {
            bail!("whois.timeout_seconds: must be from 1 to {MAX_SECONDS}");
        }
        if self.concurrent == 0 {
            bail!("whois.concurrent: must be at least 1");
        }
        Ok(())
    }
}
