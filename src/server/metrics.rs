//! The metrics listener, on an address of its own that API callers cannot reach.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Response, StatusCode};
use tracing::error;

use super::health::Probe;
use super::web;
use crate::api::Api;
use crate::observability::metrics;

/// The router of the metrics listener: `/metrics`, and `/healthz` and `/readyz` as on the API's listener.
pub fn metrics_router(api: Arc<Api>) -> Router {
    Router::new().fallback(handle).with_state(api)
}

async fn handle(State(api): State<Arc<Api>>, request: Request) -> Response<Body> {
    let (path, method) = (request.uri().path(), request.method());
    if let Some(probe) = Probe::at(path) {
        return probe.respond_to(method, &api).await;
    }
    match (path, method) {
        ("/metrics", &Method::GET | &Method::HEAD) => metrics(&api).await,
        ("/metrics", _) => web::not_allowed(),
        _ => plain(StatusCode::NOT_FOUND, "Not found. Available: /metrics, /healthz and /readyz\n"),
    }
}

async fn metrics(api: &Api) -> Response<Body> {
    match api.metrics_text().await {
        Ok(text) => {
            web::respond(StatusCode::OK, [(CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE))], text)
        }
        Err(error) => {
            error!(%error, "the metrics cannot be encoded");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "See the log for the cause\n")
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    web::respond(status, [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], text)
}
