//! Parallel arrays: fields of several rows, such as the lines of an invoice, each sent as an array.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

use super::lists::pairs;
use super::{Param, ParamValue};

/// The key of a row in all arrays: a number, or a text as in PHP. Numbers come first, in their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowKey {
    Number(u32),
    Text(String),
}

impl From<String> for RowKey {
    fn from(key: String) -> RowKey {
        match key.parse::<u32>() {
            Ok(number) if number.to_string() == key => RowKey::Number(number),
            _ => RowKey::Text(key),
        }
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowKey::Number(number) => write!(f, "{number}"),
            RowKey::Text(key) => f.write_str(key),
        }
    }
}

/// A field of several rows: one value for all of them, or values by the rows' keys. A value in an array may be malformed,
/// which matters only if its row is read.
#[derive(Debug, Clone, PartialEq)]
pub enum Field<T> {
    Same(T),
    ByKey(BTreeMap<RowKey, Param<T>>),
}

impl<T: ParamValue> ParamValue for Field<T> {
    fn parse(text: &str) -> Option<Self> {
        T::parse(text).map(Field::Same)
    }

    fn from_list(list: Json) -> Option<Self> {
        let value = |(key, value)| Some((RowKey::from(key), Param::deserialize(value).ok()?));
        pairs(list)?.into_iter().map(value).collect::<Option<_>>().map(Field::ByKey)
    }

    fn means_none(text: &str) -> bool {
        T::means_none(text)
    }
}

impl<T: ParamValue + Clone> Param<Field<T>> {
    /// Whether one value was sent for all rows.
    pub fn is_single(&self) -> bool {
        !matches!(self, Param::Absent | Param::Given(Field::ByKey(_)))
    }

    /// The keys of an array, also those whose value is empty.
    pub fn keys(&self) -> impl Iterator<Item = &RowKey> {
        self.by_key().map(|(key, _)| key)
    }

    /// The keys of an array whose value is not empty.
    pub fn filled_keys(&self) -> impl Iterator<Item = &RowKey> {
        self.by_key().filter(|(_, value)| value.is_sent()).map(|(key, _)| key)
    }

    /// Returns the value in a row, or `None` if this is an array without its key.
    pub fn at(&self, key: &RowKey) -> Option<Param<T>> {
        match self {
            Param::Absent => Some(Param::Absent),
            Param::Malformed(text) => Some(Param::Malformed(text.clone())),
            Param::Given(Field::Same(value)) => Some(Param::Given(value.clone())),
            Param::Given(Field::ByKey(values)) => values.get(key).cloned(),
        }
    }

    fn by_key(&self) -> impl Iterator<Item = (&RowKey, &Param<T>)> {
        let values = if let Param::Given(Field::ByKey(values)) = self { Some(values) } else { None };
        values.into_iter().flatten()
    }
}
