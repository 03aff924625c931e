//! The WHMCS behind this server: which calls are passed to it, how they are sent, and how its replies are compared with
//! those of this server.
//!
//! Who may call is decided before, in [`crate::api`].

mod answer;
pub mod comparison;
mod form;
mod patterns;
mod php;
mod request;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT, VIA};
use reqwest::{Client, RequestBuilder, Url};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

use crate::actions::{ActionEntry, Catalogue};
use crate::config;
use crate::database::Access;
use crate::error::{Error, Result, UpstreamError};
use crate::network;
use crate::wire::{ApiStyle, Parameters};

pub use answer::Answer;
use comparison::IgnoredPaths;
use patterns::NamePatterns;
pub use request::{PassedRequest, SentRequest};

/// Time limit of a connection to the upstream. Until there is one, nothing has been sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The headers of a request that are passed on.
static PASSED_HEADERS: [HeaderName; 3] = [ACCEPT, CONTENT_TYPE, USER_AGENT];

/// A WHMCS that answers calls.
pub struct Upstream {
    client: Client,
    url: Url,
    settings: config::Upstream,
    actions: NamePatterns,
    reads: NamePatterns,
    compared: NamePatterns,
    pub ignored: IgnoredPaths,
    slots: Arc<Semaphore>,
    /// The memory of large replies, in kilobytes.
    reply_memory: Arc<Semaphore>,
    /// The name of this server in the header `Via`, by which it recognizes its own requests.
    pseudonym: String,
}

/// Who answers a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responder {
    /// This server, with an action of its catalogue or the error that there is none.
    Here,
    Upstream,
    /// The upstream; this server runs the call as well, to compare the replies.
    Both,
}

/// What is sent with a call that is passed.
#[derive(Debug, Clone, Copy)]
pub struct PassedCall<'c> {
    pub action: &'c str,
    pub parameters: &'c Parameters,
    pub style: ApiStyle,
    /// The address of the caller; `None` if this program makes the call itself.
    pub address: Option<IpAddr>,
    pub request_id: &'c str,
}

