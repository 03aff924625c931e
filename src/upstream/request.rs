//! A request that is passed: as the client sent it, or as a form if WHMCS could not read that.

use std::fmt;
use std::sync::{Arc, OnceLock};

use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderMap, VIA};
use reqwest::{Client, Method, RequestBuilder, Url};
use tokio::sync::OwnedSemaphorePermit;

use super::form::{self, Form};
use super::php::{self, BodyType, Decisive};
use super::{Answer, PASSED_HEADERS, PassedCall, Upstream};
use crate::auth::Caller;
use crate::error::Result;
use crate::wire::{ApiStyle, Malformed, Parameters};

/// A request as it arrived.
pub struct SentRequest {
    pub method: Method,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The share of the memory for large bodies, held as long as the body.
    pub memory: Option<OwnedSemaphorePermit>,
}

/// A request that the upstream answers.
pub struct PassedRequest {
    pub upstream: Arc<Upstream>,
    /// Whether the action changes nothing.
    pub is_read: bool,
    /// Whether this server runs the call as well, to compare the replies.
    pub is_compared: bool,
    sent: SentRequest,
    /// What the upstream answered.
    pub answer: OnceLock<Answer>,
    /// The caller for whom the call is run here as well.
    caller: OnceLock<Caller>,
}

/// Without what was sent, which has the caller's secret.
impl fmt::Debug for PassedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassedRequest").field("is_read", &self.is_read).finish_non_exhaustive()
    }
}

impl PassedRequest {
    pub(super) fn new(upstream: Arc<Upstream>, sent: SentRequest, is_read: bool, is_compared: bool) -> PassedRequest {
        PassedRequest { upstream, is_read, is_compared, sent, answer: OnceLock::new(), caller: OnceLock::new() }
    }

    /// Rejects a request that WHMCS may read differently from this server, so that it would execute something else than was
    /// checked.
    pub fn check(&self, call: &PassedCall<'_>) -> Result<(), Malformed> {
        self.sent.check(call)
    }

    /// Sends the request and returns the answer.
    pub async fn send(&self, call: &PassedCall<'_>) -> Result<Answer> {
        self.upstream.send(&self.sent, call).await
    }

    /// Sets the caller for whom this server runs the call as well, if it is compared.
    pub fn set_caller(&self, caller: Caller) {
        if self.is_compared {
            let _ = self.caller.set(caller);
        }
    }

    /// Returns what a comparison needs: the caller, and the answer to compare with.
    pub fn into_compared(self) -> Option<(Arc<Upstream>, Caller, Answer)> {
        Some((self.upstream, self.caller.into_inner()?, self.answer.into_inner()?))
    }
}

impl SentRequest {
    /// Whether the server with this name has sent the request before.
    pub(super) fn has_come_back(&self, pseudonym: &str) -> bool {
        self.via().any(|line| line.contains(pseudonym))
    }

    /// The servers that have passed the request on.
    pub(super) fn via(&self) -> impl Iterator<Item = &str> {
        self.headers.get_all(VIA).iter().filter_map(|line| line.to_str().ok())
    }

    fn check(&self, call: &PassedCall<'_>) -> Result<(), Malformed> {
        let mut decisive = Decisive::default();
        if self.becomes_form(call.style) {
            let pairs = form::pairs(call.parameters);
            pairs.iter().try_for_each(|(name, value)| decisive.add(name, value))?;
            added(call).into_iter().try_for_each(|(name, value)| decisive.add(name, value))?;
            return decisive.finish();
        }
        decisive.add_form(self.query.as_bytes())?;
        if !self.body.is_empty() {
            match BodyType::of(self.content_type()).filter(|_| self.method == Method::POST) {
                Some(BodyType::Form) => decisive.add_form(&self.body)?,
                Some(BodyType::Multipart) => decisive.add_multipart(self.content_type(), &self.body)?,
                None => return Err(php::unread_body()),
            }
        }
        decisive.finish()
    }

    /// Whether the parameters are sent as a form, because WHMCS could not read the request.
    pub(super) fn becomes_form(&self, style: ApiStyle) -> bool {
        style == ApiStyle::Modern || self.is_json()
    }

    /// Builds the request to send.
    pub(super) fn build(&self, client: &Client, mut url: Url, call: &PassedCall<'_>) -> RequestBuilder {
        if self.becomes_form(call.style) {
            return form_request(client, url, call);
        }
        if !self.query.is_empty() {
            url.set_query(Some(&self.query));
        }
        let request = client.request(self.method.clone(), url);
        let headers = PASSED_HEADERS.iter().filter_map(|name| Some((name, self.headers.get(name)?)));
        headers.fold(request, |request, (name, value)| request.header(name, value)).body(self.body.clone())
    }

    fn content_type(&self) -> &str {
        self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn is_json(&self) -> bool {
        let essence = self.content_type().split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    }
}

/// Builds a request that sends the parameters of a call as a form.
pub(super) fn form_request(client: &Client, url: Url, call: &PassedCall<'_>) -> RequestBuilder {
    let form = Form::of(call.parameters, &added(call));
    client.post(url).header(CONTENT_TYPE, form.content_type).body(form.body)
}

/// The parameters that a form has besides those that were sent. Whoever sends JSON gets JSON unless another format is requested.
fn added<'c>(call: &PassedCall<'c>) -> Vec<(&'static str, &'c str)> {
    let has_format = |parameters: &Parameters| parameters.text("responsetype").is_some();
    let is_json = call.style == ApiStyle::Modern || !has_format(call.parameters);
    let format = is_json.then_some(("responsetype", "json"));
    format.into_iter().chain([("action", call.action)]).collect()
}
