//! Traversal of JSON as names and texts, for the formats that have no other types.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::EncodeError;

/// The position of a value in its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'n> {
    Root,
    Key(&'n str),
    Index(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Map,
    List,
}

/// Receives the values of a reply in order.
pub trait Sink {
    /// Begins an object or a list. All values up to the matching `close` belong to it.
    fn open(&mut self, name: Name<'_>, shape: Shape) -> Result<(), EncodeError>;
    fn close(&mut self);
    /// Receives a scalar value as text: `1` for true, and an empty text for false and null, as in PHP.
    fn leaf(&mut self, name: Name<'_>, text: &str);
}

/// Passes all values of a reply in JSON to a sink.
pub fn walk(json: &str, sink: &mut dyn Sink) -> Result<(), EncodeError> {
    let walker = Walker { sink, name: Name::Root };
    walker.deserialize(&mut serde_json::Deserializer::from_str(json)).map_err(|error| EncodeError(error.to_string()))
}

/// Whether a reply contains no objects or lists.
pub fn is_flat(json: &str) -> bool {
    struct FlatOnly;
    impl Sink for FlatOnly {
        fn open(&mut self, name: Name<'_>, _: Shape) -> Result<(), EncodeError> {
            if name == Name::Root { Ok(()) } else { Err(EncodeError("nested".to_owned())) }
        }
        fn close(&mut self) {}
        fn leaf(&mut self, _: Name<'_>, _: &str) {}
    }
    walk(json, &mut FlatOnly).is_ok()
}

/// Visits the value with this name.
struct Walker<'s> {
    sink: &'s mut dyn Sink,
    name: Name<'s>,
}

impl Walker<'_> {
    /// Passes a scalar value to the sink. Returns a `Result` only because the visitor's methods do.
    #[expect(clippy::unnecessary_wraps)]
    fn text<E>(self, text: &str) -> Result<(), E> {
        self.sink.leaf(self.name, text);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walker<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walker<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.text(if value { "1" } else { "" })
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.text(&value.to_string())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.text("")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.sink.open(self.name, Shape::List).map_err(Error::custom)?;
        let mut index = 0;
        while list.next_element_seed(Walker { sink: &mut *self.sink, name: Name::Index(index) })?.is_some() {
            index += 1;
        }
        self.sink.close();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.sink.open(self.name, Shape::Map).map_err(Error::custom)?;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            map.next_value_seed(Walker { sink: &mut *self.sink, name: Name::Key(&key) })?;
        }
        self.sink.close();
        Ok(())
    }
}
