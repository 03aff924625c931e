//! Decoding of PHP's `serialize()` format, in which clients send arrays (as base64). Only scalars and arrays are
//! accepted: objects and references would only be of use to an attacker.

use serde_json::{Map, Value};

use super::Malformed;
use crate::domain::number;

const MAX_DEPTH: usize = 8;
const MAX_ELEMENTS: usize = 10_000;
/// The length up to which the end of a number is searched: a double may have a hundred digits (`serialize_precision`). A
/// longer search would make hostile input slow.
const LONGEST_NUMBER: usize = 128;

/// Decodes one value. Arrays become objects with keys as in PHP.
pub fn unserialize(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut reader = Reader { rest: bytes, elements: MAX_ELEMENTS };
    let value = reader.value(MAX_DEPTH)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(malformed("something follows its end")) }
}

struct Reader<'b> {
    rest: &'b [u8],
    /// Number of further elements that arrays may have in total.
    elements: usize,
}

fn malformed(reason: &'static str) -> Malformed {
    Malformed(format!("not a serialized PHP array: {reason}").into())
}

impl<'b> Reader<'b> {
    fn value(&mut self, depth: usize) -> Result<Value, Malformed> {
        match self.tag()? {
            b'N' => Ok(Value::Null),
            b'b' => match self.until(b';')? {
                "0" => Ok(Value::Bool(false)),
                "1" => Ok(Value::Bool(true)),
                _ => Err(malformed("a boolean is 0 or 1")),
            },
            b'i' => self.integer().map(Value::from),
            b'd' => {
                let text = self.until(b';')?;
                number::is_numeric(text).then(|| super::number(text)).ok_or(malformed("a number is malformed"))
            }
            b's' => {
                let text = self.text()?;
                self.expect(b';')?;
                Ok(Value::String(text))
            }
            b'a' => self.array(depth),
            _ => Err(malformed("only arrays, texts, numbers and booleans are allowed")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, Malformed> {
        let depth = depth.checked_sub(1).ok_or(malformed("it is nested too deep"))?;
        let count: usize = self.until(b':')?.parse().map_err(|_| malformed("a count is not a number"))?;
        self.expect(b'{')?;
        let mut array = Map::new();
        for _ in 0..count {
            self.elements = self.elements.checked_sub(1).ok_or(malformed("it has too many elements"))?;
            let key = match self.tag()? {
                b'i' => self.integer()?.to_string(),
                b's' => {
                    let key = self.text()?;
                    self.expect(b';')?;
                    key
                }
                _ => return Err(malformed("a key is a text or an integer")),
            };
            let value = self.value(depth)?;
            array.insert(key, value);
        }
        self.expect(b'}')?;
        Ok(Value::Object(array))
    }

    /// Reads the letter of a value's type and the colon after it; after `N` comes a semicolon.
    fn tag(&mut self) -> Result<u8, Malformed> {
        let (&tag, rest) = self.rest.split_first().ok_or(malformed("it ends too soon"))?;
        self.rest = rest;
        self.expect(if tag == b'N' { b';' } else { b':' })?;
        Ok(tag)
    }

    fn integer(&mut self) -> Result<i64, Malformed> {
        self.until(b';')?.parse().map_err(|_| malformed("an integer is malformed"))
    }

    /// Reads a text such as `5:"bytes"`. The length is compared with the remaining bytes before anything is copied.
    fn text(&mut self) -> Result<String, Malformed> {
        let length: usize = self.until(b':')?.parse().map_err(|_| malformed("a length is not a number"))?;
        self.expect(b'"')?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or(malformed("a text is shorter than its length"))?;
        self.rest = rest;
        self.expect(b'"')?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        self.rest = self.rest.strip_prefix(&[byte]).ok_or(malformed("it is truncated or malformed"))?;
        Ok(())
    }

    /// Reads up to the next occurrence of this byte, which is consumed but not returned.
    fn until(&mut self, end: u8) -> Result<&'b str, Malformed> {
        let window = &self.rest[..self.rest.len().min(LONGEST_NUMBER)];
        let at = window.iter().position(|&byte| byte == end).ok_or(malformed("it is truncated or malformed"))?;
        let found = std::str::from_utf8(&window[..at]).map_err(|_| malformed("a number is malformed"))?;
        self.rest = &self.rest[at + 1..];
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_and_scalars_are_read() {
        for (serialized, value) in [
            (r#"a:1:{i:101;s:1:"7";}"#, r#"{"101":"7"}"#),
            (r#"a:2:{s:1:"a";a:1:{i:0;i:-5;}s:2:"bc";N;}"#, r#"{"a":{"0":-5},"bc":null}"#),
            ("a:3:{i:0;b:1;i:1;b:0;i:2;d:1.5;}", r#"{"0":true,"1":false,"2":"1.5"}"#),
            ("a:0:{}", "{}"),
            ("d:0.10000000000000001;", r#""0.10000000000000001""#),
            ("d:1.0E+25;", r#""10000000000000000000000000""#),
            ("d:1.7976931348623157E+308;", r#""1.7976931348623157E+308""#),
            ("d:-1.0E+30;", r#""-1.0E+30""#),
            ("d:0.1000000000000000055511151231257827021181583404541015625;", r#""0.1000000000000000055511151231""#),
            ("d:-0;", "0"),
            ("s:2:\"é\";", "\"é\""),
            ("s:3:\"\";\"\";", r#""\";\"""#),
            ("i:9223372036854775807;", "9223372036854775807"),
        ] {
            assert_eq!(unserialize(serialized.as_bytes()).unwrap().to_string(), value, "{serialized}");
        }
        assert_eq!(unserialize(b"s:1:\"\xff\";").unwrap(), "\u{fffd}");
    }

    #[test]
    fn everything_else_is_rejected_with_the_reason() {
        let deep = format!("{}{}", "a:1:{i:0;".repeat(100_000), "}".repeat(100_000));
        for (serialized, reason) in [
            (r#"O:8:"stdClass":0:{}"#, "only arrays, texts, numbers and booleans are allowed"),
            (r#"C:1:"a":0:{}"#, "only arrays, texts, numbers and booleans are allowed"),
            ("a:1:{i:0;R:1;}", "only arrays, texts, numbers and booleans are allowed"),
            ("r:1;", "only arrays, texts, numbers and booleans are allowed"),
            (r#"E:3:"A:B";"#, "only arrays, texts, numbers and booleans are allowed"),
            (r#"s:999999999999:"x";"#, "a text is shorter than its length"),
            (r#"s:2:"x";"#, "it is truncated or malformed"),
            (r#"s:-1:"x";"#, "a length is not a number"),
            ("a:999999999:{", "it ends too soon"),
            ("a:1:{}", "it is truncated or malformed"),
            ("a:1:{d:1.5;i:1;}", "a key is a text or an integer"),
            ("a:1:{N;i:1;}", "a key is a text or an integer"),
            ("b:2;", "a boolean is 0 or 1"),
            ("i:1.5;", "an integer is malformed"),
            ("i:99999999999999999999;", "an integer is malformed"),
            ("d:NAN;", "a number is malformed"),
            ("d:INF;", "a number is malformed"),
            ("i:1;i:2;", "something follows its end"),
            ("", "it ends too soon"),
            (&deep, "it is nested too deep"),
        ] {
            let error = unserialize(serialized.as_bytes()).unwrap_err().to_string();
            let start = &serialized[..serialized.len().min(40)];
            assert_eq!(error, format!("not a serialized PHP array: {reason}"), "{start}");
        }
    }
}
