//! Decoding of merge fields, for the actions that send mails.

use serde_json::Value as Json;

use crate::error::{Result, refuse};
use crate::param::{NestedHtml, Param};

/// Decodes merge fields by name; a field in a list is named `{$list.key}`.
pub fn read(sent: Param<NestedHtml>, malformed: &'static str) -> Result<Vec<(String, String)>> {
    let Some(NestedHtml(nested)) = sent.optional(malformed)? else { return Ok(Vec::new()) };
    let array = nested.array("").or_else(|_| refuse(malformed))?;
    let mut fields = Vec::new();
    collect("", &array, &mut fields);
    Ok(fields)
}

fn collect(name: &str, value: &Json, fields: &mut Vec<(String, String)>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Json::Object(values) => values.iter().for_each(|(key, value)| collect(&inside(key), value, fields)),
        Json::Array(values) => {
            values.iter().enumerate().for_each(|(key, value)| collect(&inside(&key.to_string()), value, fields));
        }
        // PHP converts these values to an empty text.
        Json::Null | Json::Bool(false) => fields.push((name.to_owned(), String::new())),
        Json::Bool(true) => fields.push((name.to_owned(), "1".to_owned())),
        Json::String(text) => fields.push((name.to_owned(), text.clone())),
        Json::Number(number) => fields.push((name.to_owned(), number.to_string())),
    }
}
