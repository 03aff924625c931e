//! A stand-in module for the demo: it checks signatures and reports success for every command, but provisions nothing.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::auth;
use crate::config::{Endpoint, Secret};
use crate::endpoint::signature;
use crate::fault::{Fault, Result};

const USER_NAME_CHARACTERS: usize = 8;

/// Starts it on a free port of this machine, with a random secret, and returns its endpoint.
pub async fn start() -> Result<Endpoint> {
    let not_started = |error: std::io::Error| Fault::Internal(format!("starting the stand-in module: {error}").into());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(not_started)?;
    let url = format!("http://{}/", listener.local_addr().map_err(not_started)?);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| Fault::Internal(format!("no randomness: {error}").into()))?;
    let router = Router::new().fallback(move |headers: HeaderMap, body: String| async move {
        match is_signed(&key, &headers, &body) {
            true => (StatusCode::OK, response(&body).to_string()),
            false => (StatusCode::UNAUTHORIZED, String::new()),
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Endpoint { url, secret: Secret(format!("whsec_{}", BASE64.encode(key))), timeout_seconds: 5 })
}

fn is_signed(key: &[u8], headers: &HeaderMap, body: &str) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expected = signature(key, header("webhook-id"), header("webhook-timestamp"), body);
    auth::equal_in_constant_time(header("webhook-signature"), &expected)
}

/// Builds the response: success; a new service gets a user name, because modules usually choose one.
fn response(request: &str) -> Value {
    let request: Value = serde_json::from_str(request).unwrap_or_default();
    let params = &request["params"];
    if request["function"] != "CreateAccount" || params["username"] != "" {
        return json!({"result": "success"});
    }
    let domain = params["domain"].as_str().unwrap_or_default();
    let letters = domain.chars().filter(char::is_ascii_alphanumeric).take(USER_NAME_CHARACTERS);
    json!({"result": "success", "service": {"username": letters.collect::<String>()}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_service_gets_a_user_name() {
        for (request, said) in [
            (json!({"function": "SuspendAccount"}), json!({"result": "success"})),
            (
                json!({"function": "CreateAccount", "params": {"domain": "my-shop.example", "username": ""}}),
                json!({"result": "success", "service": {"username": "myshopex"}}),
            ),
            (
                json!({"function": "CreateAccount", "params": {"domain": "a.example", "username": "ana"}}),
                json!({"result": "success"}),
            ),
        ] {
            assert_eq!(response(&request.to_string()), said);
        }
    }
}
