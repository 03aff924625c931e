//! Takes a reply apart into names and texts, for the formats that know nothing else.

use std::fmt::Display;

use serde::ser::{self, Impossible, Serialize, Serializer};

use super::EncodeError;

/// Where a value stands.
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

/// Is told of each value in turn.
pub trait Sink {
    /// A map or a list begins; what follows up to its `close` is in it.
    fn open(&mut self, name: Name<'_>, shape: Shape) -> Result<(), EncodeError>;
    fn close(&mut self);
    /// A text, or a value as text: `1` for true, and nothing for false and null, as PHP has it.
    fn leaf(&mut self, name: Name<'_>, text: &str);
}

/// Tells a sink of a whole reply.
pub fn walk(reply: &impl Serialize, sink: &mut impl Sink) -> Result<(), EncodeError> {
    reply.serialize(Walker { sink, name: Name::Root })
}

/// Whether a reply has no maps or lists in it.
pub fn is_flat(reply: &impl Serialize) -> bool {
    struct FlatOnly;
    impl Sink for FlatOnly {
        fn open(&mut self, name: Name<'_>, _: Shape) -> Result<(), EncodeError> {
            if name == Name::Root { Ok(()) } else { Err(EncodeError("nested".to_owned())) }
        }
        fn close(&mut self) {}
        fn leaf(&mut self, _: Name<'_>, _: &str) {}
    }
    walk(reply, &mut FlatOnly).is_ok()
}

impl ser::Error for EncodeError {
    fn custom<T: Display>(message: T) -> Self {
        EncodeError(message.to_string())
    }
}

struct Walker<'s, S> {
    sink: &'s mut S,
    name: Name<'s>,
}

/// A map or a list that is being walked through.
struct Inside<'s, S> {
    sink: &'s mut S,
    /// The key of the value that comes next, in a map.
    key: String,
    /// The index of the value that comes next, in a list.
    index: usize,
}

impl<'s, S: Sink> Walker<'s, S> {
    /// Cannot fail, but ends most ways to serialize, which can.
    #[expect(clippy::unnecessary_wraps)]
    fn text(self, text: &str) -> Result<(), EncodeError> {
        self.sink.leaf(self.name, text);
        Ok(())
    }

    fn open(self, shape: Shape) -> Result<Inside<'s, S>, EncodeError> {
        self.sink.open(self.name, shape)?;
        Ok(Inside { sink: self.sink, key: String::new(), index: 0 })
    }
}

impl<S: Sink> Inside<'_, S> {
    fn value<T: Serialize + ?Sized>(&mut self, name: Name<'_>, value: &T) -> Result<(), EncodeError> {
        value.serialize(Walker { sink: self.sink, name })
    }

    #[expect(clippy::unnecessary_wraps)]
    fn close(self) -> Result<(), EncodeError> {
        self.sink.close();
        Ok(())
    }
}

/// Numbers are texts as they print.
macro_rules! as_text {
    ($($method:ident: $type:ty),+) => {$(
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.text(&value.to_string())
        }
    )+};
}

impl<'s, S: Sink> Serializer for Walker<'s, S> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Inside<'s, S>;
    type SerializeTuple = Inside<'s, S>;
    type SerializeTupleStruct = Inside<'s, S>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Inside<'s, S>;
    type SerializeStruct = Inside<'s, S>;
    type SerializeStructVariant = Impossible<(), EncodeError>;

    as_text!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_u8: u8,
             serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64,
             serialize_char: char);

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.text(if value { "1" } else { "" })
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.text(value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.text(&String::from_utf8_lossy(value))
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.text("")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.text("")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.text("")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), EncodeError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let mut inside = self.open(Shape::Map)?;
        inside.value(Name::Key(variant), value)?;
        inside.close()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Inside<'s, S>, EncodeError> {
        self.open(Shape::List)
    }

    fn serialize_tuple(self, _: usize) -> Result<Inside<'s, S>, EncodeError> {
        self.open(Shape::List)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Inside<'s, S>, EncodeError> {
        self.open(Shape::List)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(EncodeError(format!("no reply has the shape of {name}")))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Inside<'s, S>, EncodeError> {
        self.open(Shape::Map)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Inside<'s, S>, EncodeError> {
        self.open(Shape::Map)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Err(EncodeError(format!("no reply has the shape of {name}")))
    }
}

/// Lists, whichever way they are called.
macro_rules! lists {
    ($($list:ident: $method:ident),+) => {$(
        impl<S: Sink> ser::$list for Inside<'_, S> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                let name = Name::Index(self.index);
                self.index += 1;
                self.value(name, value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )+};
}

lists!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field);

impl<S: Sink> ser::SerializeMap for Inside<'_, S> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = match serde_json::to_value(key).map_err(ser::Error::custom)? {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = std::mem::take(&mut self.key);
        self.value(Name::Key(&key), value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl<S: Sink> ser::SerializeStruct for Inside<'_, S> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), EncodeError> {
        self.value(Name::Key(key), value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}
