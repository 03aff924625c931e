//! HTTP: the routes of the API in the classic and the modern style, the pages for browsers, and a running server.
//!
//! Whether a call is allowed is decided in [`crate::api`], and only actions know their parameters; neither belongs
//! here.

mod connections;
pub mod control;
pub mod faults;
mod handshakes;
mod health;
mod metrics;
mod rate_limit_headers;
pub mod reload;
pub mod serving;
mod slots;
pub mod web;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, warn};

use crate::actions::Catalogue;
use crate::api::idempotency;
use crate::api::{Api, ApiRequest, ApiResponse};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::network::{self, Network};
use crate::observability::api_log::Origin;
use crate::redaction::{self, Hidden};
use crate::wire::{ApiStyle, Parameters};

pub use connections::{Listener, serve};
use health::Probe;
pub use metrics::metrics_router;
use web::{Description, File};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longer request ids of clients are replaced by generated ones.
const REQUEST_ID_BYTES: usize = 128;
/// Memory budget for request bodies above `SMALL_BODY_BYTES`.
const BODY_MEMORY_KILOBYTES: u32 = 64 * 1024;
const SMALL_BODY_BYTES: u64 = 32 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Maximum length of headers that are only logged.
const HEADER_BYTES: usize = 200;

struct AppState {
    api: Arc<Api>,
    /// Memory budget for large request bodies in kilobytes, shared by all connections.
    body_memory: Semaphore,
    trusted_proxies: Vec<Network>,
    proxy_header: HeaderName,
    description: Description,
}

/// The router: one handler for all paths.
pub fn router(api: Arc<Api>, settings: &Settings) -> Router {
    let state = AppState {
        api,
        body_memory: Semaphore::new(BODY_MEMORY_KILOBYTES as usize),
        trusted_proxies: settings.access.trusted_proxies.clone(),
        proxy_header: HeaderName::from_bytes(settings.access.proxy_header.as_bytes())
            .unwrap_or(HeaderName::from_static("x-forwarded-for")),
        description: Description::default(),
    };
    Router::new()
        .fallback(handle)
        .layer(CatchPanicLayer::custom(|_| respond(panic_response(), None)))
        .with_state(Arc::new(state))
}

type Peer = Result<ConnectInfo<SocketAddr>, ExtensionRejection>;

async fn handle(State(state): State<Arc<AppState>>, peer: Peer, request: Request) -> Response<Body> {
    let route = Route::of(&request, state.api.config().settings.docs);
    match route {
        Route::File(file) => return file.respond_to(&request, &state.description, state.api.catalogue()),
        Route::Probe(probe) => return probe.respond_to(request.method(), &state.api).await,
        Route::Classic { .. } | Route::Modern { .. } | Route::NotFound => {}
    }
    // Only tests that bypass the network have no peer. They get an address that is never allowed.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let mut origin = match state.origin(peer, &request) {
        Ok(origin) => origin,
        Err(error) => return respond(ApiResponse::without_api(&error), None),
    };
    let mut request_id = HeaderValue::from_str(&origin.request_id).ok();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let api_response = match state.read_request(request, &query, &route).await {
        Ok(api_request) => {
            origin.redact(&api_request.hidden);
            request_id = HeaderValue::from_str(&origin.request_id).ok();
            state.api.handle(api_request, origin).await
        }
        Err(error) => {
            let query = Parameters::decode(&query, "", b"").await.unwrap_or_default();
            state.api.reject_unreadable(&error, &query, route.error_style())
        }
    };
    let mut response = respond(api_response, request_id);
    let (name, supported) = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => (ALLOW, HeaderValue::from_str(&route.methods_with(", ")).ok()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (ACCEPT_ENCODING, Some(HeaderValue::from_static("identity"))),
        _ => return response,
    };
    response.headers_mut().extend(supported.map(|supported| (name, supported)));
    response
}

/// What a request's path refers to. Any prefix may precede it, and repeated or trailing slashes are ignored, as web
/// servers ignore them.
enum Route {
    /// `/includes/api.php`: WHMCS's API.
    Classic { speaks_json: bool },
    /// `/v1/AddCredit`: an action in the modern style, in JSON, and with an HTTP status that matches the outcome.
    Modern { action: String },
    /// A file, such as `/docs`, which anyone may request.
    File(&'static File),
    /// `/healthz` and `/readyz`, which anyone may request.
    Probe(Probe),
    /// An unknown path.
    NotFound,
}

impl Route {
    fn of(request: &Request, docs: bool) -> Route {
        let path = request.uri().path();
        let mut names = path.rsplit('/').filter(|name| !name.is_empty());
        match (names.next(), names.next()) {
            (Some("api.php"), Some("includes")) => {
                let says_json = |name| header(request, name).contains("application/json");
                Route::Classic { speaks_json: [ACCEPT, CONTENT_TYPE].iter().any(says_json) }
            }
            (Some(action), Some("v1")) => Route::Modern { action: action.to_owned() },
            (Some("v1"), _) => Route::Modern { action: String::new() },
            _ => match Probe::at(path) {
                Some(probe) => Route::Probe(probe),
                None => File::at(path).filter(|_| docs).map_or(Route::NotFound, Route::File),
            },
        }
    }

