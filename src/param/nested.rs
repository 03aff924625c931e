//! Nested arrays.

use serde_json::Value as Json;

use super::lists::pairs;
use super::{ParamValue, text};
use crate::error::{Result, refuse_as};
use crate::wire::Malformed;
use crate::wire::decode::base64;
use crate::wire::decode::php::unserialize;

/// A nested array, such as `customfields` or `lineitems`: sent as such, or as base64 of an array serialized by PHP.
#[derive(Debug, Clone, PartialEq)]
pub struct Nested(Result<Json, Malformed>);

/// A nested array whose texts are HTML, such as the merge fields of a mail.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedHtml(pub Nested);

impl Nested {
    /// Decodes base64 of an array serialized by PHP.
    fn as_sent(text: &str) -> Nested {
        let array = |value: Json| if value.is_object() { Ok(value) } else { Err(Malformed("not an array".into())) };
        Nested(base64::decode(text).and_then(|serialized| unserialize(&serialized)).and_then(array))
    }

    /// Returns the array as a JSON object or array; rejects a malformed one with the reason.
    pub fn array(self, name: &str) -> Result<Json> {
        self.0.or_else(|why| refuse_as("malformed_parameter", format!("{name}: {why}")))
    }

    /// Returns the entries of the array with their keys.
    pub fn pairs(self, name: &str) -> Result<Vec<(String, Json)>> {
        Ok(pairs(self.array(name)?).unwrap_or_default())
    }
}

impl ParamValue for Nested {
    fn parse(text: &str) -> Option<Self> {
        let Nested(array) = Nested::as_sent(text);
        Some(Nested(array.map(text::stored_array)))
    }

    fn from_list(list: Json) -> Option<Self> {
        Some(Nested(Ok(text::stored_array(list))))
    }
}

impl ParamValue for NestedHtml {
    fn parse(text: &str) -> Option<Self> {
        Some(NestedHtml(Nested::as_sent(text)))
    }

    fn from_list(list: Json) -> Option<Self> {
        Some(NestedHtml(Nested(Ok(list))))
    }
}
