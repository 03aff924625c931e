//! HTTP: the routes of the API in the classic and the modern style, the pages for browsers, and a running server.
//!
//! Whether a call is allowed is decided in [`crate::api`], and only actions know their parameters; neither belongs
//! here.

mod agents;
mod callbacks;
mod connections;
mod console;
pub mod control;
pub mod faults;
mod fossbilling;
mod handshakes;
mod health;
mod metrics;
mod rate_limit_headers;
mod reading;
pub mod reload;
mod reply_files;
pub mod serving;
mod single_sign_on;
mod slots;
mod tokens;
pub mod web;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::ExtensionRejection;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{error, warn};

use crate::api::{Api, ApiResponse, ForeignHeaders};
use crate::config::Settings;
use crate::console::Console;
use crate::error::{Error, Result};
use crate::mcp::HttpAgents;
use crate::network::{self, Network};
use crate::observability::api_log::Origin;
use crate::wire::{ApiStyle, Parameters};

pub use connections::{Listener, serve};
pub use console::console_router;
use health::Probe;
pub use metrics::metrics_router;
use reading::RequestReader;
use reply_files::ReplyFile;
use web::{Description, File};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longer request ids of clients are replaced by generated ones.
const REQUEST_ID_BYTES: usize = 128;
/// Maximum length of headers that are only logged.
const HEADER_BYTES: usize = 200;

struct AppState {
    api: Arc<Api>,
    reader: RequestReader,
    trusted_proxies: Vec<Network>,
    proxy_header: HeaderName,
    description: Description,
    agents: HttpAgents,
    /// `None` if it has a listener of its own.
    console: Option<Arc<Console>>,
}

