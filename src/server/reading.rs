//! Reading of requests: their bodies, within limits, and the calls that they contain.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::{Route, header_of};
use crate::actions::Catalogue;
use crate::api::{Api, ApiRequest, Callback, TokenForm, idempotency};
use crate::config;
use crate::error::{Error, Result};
use crate::mcp::Connection;
use crate::observability::api_log::Origin;
use crate::redaction::{self, Hidden};
use crate::upstream::{Responder, SentRequest, Upstream};
use crate::wire::{ApiStyle, Parameters};

/// Memory budget for request bodies above `SMALL_BODY_BYTES`.
const BODY_MEMORY_KILOBYTES: u32 = 64 * 1024;
const SMALL_BODY_BYTES: u64 = 32 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

pub struct RequestReader {
    /// Memory budget for large request bodies in kilobytes, shared by all connections.
    body_memory: Arc<Semaphore>,
    /// That of calls which are passed to the upstream. It may take long, and other calls must not wait for it.
    passed_memory: Arc<Semaphore>,
}

impl Default for RequestReader {
    fn default() -> RequestReader {
        let budget = || Arc::new(Semaphore::new(BODY_MEMORY_KILOBYTES as usize));
        RequestReader { body_memory: budget(), passed_memory: budget() }
    }
}

impl RequestReader {
    /// Reads a request for this route.
    pub async fn read(&self, api: &Api, request: Request, query: &str, route: &Route) -> Result<ApiRequest> {
        if let Route::NotFound = route {
            return Err(Error::NoSuchPath);
        }
        if !route.methods().contains(request.method()) {
            return Err(Error::MethodNotAllowed(route.methods_with(" and ")));
        }
        let (head, body) = request.into_parts();
        let config = api.config();
        let (body, memory) = self.body(&head.headers, body, &config.settings.limits).await?;
        let parameters = parameters(&head.headers, query, &body).await?;
        let secrets = secrets_in_headers(&head.headers);
        let hidden = Hidden::sent_in(&parameters.values, secrets.iter().map(String::as_str));
        let api_request = match route {
            Route::Modern { action } => {
                let if_none_match = if_none_match(&head.headers);
                ApiRequest { if_none_match, ..modern(action, parameters, header_of(&head.headers, &AUTHORIZATION)) }
            }
            Route::Events => modern("GetEvents", parameters, header_of(&head.headers, &AUTHORIZATION)),
            _ => classic(api.catalogue(), parameters, route.accepts_json()),
        };
        let api_request = ApiRequest { hidden, ..api_request };
        let Some(upstream) = &config.upstream else { return Ok(api_request) };
        let sent = SentRequest { method: head.method, query: query.to_owned(), headers: head.headers, body, memory };
        self.passed_on(api.catalogue(), upstream, sent, api_request)
    }

    /// Reads the form with which a program asks for a token.
    pub async fn token_form(&self, api: &Api, request: Request) -> Result<TokenForm> {
        let (head, body) = request.into_parts();
        let (body, _memory) = self.body(&head.headers, body, &api.config().settings.limits).await?;
        let parameters = Parameters::decode("", header_of(&head.headers, &CONTENT_TYPE), &body).await?;
        let login = login(header_of(&head.headers, &AUTHORIZATION));
        Ok(TokenForm {
            login: login.map(|(identifier, secret)| (unescaped(identifier), unescaped(secret))),
            parameters,
        })
    }

