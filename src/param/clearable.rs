//! A parameter of an update whose field can be emptied.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value as Json;

use super::{Param, ParamValue};
use crate::error::Result;

/// A parameter that changes a field, or empties it: by JSON's `null`, by `0` if it is an id, and by an empty text if it
/// is a text.
///
/// A field that must not be empty has a [`Param`], to which all of these are as if it was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearable<T> {
    /// JSON's `null`.
    Null,
    /// An empty text.
    Empty,
    Sent(Param<T>),
}

impl<T> Default for Clearable<T> {
    fn default() -> Self {
        Clearable::Sent(Param::Absent)
    }
}

impl<T: ParamValue> Clearable<T> {
    /// Returns the value to store: `empty` if the field is to be emptied, or `None` if it stays as it is. Rejects a
    /// malformed value with this message.
    pub fn value(self, empty: T, malformed: impl Into<Cow<'static, str>>) -> Result<Option<T>> {
        if self.is_emptied() { Ok(Some(empty)) } else { self.optional(malformed) }
    }

    /// Whether the field is to be emptied, if it has no texts.
    pub fn is_emptied(&self) -> bool {
        match self {
            Clearable::Null => true,
            Clearable::Sent(Param::Malformed(text)) => T::means_none(text),
            Clearable::Empty | Clearable::Sent(_) => false,
        }
    }

    /// Whether a value was sent that is not empty.
    pub fn has_value(&self) -> bool {
        matches!(self, Clearable::Sent(param) if param.is_sent())
    }

    /// Returns the new value if there is one; rejects a malformed one with this message.
    pub fn optional(self, malformed: impl Into<Cow<'static, str>>) -> Result<Option<T>> {
        if let Clearable::Sent(param) = self { param.optional(malformed) } else { Ok(None) }
    }

    /// Lets an empty text empty the field, although it has no texts.
    #[must_use]
    pub fn or_by_empty_text(self) -> Self {
        if let Clearable::Empty = self { Clearable::Null } else { self }
    }

    /// Lets only `null` empty the field, although it has texts.
    #[must_use]
    pub fn only_by_null(self) -> Self {
        if let Clearable::Empty = self { Clearable::default() } else { self }
    }
}

impl<T: ParamValue + PartialEq> Clearable<T> {
    /// Returns the parameter, or an absent one if its value is the stored one, as [`Param::unless_stored`] does.
    #[must_use]
    pub fn unless_stored(self, stored: &str) -> Self {
        if let Clearable::Sent(param) = self { Clearable::Sent(param.unless_stored(stored)) } else { self }
    }
}

impl Clearable<String> {
    /// Returns the text to store: an empty one if the field is to be emptied, or `None` if it stays as it is. Rejects a
    /// text that is longer than its column.
    pub fn text(self, name: &str, limit: usize) -> Result<Option<String>> {
        match self {
            Clearable::Null | Clearable::Empty => Ok(Some(String::new())),
            Clearable::Sent(Param::Absent) => Ok(None),
            Clearable::Sent(text) => text.text(name, limit).map(Some),
        }
    }
}

impl<'de, T: ParamValue> Deserialize<'de> for Clearable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::Null => Ok(Clearable::Null),
            Json::String(text) if text.is_empty() => Ok(Clearable::Empty),
            value => Param::deserialize(value).map(Clearable::Sent).map_err(D::Error::custom),
        }
    }
}
