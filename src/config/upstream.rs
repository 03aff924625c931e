//! The WHMCS behind this server, which answers the calls that are passed to it.

use anyhow::bail;
use serde::{Deserialize, Serialize};

/// Longer answers are a mistake, and a client gives up before.
const MAX_SECONDS: u64 = 600;
/// The largest answer that is kept in memory until it is sent.
const MAX_REPLY_BYTES: usize = 256 << 20;

/// Which calls are passed to a WHMCS, and which reads are compared with its answers.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Upstream {
    /// The address of its API. Empty for none: then nothing of the following has an effect.
    pub url: String,
    /// Patterns of the actions that it answers although this server has them, besides those that this server lacks.
    pub actions: Vec<String>,
    /// Patterns of the actions this server lacks that change nothing.
    pub reads: Vec<String>,
    /// Whether calls with credentials that this server does not know are passed, so that the WHMCS verifies them.
    pub unverified: bool,
    /// Time limit of an answer.
    pub timeout_seconds: u64,
    /// Maximum size of an answer.
    pub reply_bytes: usize,
    /// Maximum number of calls that are passed at a time.
    pub calls: usize,
    /// Patterns of the reads that it answers and that this server runs as well, to compare the replies.
    pub compare: Vec<String>,
    /// Paths in replies whose differences are not counted, such as `GetStats:**` or `**.lastlogin`.
    pub compare_ignore: Vec<String>,
    /// Whether an example of the differing values is stored, without those of secrets.
    pub compare_values: bool,
}

impl Default for Upstream {
    fn default() -> Upstream {
        Upstream {
            url: String::new(),
            actions: Vec::new(),
            reads: ["Get*", "List*", "DomainGet*", "DomainWhois"].map(str::to_owned).into(),
            unverified: false,
            timeout_seconds: 60,
            reply_bytes: 16 << 20,
            calls: 64,
            compare: Vec::new(),
            compare_ignore: Vec::new(),
            compare_values: false,
        }
    }
}

impl Upstream {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !self.url.is_empty() && !is_usable(&self.url) {
            bail!(
                "upstream.url: must be the address of a WHMCS's API, such as https://billing.example.com/includes/api.php, \
                 without a user name, `?` or `#`, or empty"
            );
        }
        if !(1..=MAX_SECONDS).contains(&self.timeout_seconds) {
            bail!("upstream.timeout_seconds: must be from 1 to {MAX_SECONDS}");
        }
        if !(1..=MAX_REPLY_BYTES).contains(&self.reply_bytes) {
            bail!("upstream.reply_bytes: must be from 1 to {MAX_REPLY_BYTES}");
        }
        for (path, patterns) in [("actions", &self.actions), ("reads", &self.reads), ("compare", &self.compare)] {
            if let Some(pattern) = patterns.iter().find(|pattern| !is_pattern(pattern)) {
                bail!("upstream.{path}: `{pattern}` must be the name of an action, or a pattern such as Get*");
            }
        }
        if let Some(path) = self.compare_ignore.iter().find(|path| path.trim().is_empty()) {
            bail!("upstream.compare_ignore: `{path}` must be a path such as clients.client.*.lastlogin");
        }
        Ok(())
    }
}

/// Whether a call can be sent to this URL. A password in it would be shown with the settings.
fn is_usable(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| {
        let is_http = ["http", "https"].contains(&url.scheme()) && url.has_host();
        let is_plain = url.query().is_none() && url.fragment().is_none();
        is_http && is_plain && url.username().is_empty() && url.password().is_none()
    })
}

fn is_pattern(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_*".contains(&byte))
}