    fn accepts_json(&self) -> bool {
        matches!(self, Route::Classic { speaks_json: true })
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Route::Classic { .. } => &[Method::GET, Method::POST],
            Route::Modern { .. } => &[Method::POST],
            Route::File(_) | Route::Probe(_) | Route::NotFound => &[],
        }
    }

    fn methods_with(&self, separator: &str) -> String {
        self.methods().iter().map(Method::as_str).collect::<Vec<_>>().join(separator)
    }

    /// Errors of unreadable requests are written in JSON unless another format is requested.
    fn error_style(&self) -> ApiStyle {
        match self {
            Route::Classic { .. } | Route::File(_) | Route::Probe(_) | Route::NotFound => {
                ApiStyle::Classic { speaks_json: true }
            }
            Route::Modern { .. } => ApiStyle::Modern,
        }
    }
}

impl AppState {
    fn origin(&self, peer: IpAddr, request: &Request) -> Result<Origin> {
        let header_lines = request.headers().get_all(&self.proxy_header);
        let header_lines: Vec<_> =
            header_lines.iter().map(|header_line| String::from_utf8_lossy(header_line.as_bytes())).collect();
        let header_lines: Vec<&str> = header_lines.iter().map(AsRef::as_ref).collect();
        if !header_lines.is_empty() && network::is_private(peer) && !network::any_contains(&self.trusted_proxies, peer)
        {
            warn_about_untrusted_proxy(peer);
        }
        let logged_header = |name| {
            Some(header(request, name).chars().take(HEADER_BYTES).collect()).filter(|text: &String| !text.is_empty())
        };
        Ok(Origin {
            address: network::client_address(peer, &header_lines, &self.trusted_proxies),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            user_agent: logged_header(&USER_AGENT),
            traceparent: logged_header(&TRACEPARENT),
            request_id: request_id(header(request, &REQUEST_ID))?,
        })
    }

    async fn read_request(&self, request: Request, query: &str, route: &Route) -> Result<ApiRequest> {
        if let Route::NotFound = route {
            return Err(Error::NoSuchPath);
        }
        if !route.methods().contains(request.method()) {
            return Err(Error::MethodNotAllowed(route.methods_with(" and ")));
        }
        let login = header(&request, &AUTHORIZATION).to_owned();
        let secrets = secrets_in_headers(&request);
        let if_none_match = if_none_match(&request);
        let parameters = self.parameters(request, query).await?;
        let hidden = Hidden::sent_in(&parameters.values, secrets.iter().map(String::as_str));
        let api_request = match route {
            Route::Modern { action } => ApiRequest { if_none_match, ..modern(action, parameters, &login) },
            Route::Classic { .. } | Route::File(_) | Route::Probe(_) | Route::NotFound => {
                classic(self.api.catalogue(), parameters, route.accepts_json())
            }
        };
        Ok(ApiRequest { hidden, ..api_request })
    }

    async fn parameters(&self, request: Request, query: &str) -> Result<Parameters> {
        let config = self.api.config();
        let (limit, body_time) = (config.settings.limits.request_bytes, config.settings.limits.body_seconds);
        let content_type = header(&request, &CONTENT_TYPE).to_owned();
        let key = request.headers().get(IDEMPOTENCY_KEY);
        // A key that is empty or not a text is rejected, and does not count as absent.
        let key = key.map(|key| key.to_str().ok().filter(|key| !key.is_empty()).unwrap_or("\u{fffd}").to_owned());
        let is_encoded = is_encoded(&request);
        let body = request.into_body();
        if is_encoded && body.size_hint().exact() != Some(0) {
            return Err(Error::UnsupportedEncoding);
        }
        // A body whose declared size exceeds the limit is rejected before it is read.
        if body.size_hint().lower() > limit as u64 {
            return Err(Error::TooLarge { limit });
        }
        let largest = body.size_hint().upper().unwrap_or(limit as u64).min(limit as u64);
        let kilobytes = largest.saturating_sub(SMALL_BODY_BYTES).div_ceil(1024);
        // One that is larger than the whole budget takes all of it.
        let kilobytes = u32::try_from(kilobytes).unwrap_or(u32::MAX).min(BODY_MEMORY_KILOBYTES);
        let _memory = self.body_memory.try_acquire_many(kilobytes).map_err(|_| Error::Busy)?;
        let body = timeout(Duration::from_secs(body_time), to_bytes(body, limit)).await.map_err(|_| Error::TooSlow)?;
        let body = body.map_err(|_| Error::TooLarge { limit })?;
        let mut parameters = Parameters::decode(query, &content_type, &body).await?;
        if let Some(key) = key {
            parameters.values.insert(idempotency::PARAMETER.to_owned(), key.into());
        }
        Ok(parameters)
    }
}

