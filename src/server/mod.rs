//! HTTP: the routes of the API in the classic and the modern style, the pages for browsers, and a running server.
//!
//! Nothing here decides whether a call is allowed, or knows the parameters of an action: [`crate::api`] does the one, and
//! actions do the other.

mod connections;
pub mod faults;
mod health;
mod metrics;
pub mod serving;
pub mod web;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, warn};

use crate::actions::Catalogue;
use crate::api::idempotency;
use crate::api::{Answer, Api, Asked};
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::network::{self, Network};
use crate::observability::api_log::Origin;
use crate::wire::{Manner, Parameters};

pub use connections::serve;
use health::Probe;
pub use metrics::metrics_router;
use web::File;

/// The path of WHMCS's API; a prefix may precede it.
const CLASSIC_PATH: &str = "/includes/api.php";
/// The path prefix of the actions in the modern style: JSON, and HTTP statuses that match the outcome.
const MODERN_PATH: &str = "/v1";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longer request ids of clients are replaced by generated ones.
const REQUEST_ID_BYTES: usize = 128;
/// Memory budget for request bodies above `SMALL_BODY`.
const ROOM_KILOBYTES: usize = 64 * 1024;
const SMALL_BODY: u64 = 32 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Maximum length of headers that are only logged.
const HEADER_BYTES: usize = 200;

struct Endpoint {
    api: Arc<Api>,
    docs: bool,
    request_bytes: usize,
    body_time: Duration,
    /// Memory budget for large request bodies in kilobytes, shared by all connections.
    room: Semaphore,
    trusted_proxies: Vec<Network>,
    proxy_header: HeaderName,
}

/// The router: one handler for all paths.
pub fn router(api: Arc<Api>, settings: &Settings) -> Router {
    let endpoint = Endpoint {
        api,
        docs: settings.docs,
        request_bytes: settings.limits.request_bytes,
        body_time: Duration::from_secs(settings.limits.body_seconds),
        room: Semaphore::new(ROOM_KILOBYTES.max(settings.limits.request_bytes.div_ceil(1024))),
        trusted_proxies: settings.access.trusted_proxies.clone(),
        proxy_header: HeaderName::from_bytes(settings.access.proxy_header.as_bytes())
            .unwrap_or(HeaderName::from_static("x-forwarded-for")),
    };
    Router::new()
        .fallback(answer)
        .layer(CatchPanicLayer::custom(|_| respond(panicked(), None)))
        .with_state(Arc::new(endpoint))
}

type Peer = Result<ConnectInfo<SocketAddr>, ExtensionRejection>;

async fn answer(State(endpoint): State<Arc<Endpoint>>, peer: Peer, request: Request) -> Response<Body> {
    let way = Way::of(&request, endpoint.docs);
    match way {
        Way::File(file) => return file.answer(&request),
        Way::Probe(probe) => return probe.answer(request.method(), &endpoint.api).await,
        Way::Classic { .. } | Way::Modern { .. } | Way::Nowhere => {}
    }
    // Tests without a connection have no peer; this address is never allowed.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let origin = match endpoint.origin(peer, &request) {
        Ok(origin) => origin,
        Err(error) => return respond(Answer::without_api(&error), None),
    };
    let request_id = HeaderValue::from_str(&origin.request_id).ok();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let answer = match endpoint.asked(request, &query, &way).await {
        Ok(asked) => endpoint.api.answer(asked, origin).await,
        Err(error) => {
            let query = Parameters::decode(&query, "", b"").await.unwrap_or_default();
            endpoint.api.unreadable(&error, &query, way.manner_of_errors())
        }
    };
    let mut response = respond(answer, request_id);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = HeaderValue::from_str(&way.methods_with(", "))
    {
        response.headers_mut().insert(ALLOW, methods);
    }
    response
}

/// What a request's path refers to.
enum Way {
    /// `/includes/api.php`
    Classic { speaks_json: bool },
    /// `/v1/AddCredit`
    Modern { action: String },
    /// A file, such as `/docs`: served before any check of calls.
    File(&'static File),
    /// `/healthz` and `/readyz`: no calls either.
    Probe(Probe),
    /// An unknown path.
    Nowhere,
}

impl Way {
    fn of(request: &Request, docs: bool) -> Way {
        let path = request.uri().path();
        if path.ends_with(CLASSIC_PATH) {
            let says_json = |name| header(request, name).contains("application/json");
            return Way::Classic { speaks_json: [ACCEPT, CONTENT_TYPE].iter().any(says_json) };
        }
        match path.rsplit_once('/') {
            Some((parent, action)) if parent.ends_with(MODERN_PATH) => Way::Modern { action: action.to_owned() },
            _ => match Probe::at(path) {
                Some(probe) => Way::Probe(probe),
                None => File::at(path).filter(|_| docs).map_or(Way::Nowhere, Way::File),
            },
        }
    }

    fn speaks_json(&self) -> bool {
        matches!(self, Way::Classic { speaks_json: true })
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Way::Classic { .. } => &[Method::GET, Method::POST],
            Way::Modern { .. } => &[Method::POST],
            Way::File(_) | Way::Probe(_) | Way::Nowhere => &[],
        }
    }

    fn methods_with(&self, separator: &str) -> String {
        self.methods().iter().map(Method::as_str).collect::<Vec<_>>().join(separator)
    }

