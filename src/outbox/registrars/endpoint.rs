//! The protocol of registrars: what they are asked, and how their answers are read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use super::params::Domain;
use super::report::Report;
use crate::config;
use crate::endpoint::{CommandFailure, EndpointError, Endpoints};
use crate::fault::{Fault, Result};

/// Maximum size of an answer; a longer one counts as unreadable.
const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Maximum length of a registrar's reason.
const MAX_MESSAGE_CHARACTERS: usize = 1000;

/// The registrars in the settings.
pub struct Registrars {
    endpoints: Endpoints,
    settings: BTreeMap<String, config::Registrar>,
}

/// A registrar's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It did what it was asked for. Holds what it reported.
    Yes(Report),
    /// It refused, for this reason.
    No(String),
    /// It has no such function.
    NotSupported,
    /// It was not asked, or did not let the request in, for this reason.
    NotAsked(String),
    /// It gave no usable answer, for this reason: what it did is unknown.
    Unclear(String),
}

/// The body of a request to a registrar.
#[derive(Serialize)]
struct Request<'a> {
    /// The id of the command or question. All attempts at a command have the same, so that the registrar recognizes them.
    id: &'a str,
    registrar: &'a str,
    function: &'a str,
    /// The number of the attempt, from 1.
    attempt: i64,
    params: &'a Map<String, Value>,
}

impl Registrars {
    pub fn new(settings: &BTreeMap<String, config::Registrar>) -> Result<Registrars> {
        let endpoints = settings.iter().map(|(name, registrar)| (name.clone(), registrar.endpoint())).collect();
        Ok(Registrars { endpoints: Endpoints::new(&endpoints, MAX_RESPONSE_BYTES)?, settings: settings.clone() })
    }

    pub fn has(&self, name: &str) -> bool {
        self.endpoints.has(name)
    }

    /// Time limit for an answer.
    pub fn timeout(&self, name: &str) -> Duration {
        self.endpoints.timeout(name)
    }

    /// Whether a registrar recognizes repeated commands.
    pub fn is_idempotent(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|registrar| registrar.idempotent)
    }

    /// Whether payments send commands to a registrar.
    pub fn acts_on_payment(&self, name: &str) -> bool {
        self.settings.get(name).is_some_and(|registrar| registrar.on_payment)
    }

    /// The name servers of new domains for which nothing else determines them.
    pub fn default_nameservers(&self, name: &str) -> &[String] {
        self.settings.get(name).map(|registrar| &*registrar.nameservers).unwrap_or_default()
    }

    /// The registrars' names, each with the name that people read.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.settings.iter().map(|(name, registrar)| {
            let shown = if registrar.display_name.is_empty() { name } else { &registrar.display_name };
            (&**name, &**shown)
        })
    }

    /// Asks what is registered, or how a transfer is getting on.
    pub async fn synchronize(&self, name: &str, domain: &Domain, is_transfer: bool) -> Result<Answer> {
        let id = format!("sync-{:016x}", getrandom::u64().map_err(Fault::internal)?);
        let function = if is_transfer { "TransferSync" } else { "Sync" };
        Ok(self.ask(name, &id, 1, function, &domain.params(name)).await.0)
    }

    /// Asks a registrar, and returns its answer with the body of the response.
    pub async fn ask(
        &self,
        name: &str,
        id: &str,
        attempt: i64,
        function: &str,
        params: &Map<String, Value>,
    ) -> (Answer, String) {
        let request = Request { id, registrar: name, function, attempt, params };
        let body = match serde_json::to_string(&request) {
            Ok(body) => body,
            Err(error) => return (Answer::NotAsked(error.to_string()), String::new()),
        };
        match self.endpoints.post(name, id, body).await {
            Ok(text) => (read(name, &text), text),
            Err(error) => without_answer(name, error),
        }
    }
}

fn without_answer(name: &str, error: EndpointError) -> (Answer, String) {
    match error.of_command("registrar", name) {
        CommandFailure::Answer(body) => (read(name, &body), body),
        CommandFailure::NotSupported(body) => (Answer::NotSupported, body),
        CommandFailure::NotDone(reason, body) => (refusal(&body).unwrap_or(Answer::NotAsked(reason)), body),
        CommandFailure::Unclear(reason, body) => (Answer::Unclear(reason), body),
    }
}