/// Returns the entity tags of replies that the client has.
fn if_none_match(request: &Request) -> Option<String> {
    let lines = request.headers().get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    lines.map(str::to_owned).reduce(|all, line| all + "," + &line)
}

/// Returns the request id that the client sent if it is safe to log, else a generated one.
fn request_id(sent: &str) -> Result<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=/+".contains(&byte);
    if (1..=REQUEST_ID_BYTES).contains(&sent.len()) && sent.bytes().all(is_plain) {
        return Ok(sent.to_owned());
    }
    let id = getrandom::u64().map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(format!("{id:016x}"))
}

/// Returns the values of headers whose names are those of secrets, such as cookies, and their parts.
fn secrets_in_headers(request: &Request) -> Vec<String> {
    let headers = request.headers().iter().filter(|(name, _)| redaction::is_secret(name.as_str()));
    let values = headers.filter_map(|(_, value)| value.to_str().ok());
    let mut secrets = Vec::new();
    for value in values {
        secrets.extend(value.split([' ', ';', ',', '=', ':']).map(str::to_owned));
        secrets.extend(login(value).map(|(_, secret)| secret));
    }
    secrets
}

fn classic(catalogue: &Catalogue, mut parameters: Parameters, speaks_json: bool) -> ApiRequest {
    let action = parameters.take_action(|name| catalogue.find(name).is_some());
    ApiRequest {
        action,
        parameters,
        style: ApiStyle::Classic { speaks_json },
        hidden: Hidden::default(),
        if_none_match: None,
    }
}

/// Builds a request in the modern API style. Credentials are taken from the `Authorization` header only.
fn modern(action: &str, mut parameters: Parameters, authorization: &str) -> ApiRequest {
    for name in ["identifier", "secret", "username", "password"] {
        parameters.values.shift_remove(name);
    }
    if let Some((identifier, secret)) = login(authorization) {
        parameters.values.insert("identifier".to_owned(), identifier.into());
        parameters.values.insert("secret".to_owned(), secret.into());
    }
    ApiRequest {
        action: Some(action.to_owned()),
        parameters,
        style: ApiStyle::Modern,
        hidden: Hidden::default(),
        if_none_match: None,
    }
}

/// Parses `Basic` as in RFC 7617, or `Bearer identifier:secret`.
fn login(authorization: &str) -> Option<(String, String)> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let pair = match scheme.to_ascii_lowercase().as_str() {
        "basic" => String::from_utf8(BASE64.decode(rest.trim()).ok()?).ok()?,
        "bearer" => rest.trim().to_owned(),
        _ => return None,
    };
    let (identifier, secret) = pair.split_once(':')?;
    Some((identifier.to_owned(), secret.to_owned()))
}

/// Logs a warning about an untrusted proxy, once per process because every call is affected.
fn warn_about_untrusted_proxy(peer: IpAddr) {
    static WARNED: std::sync::Once = std::sync::Once::new();
    WARNED.call_once(|| {
        warn!(
            %peer,
            "calls come through a proxy that is not in access.trusted_proxies, so its address counts as the caller's"
        );
    });
}

/// Whether the body is compressed or otherwise encoded. WHMCS decodes none, and a small body may decode to a huge one.
fn is_encoded(request: &Request) -> bool {
    let lines = request.headers().get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes);
    let mut encodings = lines.flat_map(|line| line.split(|&byte| byte == b',')).map(<[u8]>::trim_ascii);
    encodings.any(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case(b"identity"))
}

fn header<'r>(request: &'r Request, name: &HeaderName) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn panic_response() -> ApiResponse {
    error!("handling a request panicked");
    ApiResponse::without_api(&Error::Internal("panic".into()))
}

fn respond(api_response: ApiResponse, request_id: Option<HeaderValue>) -> Response<Body> {
    let content_type = (api_response.status != StatusCode::NOT_MODIFIED.as_u16())
        .then(|| HeaderValue::from_static(api_response.reply.format.content_type()));
    let etag = api_response.etag.and_then(|etag| HeaderValue::from_str(&etag).ok());
    let mut response = Response::new(Body::new(api_response.reply.body));
    *response.status_mut() = StatusCode::from_u16(api_response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let status = response.status();
    // Only the modern style responds with 401.
    let challenge = (status == StatusCode::UNAUTHORIZED).then(|| HeaderValue::from_static("Basic realm=\"whmcs-api\""));
    let headers = [
        (CONTENT_TYPE, content_type),
        (ETAG, etag),
        // Replies contain personal data and texts that clients have written: neither caches may keep them nor browsers
        // take them for pages.
        (CACHE_CONTROL, Some(HeaderValue::from_static("no-store"))),
        (X_CONTENT_TYPE_OPTIONS, Some(HeaderValue::from_static("nosniff"))),
        (REQUEST_ID, request_id),
        (RETRY_AFTER, api_response.retry_after.map(HeaderValue::from)),
        (WWW_AUTHENTICATE, challenge),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(usage) = api_response.usage {
        rate_limit_headers::add(response.headers_mut(), &usage);
    }
    response
}
