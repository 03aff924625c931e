//! A stand-in portal for the demo: it shows whom single sign-on has logged in.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, Uri};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::api::sign;
use crate::auth::equal_in_constant_time;
use crate::config::{Secret, Sso};
use crate::fault::{Fault, Result};

/// Starts it, and returns the settings that lead to it.
pub async fn start() -> Result<Sso> {
    let not_started = |error: std::io::Error| Fault::Internal(format!("starting a stand-in: {error}").into());
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(not_started)?;
    let portal_url = format!("http://{}/?token={{token}}", listener.local_addr().map_err(not_started)?);
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| Fault::Internal(format!("no randomness: {error}").into()))?;
    let secret = BASE64_STANDARD.encode(key);
    let known = secret.clone();
    let router = Router::new().fallback(move |uri: Uri| async move {
        match claims(uri.query().unwrap_or_default(), &known) {
            Some(claims) => (StatusCode::OK, format!("The demo's portal has logged you in:\n\n{claims:#}\n")),
            None => (StatusCode::UNAUTHORIZED, "This statement is not signed, or too old.\n".to_owned()),
        }
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(Sso { portal_url, secret: Secret(secret), ..Sso::default() })
}

/// The claims in a query, if they are signed and still hold.
fn claims(query: &str, secret: &str) -> Option<Value> {
    let statement = query.strip_prefix("token=")?;
    let payload = statement.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    let is_signed = equal_in_constant_time(&sign(&claims, secret), statement);
    let holds = claims["exp"].as_i64()? >= chrono::Utc::now().timestamp();
    (is_signed && holds).then_some(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signed_statements_hold_and_only_for_a_while() {
        let now = chrono::Utc::now().timestamp();
        let statement = |exp: i64, key| format!("token={}", sign(&serde_json::json!({"exp": exp}), key));
        assert!(claims(&statement(now + 60, "key"), "key").is_some());
        for invalid in
            [statement(now - 1, "key"), statement(now + 60, "other"), "token=x.e30.".to_owned(), String::new()]
        {
            assert_eq!(claims(&invalid, "key"), None, "{invalid}");
        }
    }
}
