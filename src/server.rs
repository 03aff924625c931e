//! HTTP: one path, below any prefix.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::api::{Answer, Api};
use crate::error::{Error, Result};
use crate::wire::Parameters;

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
    let query = request.uri().query().unwrap_or_default().to_owned();
    let speaks_json = [ACCEPT, CONTENT_TYPE].iter().any(|name| header(&request, name).contains("application/json"));
    let answer = match parameters(request, &query, endpoint.request_bytes).await {
        Ok(parameters) => endpoint.api.answer(parameters, speaks_json, address).await,
        Err(error) => {
            let query = Parameters::decode(&query, "", b"").await.unwrap_or_default();
            endpoint.api.unreadable(&error, &query)
        }
    };
    respond(answer)
}

async fn parameters(request: Request, query: &str, limit: usize) -> Result<Parameters> {
    if !request.uri().path().ends_with(PATH) {
        return Err(Error::NoSuchPath);
    }
    if ![Method::GET, Method::POST].contains(request.method()) {
        return Err(Error::MethodNotAllowed);
    }
    let content_type = header(&request, &CONTENT_TYPE).to_owned();
    let body = to_bytes(request.into_body(), limit).await.map_err(|_| Error::TooLarge { limit })?;
    Ok(Parameters::decode(query, &content_type, &body).await?)
}

fn header<'r>(request: &'r Request, name: &HeaderName) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn respond(answer: Answer) -> Response<Body> {
    let content_type = answer.reply.format.content_type();
    let mut response = Response::new(Body::from(answer.reply.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let also = match response.status() {
        StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, "1")),
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, POST")),
        _ => None,
    };
    for (name, value) in [(CONTENT_TYPE, content_type)].into_iter().chain(also) {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
