//! The protocol of modules: what they are asked for, and how their answers are read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::config;
use crate::endpoint::{EndpointError, Endpoints, is_rejection};
use crate::fault::Result;
use crate::store::services::provisioning::ModuleChanges;

/// Maximum size of an answer; a longer one counts as unreadable.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Maximum length of a message in the queue.
const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// The modules in the settings.
pub struct Modules(Endpoints);

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
        /// Whether the module itself has answered, so that this holds for earlier attempts, too.
        is_answer: bool,
    },
    /// No usable answer; whether the command was executed is unknown. Holds the reason.
    NoAnswer(String),
}

impl ModuleResponse {
    /// Redacts these secrets from the message.
    #[must_use]
    pub fn redacted(self, secrets: &[String]) -> ModuleResponse {
        match self {
            ModuleResponse::Failure { message, may_retry, is_answer } => {
                let hide = |message: String, secret: &String| message.replace(secret.as_str(), "***");
                ModuleResponse::Failure { message: secrets.iter().fold(message, hide), may_retry, is_answer }
            }
            other => other,
        }
    }
}

impl Modules {
    pub fn new(settings: &BTreeMap<String, config::Endpoint>) -> Result<Modules> {
        Ok(Modules(Endpoints::new(settings, MAX_RESPONSE_BYTES)?))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    /// Time limit for a module's answer.
    pub fn timeout(&self, name: &str) -> Duration {
        self.0.timeout(name)
    }

    /// Sends a command to a module, and returns the answer and the logged response. `id` is the same for all attempts
    /// at a command.
    pub async fn send(&self, name: &str, id: &str, body: String) -> (ModuleResponse, String) {
        match self.0.post(name, id, body).await {
            Ok(text) => (read(name, &text), text),
            Err(error) => without_answer(name, error),
        }
    }
}

fn without_answer(name: &str, error: EndpointError) -> (ModuleResponse, String) {
    let failure = |message: String| ModuleResponse::Failure { message, may_retry: true, is_answer: false };
    match error {
        EndpointError::NotConfigured => {
            (failure(format!("No module {name} is set up in this server's settings")), String::new())
        }
        EndpointError::NotReached => (failure(format!("The module {name} could not be reached")), String::new()),
        EndpointError::TimedOut(limit) => {
            let seconds = limit.as_secs();
            let message = format!(
                "The module {name} did not answer within {seconds} s: whether it executed the command is unknown"
            );
            (ModuleResponse::NoAnswer(message), String::new())
        }
        EndpointError::Interrupted => {
            (ModuleResponse::NoAnswer(format!("The module {name} could not be reached")), String::new())
        }
        EndpointError::Status { code, body } => {
            let message = format!("The module {name} answered with HTTP status {code}");
            match code {
                200..300 => (read(name, &body), body),
                _ if is_rejection(code) => (failure(message), body),
                _ => (ModuleResponse::NoAnswer(message), body),
            }
        }
        EndpointError::TooLong(beginning) => (read(name, &beginning), beginning),
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
            is_answer: true,
        },
        None => ModuleResponse::NoAnswer(format!("The module {name} gave an unreadable answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_modules_are_read() {
        let summarized = |text: &str| match read("cpanel", text) {
            ModuleResponse::Success(changes) => format!("yes {}", changes.username.unwrap_or_default()),
            ModuleResponse::Failure { message, may_retry, .. } => format!("no {message} {may_retry}"),
            ModuleResponse::NoAnswer(message) => format!("unclear {message}"),
        };
        for (text, understood) in [
            (r#"{"result":"success"}"#, "yes "),
            (r#"{"result":"success","service":{"username":"ana","quota":5},"x":1}"#, "yes ana"),
            (r#"{"result":"error","message":"Disk full"}"#, "no Disk full true"),
            (r#"{"result":"error","message":"No such plan","retry":false}"#, "no No such plan false"),
            (r#"{"result":"success","message":null,"retry":null,"service":null}"#, "yes "),
            (r#"{"result":"success","service":{"username":12345,"domain":null}}"#, "yes 12345"),
            (r#"{"result":"error"}"#, "unclear The module cpanel gave an unreadable answer"),
            ("success", "unclear The module cpanel gave an unreadable answer"),
            ("", "unclear The module cpanel gave an unreadable answer"),
        ] {
            assert_eq!(summarized(text), understood, "{text}");
        }
    }

    #[test]
    fn only_some_statuses_say_that_nothing_was_done() {
        let status = |code, body: &str| without_answer("m", EndpointError::Status { code, body: body.to_owned() }).0;
        for code in [400, 401, 404, 422, 429] {
            let failed = matches!(status(code, ""), ModuleResponse::Failure { may_retry: true, is_answer: false, .. });
            assert!(failed, "{code}");
        }
        for code in [100, 301, 307, 408, 500, 502, 503] {
            assert!(matches!(status(code, r#"{"result":"success"}"#), ModuleResponse::NoAnswer(_)), "{code}");
        }
        for code in [201, 204, 299] {
            assert!(matches!(status(code, r#"{"result":"success"}"#), ModuleResponse::Success(_)), "{code}");
            assert!(matches!(status(code, ""), ModuleResponse::NoAnswer(_)), "{code}");
        }
    }
}
