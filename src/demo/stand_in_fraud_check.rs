//! A stand-in for the demo that checks orders for fraud: it takes clients for frauds whose address begins with `fraud`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::stand_in;
use crate::config::Endpoint;
use crate::fault::Result;

/// Starts it, and returns its endpoint.
pub async fn start() -> Result<Endpoint> {
    stand_in::start(|request| async move { (StatusCode::OK, answer(&request).to_string()) }).await
}

fn answer(request: &Value) -> Value {
    let email = request["params"]["clientdetails"]["email"].as_str().unwrap_or_default();
    let is_fraud = email.starts_with("fraud");
    let (title, score) = if is_fraud { ("High risk", 95) } else { ("Low risk", 5) };
    json!({"fraud": is_fraud, "title": title, "score": score, "ipaddress": request["params"]["ipaddress"]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_frauds() {
        for (email, is_fraud) in [("fraud@example.com", true), ("ana@example.com", false)] {
            let request = json!({"params": {"clientdetails": {"email": email}, "ipaddress": "192.0.2.1"}});
            assert_eq!(answer(&request)["fraud"], is_fraud, "{email}");
        }
    }
}
