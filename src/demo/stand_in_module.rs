//! A stand-in module for the demo: it checks signatures and reports success for every command, but provisions nothing.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::stand_in;
use crate::config::Endpoint;
use crate::fault::Result;

const USER_NAME_CHARACTERS: usize = 8;

/// Starts it, and returns its endpoint.
pub async fn start() -> Result<Endpoint> {
    stand_in::start(|request| async move { (StatusCode::OK, response(&request).to_string()) }).await
}

/// Builds the response: success; a new service gets a user name, because modules usually choose one.
fn response(request: &Value) -> Value {
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
            assert_eq!(response(&request), said);
        }
    }
}
