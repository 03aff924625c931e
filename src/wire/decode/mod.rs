//! What clients send: query strings, forms, multipart forms and JSON, all to the same parameters.
//!
//! What a value means is never decided here: it stays what was sent until an action reads it.

mod entities;
mod form;
mod json;
mod multipart;
pub mod names;
pub mod php;

use std::borrow::Cow;

use serde_json::{Map, Value};

use names::Names;

/// The most parameters that a request may have, and the deepest that `a[b][c]` may be nested.
pub const MOST_PARAMETERS: usize = 10_000;
pub const DEEPEST: usize = 16;

/// Why a request could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub Cow<'static, str>);

/// What a client sent, by name. Lists and arrays are JSON objects, keyed as in PHP, or JSON arrays where JSON was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// Of several values with one name, the last.
    pub values: Map<String, Value>,
    /// The files of a multipart form.
    pub files: Vec<File>,
    /// Every value of the name `action` that is not empty, in the order sent.
    actions: Vec<String>,
}

/// A file that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name of the parameter, such as `attachments[0]`.
    pub parameter: String,
    /// What the client calls the file; not to be trusted as a path.
    pub name: String,
    pub content: Vec<u8>,
}

impl Parameters {
    /// Reads a request: its query string, and its body by what the `Content-Type` says it is. Of two values with one
    /// name, the body's wins.
    pub async fn decode(query: &str, content_type: &str, body: &[u8]) -> Result<Parameters, Malformed> {
        let mut parameters = form::decode(query.as_bytes())?;
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let sent = match essence.as_str() {
            "application/json" => json::decode(body)?,
            "multipart/form-data" => multipart::decode(content_type, body).await?,
            // Also where a client forgot to say what it sends.
            _ => form::decode(body)?,
        };
        if query.is_empty() {
            return Ok(sent);
        }
        parameters.values.extend(sent.values);
        parameters.actions.extend(sent.actions);
        parameters.files = sent.files;
        Ok(parameters)
    }

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
            // Not in exchange for the last, which would have the log show another order than was sent.
            None => self.values.shift_remove("action"),
        };
        Some(taken)
    }
}

/// The parameters of a form that have been read so far. The one that is too many is rejected before it is kept.
#[derive(Default)]
struct FormReader {
    names: Names,
    actions: Vec<String>,
    files: Vec<File>,
    count: usize,
}

impl FormReader {
    /// Keeps a text under a name that follows PHP's rules.
    fn text(&mut self, name: String, value: String) -> Result<(), Malformed> {
        self.count()?;
        if name == "action" && !value.is_empty() {
            self.actions.push(value.clone());
        }
        self.names.insert(name, value)
    }

    fn file(&mut self, file: File) -> Result<(), Malformed> {
        self.count()?;
        self.files.push(file);
        Ok(())
    }

    fn count(&mut self) -> Result<(), Malformed> {
        self.count += 1;
        if self.count > MOST_PARAMETERS {
            return Err(Malformed(format!("A request may have {MOST_PARAMETERS} parameters at most").into()));
        }
        Ok(())
    }

    fn finish(self) -> Parameters {
        Parameters { values: self.names.into_values(), actions: self.actions, files: self.files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_action_is_the_command_and_another_a_parameter() {
        let is_command = |name: &str| name == "Command";
        for (body, command, parameter) in [
            ("action=Command", Some("Command"), None),
            ("action=Command&action=create", Some("Command"), Some("create")),
            ("action=create&action=Command", Some("Command"), Some("create")),
            ("action=&action=Command&action=", Some("Command"), None),
            ("action=one&action=two", Some("two"), Some("one")),
            ("action=", None, None),
            ("a=1", None, None),
        ] {
            let mut parameters = form::decode(body.as_bytes()).unwrap();
            assert_eq!(parameters.take_action(is_command).as_deref(), command, "{body}");
            assert_eq!(parameters.text("action"), parameter, "{body}");
        }
    }
}
