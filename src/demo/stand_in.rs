//! What the stand-ins of the demo have in common: an endpoint on a free port of this machine that checks signatures.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::auth;
use crate::config::{Endpoint, Secret};
use crate::endpoint::signature;
use crate::fault::{Fault, Result};

/// Time limit for an answer of a stand-in, in seconds.
const TIMEOUT_SECONDS: u64 = 5;

/// Starts a stand-in with a random secret, and returns its endpoint. `respond` gets each signed request.
pub async fn start<R>(respond: impl Fn(Value) -> R + Clone + Send + Sync + 'static) -> Result<Endpoint>
where
    R: Future<Output = (StatusCode, String)> + Send,
{
    let not_started = |error: std::io::Error| Fault::Internal(format!("starting a stand-in: {error}").into());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(not_started)?;
    let url = format!("http://{}/", listener.local_addr().map_err(not_started)?);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| Fault::Internal(format!("no randomness: {error}").into()))?;
    let respond = Arc::new(respond);
    let router = Router::new().fallback(move |headers: HeaderMap, body: String| {
        let respond = Arc::clone(&respond);
        async move {
            match is_signed(&key, &headers, &body) {
                true => respond(serde_json::from_str(&body).unwrap_or_default()).await,
                false => (StatusCode::UNAUTHORIZED, String::new()),
            }
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Endpoint { url, secret: Secret(format!("whsec_{}", BASE64.encode(key))), timeout_seconds: TIMEOUT_SECONDS })
}

fn is_signed(key: &[u8], headers: &HeaderMap, body: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = signature(key, header("webhook-id"), header("webhook-timestamp"), body);
    auth::equal_in_constant_time(header("webhook-signature"), &expected)
}
