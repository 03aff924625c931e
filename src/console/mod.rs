//! The console: pages at `/console` with which operators look after the server, in a browser.
//!
//! All routes are in one list, [`ROUTES`], which says what right each needs. Whether somebody is logged in, what they may do
//! and whether they have sent the form themselves is decided in one place, `gate`, before a page is asked. Pages are HTML
//! that the server writes; they work without scripts.
//!
//! Nothing is decided here about the business: pages call what the API and the command line call, and SQL is in
//! [`crate::store`].

mod chart;
mod cookies;
mod forms;
mod gate;
mod html;
mod layout;
pub mod pages;
mod routes;
mod transport;
mod visit;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, Response, StatusCode};
use tokio::time::timeout;
use tracing::{Instrument, debug_span, error};

use crate::api::Api;
use crate::config::Settings;
use crate::error::Error;
use crate::network::Network;

pub use routes::{Handler, NAVIGATION, ROUTES, Route};
pub use visit::{Answer, ConsoleError, Fields, Guest, Person, Visit};

/// The path below which all pages are.
pub const PREFIX: &str = "/console";

/// The largest form.
const FORM_BYTES: usize = 64 * 1024;

/// The console of a server.
pub struct Console {
    pub api: Arc<Api>,
    trusted_proxies: Vec<Network>,
    proxy_header: HeaderName,
    /// Whether the listener speaks TLS.
    has_tls: bool,
}

/// A request that was read.
struct Received {
    request: axum::http::request::Parts,
    body: Vec<u8>,
    address: IpAddr,
    /// Whether it came over TLS, to this server or to a proxy.
    is_secure: bool,
}

impl Console {
    pub fn new(api: Arc<Api>, settings: &Settings) -> Console {
        Console {
            api,
            trusted_proxies: settings.access.trusted_proxies.clone(),
            proxy_header: HeaderName::from_bytes(settings.access.proxy_header.as_bytes())
                .unwrap_or(HeaderName::from_static("x-forwarded-for")),
            has_tls: settings.tls.is_enabled(),
        }
    }

    /// Whether the console is served, and a path is one of its.
    pub fn serves(&self, path: &str) -> bool {
        let is_inside = path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_inside && self.api.config().settings.console.enabled
    }

    /// Answers a request from this peer.
    pub async fn handle(self: &Arc<Self>, peer: IpAddr, request: Request) -> Response<Body> {
        if self.api.is_read_only() {
            let why = "This server only reads. The console keeps its sessions in the database, so it is off here.\n";
            return layout::plain(StatusCode::NOT_FOUND, why);
        }
        let (address, is_secure) = match self.transport(peer, request.headers()) {
            Ok(transport) => transport,
            Err(why) => return layout::plain(StatusCode::FORBIDDEN, why),
        };
        if let Some(asset) = layout::asset(request.method(), request.uri().path()) {
            return asset;
        }
        let time_limit = Duration::from_secs(self.api.config().settings.limits.body_seconds);
        let (request, body) = request.into_parts();
        let body = match timeout(time_limit, to_bytes(body, FORM_BYTES)).await {
            Ok(Ok(body)) => body.to_vec(),
            Ok(Err(_)) => return layout::plain(StatusCode::PAYLOAD_TOO_LARGE, "The form is too large.\n"),
            Err(_) => return layout::plain(StatusCode::REQUEST_TIMEOUT, "The form took too long to arrive.\n"),
        };
        let received = Received { request, body, address, is_secure };
        let console = Arc::clone(self);
        // What has begun is finished, also if the browser hangs up.
        let answering =
            async move { console.pass(received).await }.instrument(debug_span!("console", part = "console"));
        match self.api.in_task(answering).await {
            Ok(response) => response,
            Err(Error::Busy) => layout::plain(StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again.\n"),
            Err(error) => {
                error!(%error, "a page of the console failed");
                layout::plain(StatusCode::INTERNAL_SERVER_ERROR, "This page failed. The log of the server says why.\n")
            }
        }
    }
}
