//! Calls that are passed to a WHMCS, and comparisons of its replies with those of this server.

mod admission;
mod bytes;
mod comparing;
mod doctor;
mod failures;
mod php;
mod replay;
mod stopping;
mod without;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use tower::ServiceExt;
use whmcs_api::config::{Settings, Upstream};

use crate::support::{Recorded, TestApi};

/// An API that passes calls to this upstream.
pub async fn passing(upstream: Upstream) -> TestApi {
    TestApi::with_settings(Settings { upstream, ..Settings::default() }).await
}

/// Sends a request and returns status, `Content-Type` and body of the response.
pub async fn respond(router: &Router, request: Request<Body>) -> Recorded {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let content_type = head.headers.get("content-type").map(|value| value.to_str().unwrap().to_owned());
    (head.status.as_u16(), content_type.unwrap_or_default(), to_bytes(body, usize::MAX).await.unwrap())
}
