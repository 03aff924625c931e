//! Decoding of `application/x-www-form-urlencoded`, as HTML forms and PHP's `http_build_query` encode it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::{FormReader, Malformed, Parameters};

/// Decodes a query string or a body. Bytes that are not UTF-8 become replacement characters, as in any form decoder.
pub fn decode(form: &[u8]) -> Result<Parameters, Malformed> {
    match serde_urlencoded::from_bytes(form) {
        Ok(Form(parameters)) => Ok(parameters),
        Err(error) => Err(Malformed(error.to_string().into())),
    }
}

/// A form. Parameters are counted while it is decoded: decoding stops at the first one above the limit.
struct Form(Parameters);

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Form, D::Error> {
        deserializer.deserialize_map(FormVisitor)
    }
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("names and values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Form, A::Error> {
        let mut reader = FormReader::default();
        while let Some((name, value)) = pairs.next_entry()? {
            reader.text(name, value).map_err(A::Error::custom)?;
        }
        Ok(Form(reader.finish()))
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error, MapDeserializer};

    use super::super::MAX_PARAMETERS;
    use super::*;

    #[test]
    fn the_last_value_of_a_name_is_used() {
        let parameters = decode(b"a=1&b=x+y%26z&a=2&empty=&flag").unwrap();
        assert_eq!(parameters.text("a"), Some("2"));
        assert_eq!(parameters.text("b"), Some("x y&z"));
        assert_eq!(parameters.text("empty"), None);
        assert_eq!(parameters.text("flag"), None);
    }

    #[test]
    fn any_bytes_are_read() {
        for body in [&b"%"[..], b"%zz=%", b"\xff\xfe=\x00", b"===&&&", b"a=%FF"] {
            decode(body).unwrap();
        }
        assert_eq!(decode(b"a=%FF").unwrap().text("a"), Some("\u{fffd}"));
        assert_eq!(decode(b"a=\xe9").unwrap().text("a"), Some("\u{fffd}"));
    }

    #[test]
    fn the_number_of_parameters_is_limited() {
        decode("a&".repeat(MAX_PARAMETERS).as_bytes()).unwrap();
        let error = decode("a&".repeat(MAX_PARAMETERS + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "A request may have 10000 parameters at most");
    }

    #[test]
    fn parameters_above_the_limit_are_not_read() {
        let mut read = 0;
        let endless = (0..).map(|number: u32| (number.to_string(), "x")).inspect(|_| read += 1);
        let form = Form::deserialize(MapDeserializer::<_, Error>::new(endless));
        assert_eq!(form.err().unwrap().to_string(), "A request may have 10000 parameters at most");
        assert_eq!(read, MAX_PARAMETERS + 1);
    }
}