    /// Errors of unreadable requests are written in JSON unless another format is requested.
    fn manner_of_errors(&self) -> Manner {
        match self {
            Way::Classic { .. } | Way::File(_) | Way::Probe(_) | Way::Nowhere => Manner::Classic { speaks_json: true },
            Way::Modern { .. } => Manner::Modern,
        }
    }
}

impl Endpoint {
    fn origin(&self, peer: IpAddr, request: &Request) -> Result<Origin> {
        let lines = request.headers().get_all(&self.proxy_header);
        let lines: Vec<_> = lines.iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let lines: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        if !lines.is_empty() && network::is_private(peer) && !network::contain(&self.trusted_proxies, peer) {
            warn_of_proxy(peer);
        }
        let kept = |name| {
            Some(header(request, name).chars().take(HEADER_BYTES).collect()).filter(|text: &String| !text.is_empty())
        };
        Ok(Origin {
            address: network::client_address(peer, &lines, &self.trusted_proxies),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            user_agent: kept(&USER_AGENT),
            traceparent: kept(&TRACEPARENT),
            request_id: request_id(header(request, &REQUEST_ID))?,
        })
    }

    async fn asked(&self, request: Request, query: &str, way: &Way) -> Result<Asked> {
        if let Way::Nowhere = way {
            return Err(Error::NoSuchPath);
        }
        if !way.methods().contains(request.method()) {
            return Err(Error::MethodNotAllowed(way.methods_with(" and ")));
        }
        let login = header(&request, &AUTHORIZATION).to_owned();
        let parameters = self.parameters(request, query).await?;
        Ok(match way {
            Way::Modern { action } => modern(action, parameters, &login),
            Way::Classic { .. } | Way::File(_) | Way::Probe(_) | Way::Nowhere => {
                classic(self.api.catalogue(), parameters, way.speaks_json())
            }
        })
    }

    async fn parameters(&self, request: Request, query: &str) -> Result<Parameters> {
        let limit = self.request_bytes;
        let content_type = header(&request, &CONTENT_TYPE).to_owned();
        let key = request.headers().get(IDEMPOTENCY_KEY);
        // A key that is empty or not a text is rejected, and does not count as absent.
        let key = key.map(|key| key.to_str().ok().filter(|key| !key.is_empty()).unwrap_or("\u{fffd}").to_owned());
        let body = request.into_body();
        // A body whose declared size exceeds the limit is rejected before it is read.
        if body.size_hint().lower() > limit as u64 {
            return Err(Error::TooLarge { limit });
        }
        let largest = body.size_hint().upper().unwrap_or(limit as u64).min(limit as u64);
        let kilobytes = u32::try_from(largest.saturating_sub(SMALL_BODY).div_ceil(1024)).unwrap_or(u32::MAX);
        let _room = self.room.try_acquire_many(kilobytes).map_err(|_| Error::Busy)?;
        let body = timeout(self.body_time, to_bytes(body, limit)).await.map_err(|_| Error::TooSlow)?;
        let body = body.map_err(|_| Error::TooLarge { limit })?;
        let mut parameters = Parameters::decode(query, &content_type, &body).await?;
        if let Some(key) = key {
            parameters.values.insert(idempotency::PARAMETER.to_owned(), key.into());
        }
        Ok(parameters)
    }
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

fn classic(catalogue: &Catalogue, mut parameters: Parameters, speaks_json: bool) -> Asked {
    let action = parameters.take_action(|name| catalogue.find(name).is_some());
    Asked { action, parameters, manner: Manner::Classic { speaks_json } }
}

/// Credentials are taken from the `Authorization` header only.
fn modern(action: &str, mut parameters: Parameters, authorization: &str) -> Asked {
    for name in ["identifier", "secret", "username", "password"] {
        parameters.values.shift_remove(name);
    }
    if let Some((identifier, secret)) = login(authorization) {
        parameters.values.insert("identifier".to_owned(), identifier.into());
        parameters.values.insert("secret".to_owned(), secret.into());
    }
    Asked { action: Some(action.to_owned()), parameters, manner: Manner::Modern }
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

/// Logged once per process, since it concerns every call.
fn warn_of_proxy(peer: IpAddr) {
    static TOLD: std::sync::Once = std::sync::Once::new();
    TOLD.call_once(|| {
        warn!(
            %peer,
            "calls come through a proxy that is not in access.trusted_proxies, so its address counts as the caller's"
        );
    });
}

fn header<'r>(request: &'r Request, name: &HeaderName) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn panicked() -> Answer {
    error!("handling a request panicked");
    Answer::without_api(&Error::Internal("panic".into()))
}

fn respond(answer: Answer, request_id: Option<HeaderValue>) -> Response<Body> {
    let content_type = HeaderValue::from_static(answer.reply.format.content_type());
    let mut response = Response::new(Body::new(answer.reply.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let status = response.status();
    // Only the modern style responds with 401.
    let challenge = (status == StatusCode::UNAUTHORIZED).then(|| HeaderValue::from_static("Basic realm=\"whmcs-api\""));
    let headers = [
        (CONTENT_TYPE, Some(content_type)),
        (REQUEST_ID, request_id),
        (RETRY_AFTER, answer.retry_after.map(HeaderValue::from)),
        (WWW_AUTHENTICATE, challenge),
    ];
    for (name, value) in headers {
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
