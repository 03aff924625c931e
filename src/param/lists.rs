//! Several values: lists, and arrays with keys.

use serde::Deserialize;
use serde_json::Value as Json;

use super::{Param, ParamValue};

/// Several values: a list, an array in the order it was sent, a single value, or several in a text, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: ParamValue> ParamValue for List<T> {
    fn parse(text: &str) -> Option<Self> {
        let values = separated(text).filter(|value| !T::means_none(value));
        values.map(T::parse).collect::<Option<_>>().map(List)
    }

    fn from_list(list: Json) -> Option<Self> {
        let values: Vec<Json> = match list {
            Json::Array(values) => values,
            Json::Object(values) => values.into_iter().map(|(_, value)| value).collect(),
            _ => return None,
        };
        // An empty value counts as absent, as in all parameters.
        let values = values.into_iter().filter_map(|value| match Param::deserialize(value) {
            Ok(param) if !param.is_sent() => None,
            Ok(Param::Given(value)) => Some(Some(value)),
            _ => Some(None),
        });
        values.collect::<Option<_>>().map(List)
    }
}

/// A text with several values, separated by commas; they may also be sent as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommaSeparated(pub String);

impl ParamValue for CommaSeparated {
    fn parse(text: &str) -> Option<Self> {
        Some(CommaSeparated(text.to_owned()))
    }

    fn from_list(list: Json) -> Option<Self> {
        comma_separated(list).map(CommaSeparated)
    }
}

/// Returns the values in a text that are separated by commas, without empty ones.
fn separated(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|value| !value.is_empty())
}

/// Returns the values of a field that is stored as a text with commas, without empty ones. Commas alone are malformed, so
/// that they do not empty the field.
pub fn some_separated(text: &str) -> Option<Vec<&str>> {
    let values: Vec<&str> = separated(text).collect();
    (!values.is_empty()).then_some(values)
}

/// Reads such a field from a list; one without values is `empty`.
pub fn separated_in_list<T: ParamValue>(list: Json, empty: T) -> Option<T> {
    let text = comma_separated(list)?;
    if separated(&text).next().is_none() { Some(empty) } else { T::parse(&text) }
}

/// Returns the texts and numbers of a list as one text, separated by commas.
pub fn comma_separated(list: Json) -> Option<String> {
    let text = |(_, value): (String, Json)| match value {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let texts: Vec<String> = pairs(list)?.into_iter().map(text).collect::<Option<_>>()?;
    Some(texts.join(","))
}

/// Values by key: an array as in PHP, in the order it was sent. The keys of a list are its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyed<T>(pub Vec<(String, T)>);

impl<T: ParamValue> ParamValue for Keyed<T> {
    fn parse(_text: &str) -> Option<Self> {
        None
    }

    fn from_list(list: Json) -> Option<Self> {
        // An empty value counts as absent, as in all parameters.
        let pairs = pairs(list)?.into_iter().filter_map(|(key, value)| match Param::deserialize(value) {
            Ok(param) if !param.is_sent() => None,
            Ok(Param::Given(value)) => Some(Some((key, value))),
            _ => Some(None),
        });
        pairs.collect::<Option<_>>().map(Keyed)
    }
}

/// Returns the entries of an array with their keys.
pub(super) fn pairs(array: Json) -> Option<Vec<(String, Json)>> {
    match array {
        Json::Array(values) => {
            Some(values.into_iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect())
        }
        Json::Object(values) => Some(values.into_iter().collect()),
        _ => None,
    }
}
