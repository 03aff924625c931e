//! HTTP endpoints of the operator, such as provisioning modules: a request is a signed POST of JSON, and the answer is JSON.
//!
//! The signature is that of [Standard Webhooks](https://www.standardwebhooks.com), version 1. Redirects are not followed, and
//! no proxy is used.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tracing::warn;

use crate::config;
use crate::fault::{Fault, Result};
use crate::network;

/// The endpoints of one kind that are in the settings, by their names.
pub struct Endpoints {
    by_name: BTreeMap<String, Endpoint>,
    max_response_bytes: usize,
    client: reqwest::Client,
}

struct Endpoint {
    url: reqwest::Url,
    /// The key of signatures; empty for none, which only endpoints are without that need none.
    secret: Vec<u8>,
    timeout: Duration,
}

/// A message that came in, with the headers of Standard Webhooks.
#[derive(Debug, Clone, Copy)]
pub struct SignedMessage<'m> {
    pub id: &'m str,
    /// Unix time in seconds, as text.
    pub timestamp: &'m str,
    /// One signature, or several with blanks between them.
    pub signatures: &'m str,
    pub body: &'m str,
    /// The Unix time now.
    pub now: i64,
}

/// How far the time of a signature may differ from this machine's, as the standard recommends.
const MAX_SIGNATURE_AGE_SECONDS: i64 = 300;

/// Why an endpoint gave no usable response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointError {
    /// The settings have no endpoint of this name.
    NotConfigured,
    /// There is no connection, so nothing was sent.
    NotReached,
    /// No complete response within this time limit.
    TimedOut(Duration),
    /// The connection ended before there was a complete response.
    Interrupted,
    /// A response whose status is not 200.
    Status { code: u16, body: String },
    /// A response above the maximum size. Holds its beginning.
    TooLong(String),
}

/// Whether an HTTP status says that a request was rejected, and nothing was done. A request that took too long may have been
/// carried out, and so may one with any other status.
pub fn is_rejection(status: u16) -> bool {
    (400..500).contains(&status) && status != 408
}

/// What becomes of a command whose endpoint did not answer with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandFailure {
    /// Another status of success. The body is to be read as an answer.
    Answer(String),
    /// The endpoint has no such function. Holds the body.
    NotSupported(String),
    /// This request was certainly not carried out, which says nothing of earlier ones. Holds the reason, and the body.
    NotDone(String, String),
    /// It may have been carried out. Holds the reason, and the body.
    Unclear(String, String),
}

/// The status that says that there is no such function.
const NOT_IMPLEMENTED: u16 = 501;

impl EndpointError {
    /// What this means for a command to an endpoint, such as the `gateway` of this name.
    pub fn of_command(self, kind: &str, name: &str) -> CommandFailure {
        let not_done = |reason: String| CommandFailure::NotDone(reason, String::new());
        let unclear = |reason: String, body: String| CommandFailure::Unclear(reason, body);
        match self {
            EndpointError::NotConfigured => not_done(format!("No {kind} {name} is set up in this server's settings")),
            EndpointError::NotReached => not_done(format!("The {kind} {name} could not be reached")),
            EndpointError::TimedOut(limit) => {
                let seconds = limit.as_secs();
                let reason = format!("The {kind} {name} did not answer within {seconds} s: what it did is unknown");
                unclear(reason, String::new())
            }
            EndpointError::Interrupted => {
                let reason = "ended the connection without an answer: what it did is unknown";
                unclear(format!("The {kind} {name} {reason}"), String::new())
            }
            EndpointError::Status { code: NOT_IMPLEMENTED, body } => CommandFailure::NotSupported(body),
            EndpointError::Status { code: 200..300, body } => CommandFailure::Answer(body),
            EndpointError::Status { code, body } => {
                let reason = format!("The {kind} {name} answered with HTTP status {code}");
                match is_rejection(code) {
                    true => CommandFailure::NotDone(reason, body),
                    false => unclear(format!("{reason}: what it did is unknown"), body),
                }
            }
            EndpointError::TooLong(beginning) => {
                unclear(format!("The {kind} {name} gave an answer that is too long"), beginning)
            }
        }
    }

    /// Whether it is unknown if the endpoint did what it was asked for.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, EndpointError::TimedOut(_) | EndpointError::Interrupted)
    }
}

