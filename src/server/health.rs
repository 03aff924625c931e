//! Whether the server is alive, and whether calls should be sent to it: for load balancers and supervisors.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, Response, StatusCode};

use crate::api::Api;
use crate::web;

/// A question that anybody may ask, from any address, and whose answer tells nothing else.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    /// `/healthz`: the program answers. Nothing else is looked at: starting it anew would mend no database.
    Alive,
    /// `/readyz`: it can use its database, and is not about to stop.
    Ready,
}

impl Probe {
    /// Found below any prefix, as the API is.
    pub fn at(path: &str) -> Option<Probe> {
        match path.rsplit_once('/')?.1 {
            "healthz" => Some(Probe::Alive),
            "readyz" => Some(Probe::Ready),
            _ => None,
        }
    }

    pub async fn answer(self, method: &Method, api: &Api) -> Response<Body> {
        if ![Method::GET, Method::HEAD].contains(method) {
            return web::not_allowed();
        }
        let is_well = match self {
            Probe::Alive => true,
            Probe::Ready => api.is_ready().await,
        };
        let (status, body) =
            if is_well { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        web::respond(status, headers, body)
    }
}
