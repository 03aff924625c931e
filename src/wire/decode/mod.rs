//! Decoding of requests: query strings, forms, multipart forms and JSON all become the same parameters.
//!
//! Values are not interpreted here: they stay as sent until an action reads them.

pub mod base64;
mod characters;
mod form;
mod json;
mod multipart;
pub mod names;
pub mod php;

use std::borrow::Cow;

use serde_json::{Map, Value};

use names::Names;

use crate::domain::number;

/// Maximum number of parameters of a request, and maximum depth of nested names such as `a[b][c]`.
pub const MAX_PARAMETERS: usize = 10_000;
pub const MAX_DEPTH: usize = 16;

/// The reason for which a request could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub Cow<'static, str>);

/// The parameters of a request by name. Numbers that are not integers are texts. Lists and arrays are JSON objects with
/// keys as in PHP, or JSON arrays if JSON was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// The values by name; of several values with the same name, the last.
    pub values: Map<String, Value>,
    /// The files of a multipart form.
    pub files: Vec<File>,
    /// All values of `action` that are not empty, in the order sent.
    actions: Vec<String>,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The name of the parameter, such as `attachments[0]`.
    pub parameter: String,
    /// The file's name as the client sent it; not to be trusted as a path.
    pub name: String,
    pub content: Vec<u8>,
}

impl Parameters {
    /// Decodes the query string, and the body according to `Content-Type`. Of two values with the same name, the body's
    /// is used.
    pub async fn decode(query: &str, content_type: &str, body: &[u8]) -> Result<Parameters, Malformed> {
        let mut parameters = form::decode(query.as_bytes())?;
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let sent = match essence.as_str() {
            "application/json" => json::decode(body)?,
            "multipart/form-data" => multipart::decode(content_type, body).await?,
            // Includes clients that send no `Content-Type`.
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

    /// Returns the text of a parameter unless it is empty: some clients always send all names they know.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Removes and returns the name of the requested action. If `action` was sent several times, that is the last value
    /// that names an action, or the last one if none does. Another value stays in the parameter `action`, because one
    /// action documents a parameter of that name.
    pub fn take_action(&mut self, is_command: impl Fn(&str) -> bool) -> Option<String> {
        let last = self.actions.len().checked_sub(1)?;
        let command = self.actions.iter().rposition(|action| is_command(action)).unwrap_or(last);
        let taken = self.actions.remove(command);
        match self.actions.pop() {
            Some(other) => self.values.insert("action".to_owned(), other.into()),
            // `swap_remove` would change the order of parameters in the log.
            None => self.values.shift_remove("action"),
        };
        Some(taken)
    }
}

/// Decodes the text of a number that is not binary: an integer, or else the text that a form would send.
fn number(text: &str) -> Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    number::parse(text).map_or_else(|| text.to_owned(), number::plain).into()
}

/// Collects the parameters of a form while it is decoded. A parameter above the limit is rejected before it is stored.
#[derive(Default)]
struct FormReader {
    names: Names,
    actions: Vec<String>,
    files: Vec<File>,
    count: usize,
}

impl FormReader {
    /// Adds a text; its name is parsed by PHP's rules.
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
        if self.count > MAX_PARAMETERS {
            return Err(Malformed(format!("A request may have {MAX_PARAMETERS} parameters at most").into()));
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
