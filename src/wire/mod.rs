//! Bytes to values and back. Nothing here knows of actions.

mod form;
mod json;

use serde::Serialize;
use serde_json::{Map, Value};

pub use form::decode as decode_form;

/// What a client sent, by name.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// Of several values with one name, the last.
    pub values: Map<String, Value>,
    /// Every value of the name `action` that is not empty, in the order sent.
    actions: Vec<String>,
}

impl Parameters {
    /// The text of a parameter, unless it is empty: some clients always send all names they know.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Takes out what the client asks for: of several values named `action`, the last that names a command, or else the
    /// last. Another one stays as the parameter of that name, because one command documents such a parameter.
    pub fn take_action(&mut self, is_command: impl Fn(&str) -> bool) -> Option<String> {
        let last = self.actions.len().checked_sub(1)?;
        let command = self.actions.iter().rposition(|action| is_command(action)).unwrap_or(last);
        let taken = self.actions.remove(command);
        match self.actions.pop() {
            Some(other) => self.values.insert("action".to_owned(), other.into()),
            None => self.values.remove("action"),
        };
        Some(taken)
    }
}

/// How a reply is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
}

impl Format {
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
        }
    }

    /// Writes a reply. It fails only where the reply's own `Serialize` does.
    pub fn encode(self, reply: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Format::Json => json::encode(reply),
        }
    }
}

/// A reply as WHMCS wraps it: `"result":"success"` first, then the reply's own fields.
#[derive(Debug, Serialize)]
pub struct Success<R> {
    result: &'static str,
    #[serde(flatten)]
    reply: R,
}

impl<R> Success<R> {
    pub fn new(reply: R) -> Self {
        Success { result: "success", reply }
    }
}

/// Any failure as WHMCS tells it.
#[derive(Debug, Serialize)]
pub struct Failure<'m> {
    result: &'static str,
    message: &'m str,
}

impl<'m> Failure<'m> {
    pub fn new(message: &'m str) -> Self {
        Failure { result: "error", message }
    }
}
