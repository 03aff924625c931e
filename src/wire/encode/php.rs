//! Compact JSON as WHMCS's PHP encoder writes it: in ASCII, with characters that are special in HTML escaped.

use std::io;
use std::mem;

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::EncodeError;
use crate::config::Slashes;

/// Placeholder of a shared part in unfinished JSON. It cannot occur in JSON otherwise.
pub const PLACEHOLDER: char = '\0';

/// Number of bytes that are checked at once for characters to escape.
const BLOCK: usize = 32;

/// A value that can be serialized as JSON. Only this method is compiled for each reply type, because the other formats
/// and the log are derived from the JSON: that keeps actions cheap to compile.
pub trait ToJson {
    fn append_to(&self, json: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<T: Serialize> ToJson for T {
    fn append_to(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        self.serialize(&mut Serializer::with_formatter(json, PlaceholderFormatter))
    }
}

/// Whether a reply is wrapped as WHMCS does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Unchanged.
    Bare,
    /// With `"result":"success"` before the reply's own fields, as in WHMCS.
    Success,
}

/// Encodes a shared part of a reply, which is inserted into the reply without further changes.
pub fn encode_part(value: &dyn ToJson, slashes: Slashes) -> Result<Bytes, EncodeError> {
    Ok(escape_as_php(plain_json(value, Layout::Bare, 0)?, slashes).0.into())
}

/// Serializes a value as JSON without PHP's escapes. Shared parts are represented by placeholders.
pub fn plain_json(value: &dyn ToJson, layout: Layout, expected: usize) -> Result<String, EncodeError> {
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

/// Writes the placeholders of shared parts without escaping them.
struct PlaceholderFormatter;

impl Formatter for PlaceholderFormatter {
    fn write_byte_array<W: io::Write + ?Sized>(&mut self, writer: &mut W, placeholder: &[u8]) -> io::Result<()> {
        if placeholder != [PLACEHOLDER as u8] {
            return Err(io::Error::other("replies have no bytes"));
        }
        writer.write_all(placeholder)
    }
}

/// Escapes the characters that PHP escapes, all of which are inside strings. Removes the placeholders of shared parts,
/// and returns the number of bytes before each, counted from the previous one.
pub fn escape_as_php(plain: String, slashes: Slashes) -> (String, Vec<usize>) {
    let (mut gaps, mut rest) = (Vec::new(), &*plain);
    let Some(mut at) = find_special(rest, slashes) else { return (plain, gaps) };
    let (mut json, mut previous) = (String::with_capacity(plain.len() + plain.len() / 8), 0);
    loop {
        let (unchanged, other) = rest.split_at(at);
        json.push_str(unchanged);
        let mut characters = other.chars();
        match characters.next() {
            Some(PLACEHOLDER) => gaps.push(json.len() - mem::replace(&mut previous, json.len())),
            Some('/') => json.push_str("\\/"),
            Some('\\') => match characters.next() {
                Some('"') => json.push_str("\\u0022"),
                escaped => json.extend(['\\'].into_iter().chain(escaped)),
            },
            Some(character) => character.encode_utf16(&mut [0; 2]).iter().for_each(|&unit| push_unit(&mut json, unit)),
            None => return (json, gaps),
        }
        rest = characters.as_str();
        at = find_special(rest, slashes).unwrap_or(rest.len());
    }
}

/// Returns the position of the first character that is escaped or a placeholder.
#[expect(clippy::needless_bitwise_bool, reason = "so that a block is looked at without a branch")]
fn find_special(json: &str, slashes: Slashes) -> Option<usize> {
    let placeholder = PLACEHOLDER as u8;
    let slash = if slashes == Slashes::Escaped { b'/' } else { placeholder };
    let is_special = |byte: &u8| {
        [b'&', b'\'', b'<', b'>', b'\\', placeholder, slash]
            .iter()
            .fold(!byte.is_ascii(), |any, one| any | (byte == one))
    };
    let has_none = |block: &&[u8]| !block.iter().fold(false, |any, byte| any | is_special(byte));
    let start = json.as_bytes().chunks_exact(BLOCK).take_while(has_none).count() * BLOCK;
    json.as_bytes()[start..].iter().position(is_special).map(|at| start + at)
}

/// Appends a UTF-16 unit as an escape such as `\u00e9`. PHP writes hexadecimal digits in lower case, except for `<` and
/// `>`.
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
        String::from_utf8(encode_part(&text, slashes).unwrap().into()).unwrap()
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
            assert_eq!(plain_json(&reply, Layout::Success, 0).unwrap(), expected);
            assert_eq!(plain_json(&reply, Layout::Bare, 0).unwrap(), reply.to_string());
        }
        assert!(plain_json(&json!([1]), Layout::Success, 0).is_err());
    }
}
