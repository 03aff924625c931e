//! Questions to registries: whether a domain name is registered, and what the registry publishes about it.
//!
//! A registry's own JSON over HTTPS (RDAP, RFC 9083) comes before WHOIS on port 43 (RFC 3912), whose text is for people.
//! Questions are bounded in time, size and number; answers are kept for a minute. A question may take seconds, so who asks
//! holds no database connection.
//!
//! An answer is only believed if it clearly is one: an error page, or a server that has been asked too often, must not make
//! a name look free.

mod http;
mod port43;
mod rdap;
mod servers;

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::warn;

use crate::config;
use crate::domain::domain_name::DomainName;
use crate::fault::{Fault, Result};
use http::Fetcher;
use servers::{RdapServers, Server, WhoisServers};

/// How long an answer is kept.
const KEEP_ANSWERS: Duration = Duration::from_mins(1);
/// Maximum size of all texts that are kept.
const KEPT_BYTES: u64 = 4 << 20;
/// Time limit for acquiring a permit to ask.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(3);

/// A registry's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub is_registered: bool,
    /// What the registry publishes about the name, as lines of plain text.
    pub text: Arc<str>,
}

/// The reasons for which there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// No server is known for names with this extension, or the settings forbid to ask.
    NotSupported,
    /// No server gave a usable answer in time. The log says why.
    Unanswered,
    /// Too many questions are waiting.
    Busy,
}

/// The reason for which what a server sent is no answer, for the log.
#[derive(Debug)]
struct Unusable(String);

/// The servers that can be asked, and what they have answered lately.
pub struct Whois {
    is_enabled: bool,
    rdap: RdapServers,
    whois: WhoisServers,
    fetcher: Fetcher,
    /// Time limit for each server.
    timeout: Duration,
    permits: Semaphore,
    /// Answers by names in ASCII.
    answers: Cache<String, Answer>,
}

impl Whois {
    /// Reads the files that the settings name.
    pub fn new(settings: &config::Whois) -> Result<Whois> {
        let fetcher = Fetcher::new().map_err(|error| Fault::internal(format!("setting [whois] up: {error}")))?;
        Ok(Whois {
            is_enabled: settings.enabled,
            rdap: RdapServers::read(&settings.rdap_file)?,
            whois: WhoisServers::read(&settings.servers_file)?,
            fetcher,
            timeout: Duration::from_secs(settings.timeout_seconds),
            permits: Semaphore::new(settings.concurrent),
            answers: Cache::builder()
                .max_capacity(KEPT_BYTES)
                .weigher(|name: &String, answer: &Answer| {
                    u32::try_from(name.len() + answer.text.len()).unwrap_or(u32::MAX)
                })
                .time_to_live(KEEP_ANSWERS)
                .build(),
        })
    }

    /// Asks the registry of a name. `is_sold` tells whether the operator sells names with its extension. `first` is whom to ask
    /// before the registry; it returns `None` if it cannot tell.
    pub async fn look_up(
        &self,
        name: &DomainName,
        is_sold: bool,
        first: Option<impl Future<Output = Option<Answer>>>,
    ) -> Result<Answer, NoAnswer> {
        let servers = self.servers(name, is_sold);
        if !self.is_enabled || servers.is_empty() && first.is_none() {
            return Err(NoAnswer::NotSupported);
        }
        // Calls about the same name wait for one question.
        let answer = self.answers.try_get_with_by_ref(name.ascii(), self.ask(first, &servers, name)).await;
        answer.map_err(|no_answer| *no_answer)
    }

    /// Returns the servers to ask about a name, in this order.
    fn servers(&self, name: &DomainName, is_sold: bool) -> Vec<Server<'_>> {
        if !self.can_be_registered(name, is_sold) {
            return Vec::new();
        }
        let (rdap, whois) = (self.rdap.find(name), self.whois.find(name));
        match (rdap, whois) {
            // Names below `uk.com` have a registry of their own, of which that of `com` knows nothing; those below `co.uk`
            // have that of `uk`.
            (Some((general, _)), Some((special, server)))
                if special.len() > general.len() && !self.whois.is_same_server(general, special) =>
            {
                vec![server]
            }
            (rdap, whois) => rdap.into_iter().chain(whois).map(|(_, server)| server).collect(),
        }
    }

    /// Whether a name has one label before its extension. A registry that is asked about `www.example.com` does not find it,
    /// although nobody can register it.
    fn can_be_registered(&self, name: &DomainName, is_sold: bool) -> bool {
        // Registries of countries have extensions of two labels, such as `co.jp`, that no list has in full.
        let is_known = |extension: &str| {
            let is_whole = name.extensions().next() == Some(extension);
            is_whole && is_sold && is_of_country(name) || self.rdap.has(extension) || self.whois.has(extension)
        };
        name.split(is_known).is_some_and(|(label, _)| !label.contains('.'))
    }

    async fn ask(
        &self,
        first: Option<impl Future<Output = Option<Answer>>>,
        servers: &[Server<'_>],
        name: &DomainName,
    ) -> Result<Answer, NoAnswer> {
        let Ok(Ok(_permit)) = timeout(PERMIT_TIMEOUT, self.permits.acquire()).await else {
            return Err(NoAnswer::Busy);
        };
        if let Some(first) = first
            && let Ok(Some(answer)) = timeout(self.timeout, first).await
        {
            return Ok(answer);
        }
        for server in servers {
            let asked = async {
                match server {
                    Server::Rdap(base) => rdap::ask(&self.fetcher, base, name).await,
                    Server::Port43(server) => port43::ask(server, name).await,
                    Server::Web(server) => port43::ask_by_http(&self.fetcher, server, name).await,
                }
            };
            let too_late = || Unusable(format!("no answer within {} s", self.timeout.as_secs()));
            match timeout(self.timeout, asked).await.unwrap_or_else(|_| Err(too_late())) {
                Ok(answer) => return Ok(answer),
                Err(Unusable(reason)) => {
                    warn!(name = name.ascii(), %server, reason, "a registry gave no usable answer");
                }
            }
        }
        Err(NoAnswer::Unanswered)
    }
}

/// Whether a name is in the domain of a country, whose code has two letters.
fn is_of_country(name: &DomainName) -> bool {
    name.extensions().last().is_some_and(|top_level| top_level.len() == 2)
}

impl<E: Error> From<E> for Unusable {
    fn from(error: E) -> Unusable {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            // Writing to a String cannot fail.
            let _ = write!(reason, ": {cause}");
            source = cause.source();
        }
        Unusable(reason)
    }
}
