//! The protocol of modules: a command is a signed POST of JSON, with an answer in JSON.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tracing::warn;

use crate::config;
use crate::fault::{Fault, Result};
use crate::network;
use crate::store::services::provisioning::ModuleChanges;

/// Maximum size of an answer; a longer one counts as unreadable.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Maximum length of a message in the queue.
const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// The modules in the settings.
pub struct Modules {
    endpoints: BTreeMap<String, Endpoint>,
    client: reqwest::Client,
}

struct Endpoint {
    url: reqwest::Url,
    secret: Vec<u8>,
    timeout: Duration,
}

/// A module's answer.
#[derive(Debug)]
pub enum ModuleResponse {
    /// The command was executed. Holds the fields that the module has set.
    Success(ModuleChanges),
    /// The command was not executed.
    Failure {
        message: String,
        /// Whether a retry may succeed.
        may_retry: bool,
    },
    /// No usable answer; whether the command was executed is unknown. Holds the reason.
    NoAnswer(String),
}

impl ModuleResponse {
    /// Redacts these secrets from the message.
    #[must_use]
    pub fn redacted(self, secrets: &[String]) -> ModuleResponse {
        match self {
            ModuleResponse::Failure { message, may_retry } => {
                let hide = |message: String, secret: &String| message.replace(secret.as_str(), "***");
                ModuleResponse::Failure { message: secrets.iter().fold(message, hide), may_retry }
            }
            other => other,
        }
    }
}

impl Modules {
    pub fn new(settings: &BTreeMap<String, config::Module>) -> Result<Modules> {
        let unusable = |error: &dyn std::fmt::Display| Fault::Internal(format!("setting modules up: {error}").into());
        let client = network::http_client();
        let endpoint = |(name, module): (&String, &config::Module)| {
            let endpoint = Endpoint {
                url: module.url.parse().map_err(|error| unusable(&error))?,
                secret: key(&module.secret.0).ok_or_else(|| unusable(&"a secret is not base64 after whsec_"))?,
                timeout: Duration::from_secs(module.timeout_seconds),
            };
            Ok((name.clone(), endpoint))
        };
        Ok(Modules {
            endpoints: settings.iter().map(endpoint).collect::<Result<_>>()?,
            client: client.map_err(|error| unusable(&error))?,
        })
    }

    pub fn has(&self, name: &str) -> bool {
        self.endpoints.contains_key(name)
    }

    /// Time limit for a module's answer.
    pub fn timeout(&self, name: &str) -> Duration {
        self.endpoints.get(name).map(|endpoint| endpoint.timeout).unwrap_or_default()
    }

    /// Sends a command to a module, and returns the answer and the logged response. `id` is the same for all attempts
    /// at a command.
    pub async fn send(&self, name: &str, id: &str, body: String) -> (ModuleResponse, String) {
        let failure = |message: String| (ModuleResponse::Failure { message, may_retry: true }, String::new());
        let Some(endpoint) = self.endpoints.get(name) else {
            return failure(format!("No module {name} is set up in this server's settings"));
        };
        match self.post(endpoint, id, body).await {
            Ok((200, text)) => (read(name, &text), text),
            Ok((status, text)) => (failure(format!("The module {name} answered with HTTP status {status}")).0, text),
            Err(error) if error.is_timeout() => {
                let seconds = endpoint.timeout.as_secs();
                let message = format!(
                    "The module {name} did not answer within {seconds} s: whether it executed the command is unknown"
                );
                (ModuleResponse::NoAnswer(message), String::new())
            }
            Err(error) => {
                warn!(%error, module = name, "a module could not be reached");
                let message = format!("The module {name} could not be reached");
                match error.is_connect() {
                    true => failure(message),
                    false => (ModuleResponse::NoAnswer(message), String::new()),
                }
            }
        }
    }

    async fn post(&self, endpoint: &Endpoint, id: &str, body: String) -> reqwest::Result<(u16, String)> {
        let timestamp = chrono::Utc::now().timestamp().to_string();
        let request = self
            .client
            .post(endpoint.url.clone())
            .timeout(endpoint.timeout)
            .header("content-type", "application/json")
            .header("webhook-signature", signature(&endpoint.secret, id, &timestamp, &body))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp);
        let mut response = request.body(body).send().await?;
        let mut answer = Vec::new();
        while let Some(part) = response.chunk().await? {
            answer.extend_from_slice(&part);
            if answer.len() > MAX_RESPONSE_BYTES {
                answer.truncate(MAX_RESPONSE_BYTES);
                break;
            }
        }
        Ok((response.status().as_u16(), String::from_utf8_lossy(&answer).into_owned()))
    }
}

fn read(name: &str, text: &str) -> ModuleResponse {
    let reply: Value = serde_json::from_str(text).unwrap_or_default();
    // Languages differ in how they encode an empty value, or digits.
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let service = |key: &str| text(&reply["service"][key]);
    if reply["result"] == "success" {
        return ModuleResponse::Success(ModuleChanges {
            domain: service("domain"),
            username: service("username"),
            password: service("password"),
            dedicated_ip: service("dedicatedip"),
            suspend_reason: None,
        });
    }
    match text(&reply["message"]) {
        Some(message) => ModuleResponse::Failure {
            message: message.chars().take(MAX_MESSAGE_CHARACTERS).collect(),
            may_retry: reply["retry"] != false,
        },
        None => {
            ModuleResponse::Failure { message: format!("The module {name} gave an unreadable answer"), may_retry: true }
        }
    }
}

/// The key in a secret: base64 after `whsec_`, otherwise the secret's own bytes.
fn key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// The value of the header `webhook-signature`, as defined by Standard Webhooks (version 1).
pub fn signature(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let mut signed = String::with_capacity(id.len() + timestamp.len() + body.len() + 2);
    // Writing to a String cannot fail.
    let _ = write!(signed, "{id}.{timestamp}.{body}");
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mac) => format!("v1,{}", BASE64.encode(mac.chain_update(signed).finalize().into_bytes())),
        Err(never) => unreachable!("HMAC takes a key of any length: {never}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the specification.
    #[test]
    fn the_signature_is_that_of_the_standard() {
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = r#"{"test": 2432232314}"#;
        assert_eq!(
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn answers_of_modules_are_read() {
        let summarized = |text: &str| match read("cpanel", text) {
            ModuleResponse::Success(changes) => format!("yes {}", changes.username.unwrap_or_default()),
            ModuleResponse::Failure { message, may_retry } => format!("no {message} {may_retry}"),
            ModuleResponse::NoAnswer(message) => message,
        };
        for (text, understood) in [
            (r#"{"result":"success"}"#, "yes "),
            (r#"{"result":"success","service":{"username":"ana","quota":5},"x":1}"#, "yes ana"),
            (r#"{"result":"error","message":"Disk full"}"#, "no Disk full true"),
            (r#"{"result":"error","message":"No such plan","retry":false}"#, "no No such plan false"),
            (r#"{"result":"success","message":null,"retry":null,"service":null}"#, "yes "),
            (r#"{"result":"success","service":{"username":12345,"domain":null}}"#, "yes 12345"),
            (r#"{"result":"error"}"#, "no The module cpanel gave an unreadable answer true"),
            ("success", "no The module cpanel gave an unreadable answer true"),
            ("", "no The module cpanel gave an unreadable answer true"),
        ] {
            assert_eq!(summarized(text), understood, "{text}");
        }
    }
}
