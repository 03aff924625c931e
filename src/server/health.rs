//! Health probes for load balancers and supervisors: whether the server is alive, and whether it should get calls.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, Response, StatusCode};

use super::web;
use crate::api::Api;

/// A health probe, which needs no authentication.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    /// `/healthz`: the program responds. It checks nothing else, because a restart would not repair a database.
    Alive,
    /// `/readyz`: the server can use its database and is not about to stop.
    Ready,
}

impl Probe {
    /// Returns the probe with this path, below any prefix, as for the API.
    pub fn at(path: &str) -> Option<Probe> {
        match path.rsplit('/').find(|name| !name.is_empty())? {
            "healthz" => Some(Probe::Alive),
            "readyz" => Some(Probe::Ready),
            _ => None,
        }
    }

    pub async fn respond_to(self, method: &Method, api: &Api) -> Response<Body> {
        if ![Method::GET, Method::HEAD].contains(method) {
            return web::not_allowed();
        }
        let is_healthy = match self {
            Probe::Alive => true,
            Probe::Ready => api.is_ready().await,
        };
        let (status, body) =
            if is_healthy { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
        web::respond(status, [(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], body)
    }
}
