//! Encoding of texts with HTML entities, in the form in which WHMCS stores them.

use serde_json::Value;

use super::Parameters;
use crate::domain::entities::encoded;

/// Parameters that are stored as sent: secrets, messages in HTML, and files.
const VERBATIM: [&str; 9] = [
    "identifier",
    "secret",
    "username",
    "password",
    "accesskey",
    "password2",
    "servicepassword",
    "custommessage",
    "attachments",
];

impl Parameters {
    /// Replaces characters with a meaning in HTML by entities.
    pub fn encode_entities(&mut self) {
        let values = self.values.iter_mut().filter(|(name, _)| !VERBATIM.contains(&name.as_str()));
        values.for_each(|(_, value)| encode(value));
    }
}

fn encode(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(['&', '<', '>', '"', '\'']) => *text = encoded(text),
        Value::Array(values) => values.iter_mut().for_each(encode),
        Value::Object(values) => values.values_mut().for_each(encode),
        _ => {}
    }
}