impl Endpoints {
    /// Checks the URLs and the secrets. A response above `max_response_bytes` is an error.
    pub fn new(settings: &BTreeMap<String, config::Endpoint>, max_response_bytes: usize) -> Result<Endpoints> {
        let by_name = settings.iter().map(|(name, setting)| Ok((name.clone(), Endpoint::new(name, setting)?)));
        Ok(Endpoints {
            by_name: by_name.collect::<Result<_>>()?,
            max_response_bytes,
            client: network::http_client().map_err(|error| unusable("HTTP", &error))?,
        })
    }

    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// The time limit of a request; zero for an unknown name.
    pub fn timeout(&self, name: &str) -> Duration {
        self.by_name.get(name).map(|endpoint| endpoint.timeout).unwrap_or_default()
    }

    /// Sends a request and returns the text of the response, with U+FFFD where it is not UTF-8.
    pub async fn post(&self, name: &str, id: &str, body: String) -> Result<String, EndpointError> {
        let body = self.post_for_bytes(name, id, body).await?;
        Ok(String::from_utf8(body).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Whether a message that came in has the signature of an endpoint, and was signed within the last minutes.
    pub fn has_signed(&self, name: &str, message: &SignedMessage<'_>) -> bool {
        let Some(endpoint) = self.by_name.get(name) else { return false };
        let is_recent = |signed: i64| (message.now - signed).abs() <= MAX_SIGNATURE_AGE_SECONDS;
        if !message.timestamp.parse().is_ok_and(is_recent) {
            return false;
        }
        let expected = signature(&endpoint.secret, message.id, message.timestamp, message.body);
        // While a secret is changed, a message may have a signature with each.
        message.signatures.split(' ').any(|sent| bool::from(sent.as_bytes().ct_eq(expected.as_bytes())))
    }

    /// Sends a request and returns the body of the response. All attempts at the same thing have the same `id`, by which the
    /// endpoint recognizes repetitions.
    pub async fn post_for_bytes(&self, name: &str, id: &str, body: String) -> Result<Vec<u8>, EndpointError> {
        let endpoint = self.by_name.get(name).ok_or(EndpointError::NotConfigured)?;
        let timestamp = chrono::Utc::now().timestamp().to_string();
        let mut request = self
            .client
            .post(endpoint.url.clone())
            .timeout(endpoint.timeout)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &timestamp);
        if !endpoint.secret.is_empty() {
            request = request.header("webhook-signature", signature(&endpoint.secret, id, &timestamp, &body));
        }
        let received = self.receive(request.body(body)).await.map_err(|error| {
            // The URL may have a secret.
            let error = error.without_url();
            warn!(%error, endpoint = name, "an endpoint gave no response");
            match error {
                error if error.is_timeout() => EndpointError::TimedOut(endpoint.timeout),
                error if error.is_connect() => EndpointError::NotReached,
                _ => EndpointError::Interrupted,
            }
        })?;
        let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        match received {
            (200, body, true) => Ok(body),
            (200, beginning, false) => Err(EndpointError::TooLong(text(&beginning))),
            (code, body, _) => Err(EndpointError::Status { code, body: text(&body) }),
        }
    }

    /// Returns the status, the body up to the maximum size, and whether that is all of it.
    async fn receive(&self, request: reqwest::RequestBuilder) -> reqwest::Result<(u16, Vec<u8>, bool)> {
        let mut response = request.send().await?;
        let mut body = Vec::new();
        let mut is_complete = true;
        while let Some(part) = response.chunk().await? {
            body.extend_from_slice(&part);
            if body.len() > self.max_response_bytes {
                body.truncate(self.max_response_bytes);
                is_complete = false;
                break;
            }
        }
        Ok((response.status().as_u16(), body, is_complete))
    }
}

impl Endpoint {
    fn new(name: &str, setting: &config::Endpoint) -> Result<Endpoint> {
        Ok(Endpoint {
            url: setting.url.parse().map_err(|error| unusable(name, &error))?,
            secret: key(&setting.secret.0).ok_or_else(|| unusable(name, &"the secret is not base64 after whsec_"))?,
            timeout: Duration::from_secs(setting.timeout_seconds),
        })
    }
}

fn unusable(name: &str, error: &dyn Display) -> Fault {
    Fault::Internal(format!("setting the endpoint {name} up: {error}").into())
}

/// The key in a secret: base64 after `whsec_`, otherwise the secret's own bytes.
pub fn key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// The value of the header `webhook-signature`, as defined by Standard Webhooks (version 1).
pub fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let mut signed = String::with_capacity(id.len() + timestamp.len() + body.len() + 2);
    // Writing to a String cannot fail.
    let _ = write!(signed, "{id}.{timestamp}.{body}");
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => format!("v1,{}", BASE64.encode(mac.chain_update(signed).finalize().into_bytes())),
        Err(never) => unreachable!("HMAC takes a key of any length: {never}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the specification.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
