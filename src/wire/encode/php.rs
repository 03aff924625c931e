//! Compact JSON, as PHP's encoder writes it for WHMCS: plain ASCII, and no character that means something in HTML.

use std::io;
use std::mem;

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::EncodeError;
use crate::config::Slashes;

/// Stands in JSON where a shared part belongs: no JSON has it.
pub const MARK: char = '\0';

/// How many bytes are looked at together for whether all of them are written as they are.
const BLOCK: usize = 32;

/// What can be written as JSON. Its method is all that is compiled for each type of reply: the other formats, and the
/// log, are made of the JSON. That keeps an action cheap to compile.
pub trait ToJson {
    fn append_to(&self, json: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<T: Serialize> ToJson for T {
    fn append_to(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        self.serialize(&mut Serializer::with_formatter(json, MarkFormatter))
    }
}

/// How a reply is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// As it is.
    Bare,
    /// As WHMCS does it: `"result":"success"` first, then the reply's own fields.
    Success,
}

/// Writes a part of a reply, which is put as it is where the part is.
pub fn part(value: &dyn ToJson, slashes: Slashes) -> Result<Bytes, EncodeError> {
    Ok(as_php(plain(value, Layout::Bare, 0)?, slashes).0.into())
}

/// JSON as serde_json writes it.
pub fn plain(value: &dyn ToJson, layout: Layout, expected: usize) -> Result<String, EncodeError> {
    let failed = |error: &dyn std::fmt::Display| EncodeError(error.to_string());
    let mut json = Vec::with_capacity(expected);
    if layout == Layout::Success {
        json.extend_from_slice(br#"{"result":"success""#);
    }
    let start = json.len();
    value.append_to(&mut json).map_err(|error| failed(&error))?;
    match (layout, &json[start..]) {
        (Layout::Bare, _) => {}
        (Layout::Success, b"{}") => drop(json.remove(start)),
        (Layout::Success, [b'{', ..]) => json[start] = b',',
        (Layout::Success, _) => return Err(failed(&"a reply has no fields")),
    }
    String::from_utf8(json).map_err(|error| failed(&error))
}

/// Writes the marks of shared parts as they are.
struct MarkFormatter;

impl Formatter for MarkFormatter {
    fn write_byte_array<W: io::Write + ?Sized>(&mut self, writer: &mut W, mark: &[u8]) -> io::Result<()> {
        if mark != [MARK as u8] {
            return Err(io::Error::other("replies have no bytes"));
        }
        writer.write_all(mark)
    }
}

/// Escapes what PHP escapes, all of which is within texts. Takes the marks of shared parts out, and tells how much there
/// is before each of them.
pub fn as_php(plain: String, slashes: Slashes) -> (String, Vec<usize>) {
    let (mut gaps, mut rest) = (Vec::new(), &*plain);
    let Some(mut at) = special(rest, slashes) else { return (plain, gaps) };
    let (mut json, mut marked) = (String::with_capacity(plain.len() + plain.len() / 8), 0);
    loop {
        let (as_it_is, other) = rest.split_at(at);
        json.push_str(as_it_is);
        let mut characters = other.chars();
        match characters.next() {
            Some(MARK) => gaps.push(json.len() - mem::replace(&mut marked, json.len())),
            Some('/') => json.push_str("\\/"),
            Some('\\') => match characters.next() {
                Some('"') => json.push_str("\\u0022"),
                escaped => json.extend(['\\'].into_iter().chain(escaped)),
            },
            Some(character) => character.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| push_unit(&mut json, unit)),
            None => return (json, gaps),
        }
        rest = characters.as_str();
        at = special(rest, slashes).unwrap_or(rest.len());
    }
}

/// Where the first character is that is not written as it is.
#[expect(clippy::needless_bitwise_bool, reason = "so that a block is looked at without a branch")]
fn special(json: &str, slashes: Slashes) -> Option<usize> {
    let mark = MARK as u8;
    let slash = if slashes == Slashes::Escaped { b'/' } else { mark };
    let is_special = |byte: &u8| {
        [b'&', b'\'', b'<', b'>', b'\\', mark, slash].iter().fold(!byte.is_ascii(), |any, one| any | (byte == one))
    };
    let has_none = |block: &&[u8]| !block.iter().fold(false, |any, byte| any | is_special(byte));
    let start = json.as_bytes().chunks_exact(BLOCK).take_while(has_none).count() * BLOCK;
    json.as_bytes()[start..].iter().position(is_special).map(|at| start + at)
}

/// `é` is written `\u00e9`; PHP writes the digits of the two brackets alone in upper case.
fn push_unit(json: &mut String, unit: u16) {
    let digits: &[u8; 16] = if matches!(unit, 0x3c | 0x3e) { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    json.push_str("\\u");
    json.extend([12, 8, 4, 0].map(|shift| char::from(digits[usize::from(unit >> shift & 0xf)])));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn encoded(text: &str, slashes: Slashes) -> String {
        String::from_utf8(part(&text, slashes).unwrap().into()).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_php_does() {
        for (text, written) in [
            ("plain /text", r#""plain /text""#),
            (r#"action "addcredit""#, r#""action \u0022addcredit\u0022""#),
            ("<b>Fish & 'Chips'</b>", r#""\u003Cb\u003EFish \u0026 \u0027Chips\u0027\u003C/b\u003E""#),
            ("café €5 😀", r#""caf\u00e9 \u20ac5 \ud83d\ude00""#),
            ("a\\b\r\n\t\u{1f}\u{7f}\0", "\"a\\\\b\\r\\n\\t\\u001f\u{7f}\\u0000\""),
            (r#"\"\\"\"#, r#""\\\u0022\\\\\u0022\\""#),
        ] {
            for before in [0, 1, BLOCK - 2, BLOCK, 5 * BLOCK - 1] {
                let (text, before) = ([&"x".repeat(before), text].concat(), &*"x".repeat(before));
                let body = encoded(&text, Slashes::Plain);
                assert_eq!(body, [r#"""#, before, &written[1..]].concat());
                assert_eq!(serde_json::from_str::<String>(&body).unwrap(), text);
            }
        }
        assert_eq!(encoded("a/<b", Slashes::Escaped), r#""a\/\u003Cb""#);
    }

    #[test]
    fn success_stands_before_the_fields_of_a_reply() {
        for (reply, expected) in [
            (json!({}), r#"{"result":"success"}"#),
            (json!({"a": {}, "b": [1]}), r#"{"result":"success","a":{},"b":[1]}"#),
        ] {
            assert_eq!(plain(&reply, Layout::Success, 0).unwrap(), expected);
            assert_eq!(plain(&reply, Layout::Bare, 0).unwrap(), reply.to_string());
        }
        assert!(plain(&json!([1]), Layout::Success, 0).is_err());
    }
}
