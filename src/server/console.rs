//! The console, on the API's listener or on one of its own.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Response, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;

use super::health::Probe;
use super::{Peer, panic_response, respond, web};
use crate::api::Api;
use crate::config::Settings;
use crate::console::{Console, PREFIX};

/// The router of the console's own listener: the console, and `/healthz` and `/readyz` as on the API's listener.
pub fn console_router(api: Arc<Api>, settings: &Settings) -> Router {
    let console = Arc::new(Console::new(api, settings));
    Router::new()
        .fallback(handle)
        .layer(CatchPanicLayer::custom(|_| respond(panic_response(), None)))
        .with_state(console)
}

async fn handle(State(console): State<Arc<Console>>, peer: Peer, request: Request) -> Response<Body> {
    let path = request.uri().path();
    if console.serves(path) {
        return answer(&console, peer, request).await;
    }
    match Probe::at(path) {
        Some(probe) => probe.respond_to(request.method(), &console.api).await,
        None if path == "/" && console.serves(PREFIX) => {
            web::respond(StatusCode::SEE_OTHER, [(LOCATION, HeaderValue::from_static(PREFIX))], "")
        }
        None => {
            let text = [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))];
            web::respond(StatusCode::NOT_FOUND, text, "Not found. The console is at /console\n")
        }
    }
}

/// Answers a request for a page.
pub(super) async fn answer(console: &Arc<Console>, peer: Peer, request: Request) -> Response<Body> {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    console.handle(peer, request).await
}