impl Upstream {
    /// Returns the upstream of these settings, if they have one. Naming an action that cannot be compared is an error.
    pub fn new(settings: &config::Upstream, catalogue: &Catalogue) -> Result<Option<Arc<Upstream>>> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let unusable = |error: &dyn std::fmt::Display| Error::Internal(format!("upstream: {error}").into());
        check_compared(&settings.compare, catalogue)?;
        Ok(Some(Arc::new(Upstream {
            client: client(settings.timeout()).map_err(|error| unusable(&error))?,
            url: settings.url.parse().map_err(|error| unusable(&error))?,
            actions: NamePatterns::new(&settings.actions),
            reads: NamePatterns::new(&settings.reads),
            compared: NamePatterns::new(&settings.compare),
            ignored: IgnoredPaths::new(&settings.compare_ignore),
            slots: Arc::new(Semaphore::new(settings.calls)),
            reply_memory: Arc::new(Semaphore::new(answer::memory_kilobytes(settings.reply_bytes) as usize)),
            pseudonym: format!("whmcs-api-{:016x}", getrandom::u64().map_err(|error| unusable(&error))?),
            settings: settings.clone(),
        })))
    }

    /// Decides who answers a call of an action, which has an entry if it is in the catalogue of this server.
    pub fn responder(&self, action: &str, entry: Option<&ActionEntry>, style: ApiStyle) -> Responder {
        let Some(entry) = entry else {
            return if is_name(action) { Responder::Upstream } else { Responder::Here };
        };
        // WHMCS has no modern style, so there is nothing to compare.
        if style != ApiStyle::Modern && is_comparable(entry) && self.compared.matches(action) {
            Responder::Both
        } else if self.actions.matches(action) {
            Responder::Upstream
        } else {
            Responder::Here
        }
    }

    /// Returns the request to pass, or `None` if this server answers the call itself.
    pub fn take(
        self: &Arc<Self>,
        action: &str,
        entry: Option<&ActionEntry>,
        style: ApiStyle,
        sent: SentRequest,
    ) -> Option<Box<PassedRequest>> {
        let responder = self.responder(action, entry, style);
        if responder == Responder::Here {
            return None;
        }
        // What is sent as a form is not needed as it was sent.
        let body = if sent.becomes_form(style) { Bytes::new() } else { sent.body };
        let sent = SentRequest { body, ..sent };
        let is_read = entry.map_or_else(|| self.reads.matches(action), |entry| entry.access == Access::Read);
        Some(Box::new(PassedRequest::new(Arc::clone(self), sent, is_read, responder == Responder::Both)))
    }

    /// Whether callers are passed whose credentials this server cannot verify.
    pub fn accepts_unverified(&self) -> bool {
        self.settings.unverified
    }

    /// Whether values that differ are stored as examples.
    pub fn keeps_values(&self) -> bool {
        self.settings.compare_values
    }

    /// Time limit of an answer.
    pub fn timeout(&self) -> Duration {
        self.settings.timeout()
    }

    fn take_slot(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().map_err(|_| Error::Busy)
    }

    /// Sends a request once, and returns the answer. It is never sent again, because it may have been executed.
    async fn send(&self, sent: &SentRequest, call: &PassedCall<'_>) -> Result<Answer> {
        if sent.has_come_back(&self.pseudonym) {
            return Err(UpstreamError::Loop.into());
        }
        let _slot = self.take_slot()?;
        let request = sent.via().fold(sent.build(&self.client, self.url.clone(), call), |request, line| {
            // Whoever has passed the request on before recognizes it if it comes back there.
            request.header(VIA, line)
        });
        self.answer(self.with_headers(request, call)).await
    }

    /// Sends the parameters of a call as a form, and returns the answer.
    pub async fn ask(&self, call: &PassedCall<'_>) -> Result<Answer> {
        let request = request::form_request(&self.client, self.url.clone(), call);
        self.answer(self.with_headers(request, call)).await
    }

    /// Adds the headers that every request has. Connections are not used again: one that the WHMCS is about to close would
    /// leave open whether a call was executed.
    fn with_headers(&self, request: RequestBuilder, call: &PassedCall<'_>) -> RequestBuilder {
        let request = request.timeout(self.timeout()).header(CONNECTION, "close");
        let request = request.header(REQUEST_ID, call.request_id).header(VIA, format!("1.1 {}", self.pseudonym));
        match call.address {
            Some(address) => request.header(FORWARDED_FOR, address.to_string()),
            None => request,
        }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Answer> {
        let described = |error: reqwest::Error| self.describe(&error);
        let response = request.send().await.map_err(described)?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            self.warn_of_redirect(response.headers().get(hyper::header::LOCATION));
            return Err(UpstreamError::Redirect { status }.into());
        }
        let memory = Some(&self.reply_memory);
        let answer = Answer::read_within(response, self.settings.reply_bytes, memory).await;
        let answer = answer.map_err(|error| match error {
            answer::ReadError::TooLarge => Error::from(UpstreamError::TooLarge { limit: self.settings.reply_bytes }),
            answer::ReadError::Failed(error) => self.describe(&error),
        })?;
        match answer.is_of_whmcs() {
            true => Ok(answer),
            false => Err(UpstreamError::Failed { status }.into()),
        }
    }

    fn describe(&self, error: &reqwest::Error) -> Error {
        // The text of the error would name the URL, which may have secrets in its query.
        let reason = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        warn!(reason, host = self.url.host_str(), "the upstream failed to answer");
        Error::from(match error {
            error if error.is_connect() => UpstreamError::NotReached,
            error if error.is_timeout() => UpstreamError::NoAnswer { seconds: self.settings.timeout_seconds },
            _ => UpstreamError::BrokenOff,
        })
    }

    fn warn_of_redirect(&self, location: Option<&HeaderValue>) {
        let location = location.and_then(|location| location.to_str().ok()).and_then(|text| self.url.join(text).ok());
        let target = location.map(|url| shown(&url)).unwrap_or_default();
        warn!(
            target,
            "the upstream answers with a redirect, which is not followed: set upstream.url to the address of the API"
        );
    }
}

impl config::Upstream {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }
}

/// Returns a URL without what may be secret.
pub fn shown(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// Creates a client for requests with this time limit. It sends no request twice, because the first may have been executed.
pub fn client(timeout: Duration) -> reqwest::Result<Client> {
    let connect_timeout = CONNECT_TIMEOUT.min(timeout * 3 / 4);
    network::http_client_builder().retry(reqwest::retry::never()).connect_timeout(connect_timeout).build()
}

/// Whether this may be the name of an action. WHMCS might find another action in it if it has other characters.
fn is_name(action: &str) -> bool {
    action.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether running an action a second time, for comparison, has no effect of its own. Passwords are not checked twice, because
/// wrong ones are counted; nobody outside is asked for a comparison, neither registrars nor the endpoints of custom actions; and what
/// depends on a server's keys or health differs.
pub fn is_comparable(entry: &ActionEntry) -> bool {
    let is_of_data_alone = !entry.asks_outside && !entry.is_local && entry.as_custom().is_none();
    entry.access == Access::Read && !entry.hashes_passwords && is_of_data_alone
}

fn check_compared(patterns: &[String], catalogue: &Catalogue) -> Result<()> {
    for name in patterns.iter().filter(|pattern| !pattern.contains('*')) {
        let reason = match catalogue.find(name) {
            None => "is no action of this server",
            Some(entry) if entry.asks_outside || entry.as_custom().is_some() => "is not answered by this server alone",
            Some(entry) if entry.is_local => "has another reply on each server",
            Some(entry) if !is_comparable(entry) => "may change something, and only reads can be compared",
            Some(_) => continue,
        };
        return Err(Error::Internal(format!("upstream.compare: {name} {reason}").into()));
    }
    Ok(())
}