    /// Reads what a payment gateway tells.
    pub async fn callback(&self, api: &Api, request: Request, gateway: String) -> Result<Callback> {
        let (head, body) = request.into_parts();
        let (body, _memory) = self.body(&head.headers, body, &api.config().settings.limits).await?;
        let header = |name: &str| {
            let value = head.headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Ok(Callback {
            gateway,
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signatures: header("webhook-signature"),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }

    /// Reads a request of an agent, and who sends it.
    pub async fn agent(
        &self,
        api: &Api,
        request: Request,
        origin: Origin,
    ) -> Result<(Connection, axum::http::Request<Bytes>, Option<OwnedSemaphorePermit>)> {
        let (head, body) = request.into_parts();
        let (body, memory) = self.body(&head.headers, body, &api.config().settings.limits).await?;
        let authorization = header_of(&head.headers, &AUTHORIZATION);
        let connection = Connection {
            login: login(authorization),
            token: bearer(authorization),
            secrets: secrets_in_headers(&head.headers),
            origin,
            admitted: None,
        };
        Ok((connection, axum::http::Request::from_parts(head, body), memory))
    }

    /// Reads the parameters of a call of FOSSBilling's API: the query of a GET, and of a POST a form, or else JSON, whatever it says
    /// that it is. The page of a list may also be in the query, and so may the token against forged requests, which is returned by
    /// itself.
    pub async fn fossbilling(&self, api: &Api, request: Request) -> Result<(Parameters, HeaderMap, Option<String>)> {
        let (head, body) = request.into_parts();
        let (body, _memory) = self.body(&head.headers, body, &api.config().settings.limits).await?;
        let query = Parameters::decode(head.uri.query().unwrap_or_default(), "", b"").await?;
        let token_in = |parameters: &Parameters| parameters.text("CSRFToken").map(str::to_owned);
        let token_in_query = token_in(&query);
        let mut parameters = match head.method == Method::POST {
            true => {
                let mut sent = form_or_json(header_of(&head.headers, &CONTENT_TYPE), &body).await?;
                for name in ["page", "per_page"] {
                    if let (None, Some(value)) = (sent.values.get(name), query.values.get(name)) {
                        sent.values.insert(name.to_owned(), value.clone());
                    }
                }
                sent
            }
            false => query,
        };
        let token = token_in(&parameters).or(token_in_query);
        let token = token.or_else(|| head.headers.get("x-csrf-token")?.to_str().ok().map(str::to_owned));
        for name in ["CSRFToken", "_url", idempotency::PARAMETER] {
            parameters.values.shift_remove(name);
        }
        add_idempotency_key(&mut parameters, &head.headers);
        Ok((parameters, head.headers, token))
    }

    /// Reads a body, and returns it with its share of the memory for large ones.
    async fn body(
        &self,
        headers: &HeaderMap,
        body: Body,
        limits: &config::Limits,
    ) -> Result<(Bytes, Option<OwnedSemaphorePermit>)> {
        let (limit, body_time) = (limits.request_bytes, limits.body_seconds);
        if is_encoded(headers) && body.size_hint().exact() != Some(0) {
            return Err(Error::UnsupportedEncoding);
        }
        // A body whose declared size exceeds the limit is rejected before it is read.
        if body.size_hint().lower() > limit as u64 {
            return Err(Error::TooLarge { limit });
        }
        let largest = body.size_hint().upper().unwrap_or(limit as u64).min(limit as u64);
        let memory = take_memory(&self.body_memory, largest)?;
        let body = timeout(Duration::from_secs(body_time), to_bytes(body, limit)).await.map_err(|_| Error::TooSlow)?;
        Ok((body.map_err(|_| Error::TooLarge { limit })?, memory))
    }

    /// Adds the request as it was sent if the upstream answers it.
    fn passed_on(
        &self,
        catalogue: &Catalogue,
        upstream: &Arc<Upstream>,
        sent: SentRequest,
        api_request: ApiRequest,
    ) -> Result<ApiRequest> {
        let Some(action) = api_request.action.as_deref() else { return Ok(api_request) };
        let (entry, style) = (catalogue.find(action).map(Arc::as_ref), api_request.style);
        if upstream.responder(action, entry, style) == Responder::Here {
            return Ok(api_request);
        }
        let memory = take_memory(&self.passed_memory, sent.body.len() as u64)?;
        let passed = upstream.take(action, entry, style, SentRequest { memory, ..sent });
        let mut api_request = ApiRequest { passed, ..api_request };
        if style != ApiStyle::Modern {
            // They are in the body as it was sent.
            api_request.parameters.files.clear();
        }
        Ok(api_request)
    }
}

/// Takes the share of a budget for a body of this size, if it is large.
fn take_memory(budget: &Arc<Semaphore>, bytes: u64) -> Result<Option<OwnedSemaphorePermit>> {
    let kilobytes = bytes.saturating_sub(SMALL_BODY_BYTES).div_ceil(1024);
    // One that is larger than the whole budget takes all of it.
    let kilobytes = u32::try_from(kilobytes).unwrap_or(u32::MAX).min(BODY_MEMORY_KILOBYTES);
    let memory = (kilobytes > 0).then(|| Arc::clone(budget).try_acquire_many_owned(kilobytes)).transpose();
    memory.map_err(|_| Error::Busy)
}

async fn parameters(headers: &HeaderMap, query: &str, body: &[u8]) -> Result<Parameters> {
    let mut parameters = Parameters::decode(query, header_of(headers, &CONTENT_TYPE), body).await?;
    add_idempotency_key(&mut parameters, headers);
    Ok(parameters)
}

fn add_idempotency_key(parameters: &mut Parameters, headers: &HeaderMap) {
    if let Some(key) = headers.get(IDEMPOTENCY_KEY) {
        // A key that is empty or not a text is rejected, and does not count as absent.
        let key = key.to_str().ok().filter(|key| !key.is_empty()).unwrap_or("\u{fffd}");
        parameters.values.insert(idempotency::PARAMETER.to_owned(), key.into());
    }
}

/// Decodes a form with at least one field, or else JSON. An array is its elements by their numbers, as it is to PHP.
async fn form_or_json(content_type: &str, body: &[u8]) -> Result<Parameters> {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(&*essence, "application/x-www-form-urlencoded" | "multipart/form-data") {
        let form = Parameters::decode("", content_type, body).await?;
        if !form.values.is_empty() {
            return Ok(form);
        }
    }
    match body.trim_ascii() {
        [] => Ok(Parameters::default()),
        array @ [b'[', ..] => {
            let object = [br#"{"0":"#, array, b"}"].concat();
            let mut parameters = Parameters::decode("", "application/json", &object).await?;
            if let Some(serde_json::Value::Array(elements)) = parameters.values.shift_remove("0") {
                let elements = elements.into_iter().enumerate();
                parameters.values = elements.map(|(at, element)| (at.to_string(), element)).collect();
            }
            Ok(parameters)
        }
        object => Ok(Parameters::decode("", "application/json", object).await?),
    }
}

/// What the header `Authorization` has in `Basic`, decoded.
pub fn basic(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let is_basic = scheme.eq_ignore_ascii_case("basic");
    String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok().filter(|_| is_basic)
}

/// Returns the entity tags of replies that the client has.
fn if_none_match(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.map(str::to_owned).reduce(|all, line| all + "," + &line)
}

/// Returns the values of headers whose names are those of secrets, such as cookies, and their parts.
pub fn secrets_in_headers(headers: &HeaderMap) -> Vec<String> {
    let headers = headers.iter().filter(|(name, _)| redaction::is_secret(name.as_str()));
    let values = headers.filter_map(|(_, value)| value.to_str().ok());
    let mut secrets = Vec::new();
    for value in values {
        secrets.extend(value.split([' ', ';', ',', '=', ':']).map(str::to_owned));
        secrets.extend(login(value).map(|(_, secret)| secret));
    }
    secrets
}

pub fn classic(catalogue: &Catalogue, mut parameters: Parameters, speaks_json: bool) -> ApiRequest {
    let action = parameters.take_action(|name| catalogue.find(name).is_some());
    ApiRequest::new(action, parameters, ApiStyle::Classic { speaks_json }, Hidden::default())
}

/// Builds a request in the modern API style. Credentials are taken from the `Authorization` header only.
pub fn modern(action: &str, mut parameters: Parameters, authorization: &str) -> ApiRequest {
    for name in ["identifier", "secret", "username", "password"] {
        parameters.values.shift_remove(name);
    }
    if let Some((identifier, secret)) = login(authorization) {
        parameters.values.insert("identifier".to_owned(), identifier.into());
        parameters.values.insert("secret".to_owned(), secret.into());
    }
    let request = ApiRequest::new(Some(action.to_owned()), parameters, ApiStyle::Modern, Hidden::default());
    ApiRequest { token: bearer(authorization), ..request }
}

/// Parses `Basic` as in RFC 7617, or `Bearer identifier:secret`.
pub fn login(authorization: &str) -> Option<(String, String)> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let pair = match scheme.to_ascii_lowercase().as_str() {
        "basic" => String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok()?,
        "bearer" => rest.trim().to_owned(),
        _ => return None,
    };
    let (identifier, secret) = pair.split_once(':')?;
    Some((identifier.to_owned(), secret.to_owned()))
}

/// Decodes a part of `Basic` that was encoded as in a form, as RFC 6749 wants and many clients do not: identifiers and secrets have
/// no `%`.
fn unescaped(part: String) -> String {
    if !part.contains('%') {
        return part;
    }
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(&format!("part={}", part.replace('+', "%2B"))).unwrap_or_default();
    pairs.into_iter().next().map_or(part, |(_, decoded)| decoded)
}

/// The token of `Bearer`, which has no colon.
fn bearer(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    let is_token = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains(':');
    is_token.then(|| token.to_owned())
}

/// Whether the body is compressed or otherwise encoded. WHMCS decodes none, and a small body may decode to a huge one.
fn is_encoded(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    let mut encodings = lines.flat_map(|line| line.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    encodings.any(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_basic_has_may_be_encoded() {
        for (sent, read) in [("a+b/c==", "a+b/c=="), ("a%2Bb%2Fc%3D%3D", "a+b/c=="), ("ACME.x", "ACME.x")] {
            assert_eq!(unescaped(sent.to_owned()), read, "{sent}");
        }
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer a:b", None),
            ("Bearer ", None),
            ("Basic abc", None),
        ] {
            assert_eq!(bearer(header).as_deref(), token, "{header}");
        }
    }

    #[test]
    fn large_bodies_share_a_budget() {
        let budget = Arc::new(Semaphore::new(BODY_MEMORY_KILOBYTES as usize));
        let taken = |bytes: u64| take_memory(&budget, bytes).unwrap().map(|memory| memory.num_permits());
        for (bytes, kilobytes) in [
            (0, None),
            (SMALL_BODY_BYTES, None),
            (SMALL_BODY_BYTES + 1, Some(1)),
            (SMALL_BODY_BYTES + 2048, Some(2)),
            (u64::MAX, Some(BODY_MEMORY_KILOBYTES as usize)),
        ] {
            assert_eq!(taken(bytes), kilobytes, "{bytes}");
        }
        let all = take_memory(&budget, u64::MAX).unwrap();
        assert!(matches!(take_memory(&budget, SMALL_BODY_BYTES + 1), Err(Error::Busy)));
        assert_eq!(taken(SMALL_BODY_BYTES), None);
        drop(all);
        assert_eq!(taken(SMALL_BODY_BYTES + 1), Some(1));
    }
}
