//! Parallel arrays: fields of several lines, each sent as an array.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::lists::pairs;
use super::{Param, ParamValue};

/// A field of several lines: one value for all of them, or values by the lines' keys. An empty value is
/// [`Param::Absent`].
#[derive(Debug, Clone, PartialEq)]
pub enum Field<T> {
    Same(Param<T>),
    ByKey(BTreeMap<String, Param<T>>),
}

impl<T: ParamValue> ParamValue for Field<T> {
    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(|value| Field::Same(Param::Given(value)))
    }

    fn from_list(list: Json) -> Option<Self> {
        let value = |(key, value)| match Param::deserialize(value) {
            Ok(Param::Malformed(_)) | Err(_) => None,
            Ok(value) => Some((key, value)),
        };
        pairs(list)?.into_iter().map(value).collect::<Option<_>>().map(Field::ByKey)
    }
}

impl<T: Clone> Field<T> {
    /// Returns the value of a line, or `None` if the array has no such key.
    pub fn at(&self, key: &str) -> Option<Param<T>> {
        match self {
            Field::Same(value) => Some(value.clone()),
            Field::ByKey(values) => values.get(key).cloned(),
        }
    }

    /// The keys of the lines that have a value which is not empty.
    pub fn keys(&self) -> BTreeSet<&str> {
        match self {
            Field::Same(_) => BTreeSet::new(),
            Field::ByKey(values) => {
                let filled = values.iter().filter(|(_, value)| !matches!(value, Param::Absent));
                filled.map(|(key, _)| key.as_str()).collect()
            }
        }
    }
}