/// The router: one handler for all paths.
pub fn router(api: Arc<Api>, settings: &Settings) -> Router {
    let state = AppState {
        agents: HttpAgents::new(Arc::clone(&api)),
        console: settings.console.listen.is_empty().then(|| Arc::new(Console::new(Arc::clone(&api), settings))),
        api,
        reader: RequestReader::default(),
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
    let settings = &state.api.config().settings;
    if let Some(console) = &state.console
        && console.serves(request.uri().path())
    {
        return console::answer(console, peer, request).await;
    }
    if settings.fossbilling
        && let Some(rest) = fossbilling::call_of(&request)
    {
        return fossbilling::handle(&state, peer, request, rest).await;
    }
    if settings.docs && fossbilling::is_for_description(&request) {
        return fossbilling::describe(&request, settings.fossbilling);
    }
    let route = Route::of(&request, settings.docs, settings.mcp);
    match route {
        Route::File(file) => return file.respond_to(&request, &state.description, state.api.catalogue()),
        Route::Probe(probe) => return probe.respond_to(request.method(), &state.api).await,
        Route::Callback { gateway } => return callbacks::handle(&state, peer, request, gateway).await,
        Route::Token => return tokens::handle(&state, peer, request).await,
        Route::Agents => return agents::handle(&state, peer, request).await,
        Route::SingleSignOn => return single_sign_on::handle(&state, peer, request).await,
        Route::Classic { .. } | Route::Modern { .. } | Route::Events | Route::NotFound => {}
    }
    // Only tests that bypass the network have no peer. They get an address that is never allowed.
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let mut origin = match state.origin(peer, &request) {
        Ok(origin) => origin,
        Err(error) => return respond(ApiResponse::without_api(&error), None),
    };
    let file = reply_files::wanted(&route, &request);
    let mut request_id = HeaderValue::from_str(&origin.request_id).ok();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let api_response = match state.reader.read(&state.api, request, &query, &route).await {
        Ok(api_request) => {
            origin.redact(&api_request.hidden);
            request_id = HeaderValue::from_str(&origin.request_id).ok();
            match route {
                Route::Events => state.api.wait_for_events(api_request, origin).await,
                _ => state.api.handle(api_request, origin).await,
            }
        }
        Err(error) => {
            let query = Parameters::decode(&query, "", b"").await.unwrap_or_default();
            state.api.reject_unreadable(&error, &query, route.error_style())
        }
    };
    let file = file.and_then(|media_type| ReplyFile::read(media_type, &api_response));
    let mut response = respond(api_response, request_id);
    if let Some(file) = file {
        file.replace(&mut response);
    }
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
    /// `/gateways/stripe/callback`: what a payment gateway tells by itself, signed with its secret.
    Callback { gateway: String },
    /// `GET /v1/events`: the action `GetEvents`, which waits until there is an event.
    Events,
    /// `/oauth/singlesignon.php`: where browsers bring tokens for single sign-on.
    SingleSignOn,
    /// `/oauth/token.php`: where programs ask for tokens.
    Token,
    /// `/mcp`: agents, by the Model Context Protocol.
    Agents,
    /// A file, such as `/docs`, which anyone may request.
    File(&'static File),
    /// `/healthz` and `/readyz`, which anyone may request.
    Probe(Probe),
    /// An unknown path.
    NotFound,
}

impl Route {
    fn of(request: &Request, docs: bool, mcp: bool) -> Route {
        let path = request.uri().path();
        let mut names = path.rsplit('/').filter(|name| !name.is_empty());
        match (names.next(), names.next(), names.next()) {
            (Some("callback"), Some(gateway), Some("gateways")) => Route::Callback { gateway: gateway.to_owned() },
            (Some("singlesignon.php"), Some("oauth"), _) => Route::SingleSignOn,
            (Some("token.php"), Some("oauth"), _) => Route::Token,
            (Some("mcp"), _, _) if mcp => Route::Agents,
            (Some("api.php"), Some("includes"), _) => {
                let says_json = |name| header(request, name).contains("application/json");
                Route::Classic { speaks_json: [ACCEPT, CONTENT_TYPE].iter().any(says_json) }
            }
            (Some("events"), Some("v1"), _) if request.method() == Method::GET => Route::Events,
            (Some(action), Some("v1"), _) => Route::Modern { action: action.to_owned() },
            (Some("v1"), _, _) => Route::Modern { action: String::new() },
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
            Route::Modern { .. } | Route::Callback { .. } | Route::Token => &[Method::POST],
            Route::SingleSignOn | Route::Events => &[Method::GET],
            Route::Agents | Route::File(_) | Route::Probe(_) | Route::NotFound => &[],
        }
    }

    fn methods_with(&self, separator: &str) -> String {
        self.methods().iter().map(Method::as_str).collect::<Vec<_>>().join(separator)
    }

    /// Errors of unreadable requests are written in JSON unless another format is requested.
    fn error_style(&self) -> ApiStyle {
        match self {
            Route::Modern { .. } | Route::Events => ApiStyle::Modern,
            _ => ApiStyle::Classic { speaks_json: true },
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

fn header<'r>(request: &'r Request, name: &HeaderName) -> &'r str {
    header_of(request.headers(), name)
}

fn header_of<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn panic_response() -> ApiResponse {
    error!("handling a request panicked");
    ApiResponse::without_api(&Error::Internal("panic".into()))
}

/// Adds what describes the body of a reply that the upstream has written. A browser must not run it as a page of this server.
fn add_foreign_headers(headers: &mut HeaderMap, foreign: ForeignHeaders) {
    headers.extend(foreign.content_type.map(|value| (CONTENT_TYPE, value)));
    headers.extend(foreign.content_encoding.map(|value| (CONTENT_ENCODING, value)));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
}

fn respond(api_response: ApiResponse, request_id: Option<HeaderValue>) -> Response<Body> {
    let has_type = api_response.status != StatusCode::NOT_MODIFIED.as_u16() && api_response.foreign.is_none();
    let content_type = has_type.then(|| HeaderValue::from_static(api_response.reply.format.content_type()));
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
    if let Some(foreign) = api_response.foreign {
        add_foreign_headers(response.headers_mut(), *foreign);
    }
    if let Some(usage) = api_response.usage {
        rate_limit_headers::add(response.headers_mut(), &usage);
    }
    response
}
