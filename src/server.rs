//! HTTP: one path, below any prefix.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, Method, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::api::{Answer, Api};
use crate::error::{Error, Result};
use crate::wire::{self, Format, Parameters};

/// WHMCS's own path; a system URL may have a path of its own before it.
const PATH: &str = "/includes/api.php";

#[derive(Clone)]
struct Endpoint {
    api: Arc<Api>,
    request_bytes: usize,
}

/// The server's one route. Requests larger than `request_bytes` are refused.
pub fn router(api: Arc<Api>, request_bytes: usize) -> Router {
    Router::new().fallback(endpoint).with_state(Endpoint { api, request_bytes })
}

/// Serves until `stop` ends, then answers what was begun; clients who take longer than `patience` are not waited for.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    patience: Duration,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let stopping = CancellationToken::new();
    let serving = axum::serve(listener, service).with_graceful_shutdown(stopping.clone().cancelled_owned());
    let out_of_patience = async {
        stop.await;
        stopping.cancel();
        sleep(patience).await;
    };
    tokio::select! {
        served = serving => served,
        () = out_of_patience => Ok(()),
    }
}

async fn endpoint(State(endpoint): State<Endpoint>, request: Request) -> Response<Body> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|peer| peer.0.ip().to_canonical().to_string()).unwrap_or_default();
    match parameters(request, endpoint.request_bytes).await {
        Ok(parameters) => respond(endpoint.api.answer(parameters, address).await),
        Err(error) => respond(Answer::error(&error, Format::Json)),
    }
}

async fn parameters(request: Request, limit: usize) -> Result<Parameters> {
    if !request.uri().path().ends_with(PATH) {
        return Err(Error::NoSuchPath);
    }
    if request.method() != Method::POST {
        return Err(Error::MethodNotAllowed);
    }
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| Error::TooLarge { limit })?;
    Ok(wire::decode_form(&body))
}

fn respond(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let also = match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "POST")),
        _ => None,
    };
    for (name, value) in [(CONTENT_TYPE, answer.content_type)].into_iter().chain(also) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