/// Reads an answer. As for WHMCS's registrar modules, an answer without an error is a success.
fn read(name: &str, text: &str) -> Answer {
    if let Some(refused) = refusal(text) {
        return refused;
    }
    match serde_json::from_str(text) {
        // PHP writes an empty array so.
        Ok(Value::Array(list)) if list.is_empty() => Answer::Yes(Report(Value::Object(Map::new()))),
        Ok(report @ (Value::Object(_) | Value::Array(_) | Value::String(_))) => Answer::Yes(Report(report)),
        _ => Answer::Unclear(format!("The registrar {name} gave an unreadable answer: what it did is unknown")),
    }
}

/// Returns the refusal in an answer, if it is one: an object with an error, or with a success that is false.
fn refusal(text: &str) -> Option<Answer> {
    let Ok(Value::Object(report)) = serde_json::from_str(text) else { return None };
    let cut = |text: &str| Answer::No(text.chars().take(MAX_MESSAGE_CHARACTERS).collect());
    match report.get("error") {
        Some(Value::String(reason)) if !reason.trim().is_empty() => return Some(cut(reason)),
        Some(Value::Number(reason)) => return Some(cut(&reason.to_string())),
        Some(Value::Bool(true) | Value::Object(_)) => return Some(cut("The registrar gave no reason")),
        _ => {}
    }
    let is_refused =
        report.get("success") == Some(&Value::Bool(false)) || report.get("result") == Some(&"error".into());
    let message = report.get("message").and_then(Value::as_str).unwrap_or("The registrar gave no reason");
    is_refused.then(|| cut(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_registrars_are_read() {
        let unreadable = "unclear: The registrar enom gave an unreadable answer: what it did is unknown";
        for (text, understood) in [
            (r#"{"success":true}"#, r#"yes {"success":true}"#),
            (r#"{"error":""}"#, r#"yes {"error":""}"#),
            (r#"{"error":null,"ns1":"a"}"#, r#"yes {"error":null,"ns1":"a"}"#),
            ("{}", "yes {}"),
            ("[]", "yes {}"),
            (r#""locked""#, r#"yes "locked""#),
            (r#"[{"sld":"a"}]"#, r#"yes [{"sld":"a"}]"#),
            (r#"{"error":"Domain is taken","success":true}"#, "no: Domain is taken"),
            (r#"{"error":501}"#, "no: 501"),
            (r#"{"error":true}"#, "no: The registrar gave no reason"),
            (r#"{"success":false}"#, "no: The registrar gave no reason"),
            (r#"{"result":"error","message":"Low balance"}"#, "no: Low balance"),
            ("", unreadable),
            ("null", unreadable),
            ("true", unreadable),
            ("<html>Oops</html>", unreadable),
            (r#"{"success":tr"#, unreadable),
        ] {
            let read = match read("enom", text) {
                Answer::Yes(Report(report)) => format!("yes {report}"),
                Answer::No(reason) => format!("no: {reason}"),
                Answer::Unclear(reason) => format!("unclear: {reason}"),
                other => format!("{other:?}"),
            };
            assert_eq!(read, understood, "{text}");
        }
    }

    #[test]
    fn only_some_statuses_say_that_nothing_was_done() {
        let status = |code, body: &str| without_answer("enom", EndpointError::Status { code, body: body.to_owned() }).0;
        assert_eq!(status(501, "x"), Answer::NotSupported);
        assert_eq!(status(400, r#"{"error":"No such TLD"}"#), Answer::No("No such TLD".to_owned()));
        assert_eq!(status(401, ""), Answer::NotAsked("The registrar enom answered with HTTP status 401".to_owned()));
        for code in [100, 300, 301, 302, 307, 399, 408, 500, 502, 504, 599] {
            assert!(matches!(status(code, r#"{"error":"x"}"#), Answer::Unclear(_)), "{code}");
        }
        for code in [400, 403, 404, 409, 422, 429, 499] {
            assert_eq!(status(code, r#"{"error":"x"}"#), Answer::No("x".to_owned()), "{code}");
            assert!(matches!(status(code, ""), Answer::NotAsked(_)), "{code}");
        }
        for code in [201, 202, 204, 299] {
            assert!(matches!(status(code, "{}"), Answer::Yes(_)), "{code}");
            assert_eq!(status(code, r#"{"error":"x"}"#), Answer::No("x".to_owned()), "{code}");
            assert!(matches!(status(code, ""), Answer::Unclear(_)), "{code}");
        }
        assert!(matches!(without_answer("enom", EndpointError::Interrupted).0, Answer::Unclear(_)));
        assert!(matches!(without_answer("enom", EndpointError::TimedOut(Duration::ZERO)).0, Answer::Unclear(_)));
        assert!(matches!(without_answer("enom", EndpointError::NotReached).0, Answer::NotAsked(_)));
    }
}
