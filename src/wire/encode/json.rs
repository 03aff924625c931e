//! Compact JSON, as PHP's encoder writes it for WHMCS: plain ASCII, and no character that means something in HTML.

use std::io;
use std::mem;

use hyper::body::Bytes;
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::EncodeError;
use super::body::Body;
use super::shared::{MARK, sharing};
use crate::config::Slashes;

/// How many bytes are looked at together for whether all of them are written as they are.
const BLOCK: usize = 32;

/// Writes a reply, which is likely to have so many bytes.
pub fn encode(reply: &impl Serialize, slashes: Slashes, expected: usize) -> Result<Body, EncodeError> {
    let (json, parts) = sharing(slashes, || plain(reply, expected))?;
    let (json, gaps) = as_php(json, slashes);
    if gaps.len() != parts.in_order.len() {
        return Err(EncodeError("a shared part was written where no reply was".to_owned()));
    }
    Ok(Body::new(json.into(), gaps.into_iter().zip(parts.in_order).collect(), parts.distinct))
}

/// Writes a part of one, which is put as it is where the part is.
pub fn part(value: &impl Serialize, slashes: Slashes) -> Result<Bytes, EncodeError> {
    Ok(as_php(plain(value, 0)?, slashes).0.into())
}

/// JSON as serde_json writes it.
fn plain(value: &impl Serialize, expected: usize) -> Result<String, EncodeError> {
    let failed = |error: &dyn std::fmt::Display| EncodeError(error.to_string());
    let mut json = Vec::with_capacity(expected);
    value.serialize(&mut Serializer::with_formatter(&mut json, Marking)).map_err(|error| failed(&error))?;
    String::from_utf8(json).map_err(|error| failed(&error))
}

/// Writes the marks of shared parts as they are.
struct Marking;

impl Formatter for Marking {
    fn write_byte_array<W: io::Write + ?Sized>(&mut self, writer: &mut W, mark: &[u8]) -> io::Result<()> {
        if mark != [MARK as u8] {
            return Err(io::Error::other("replies have no bytes"));
        }
        writer.write_all(mark)
    }
}

/// Escapes what PHP escapes, all of which is within texts. Takes the marks of shared parts out, and tells how much there
/// is before each of them.
fn as_php(plain: String, slashes: Slashes) -> (String, Vec<usize>) {
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
    use super::*;

    fn encoded(text: &str, slashes: Slashes) -> String {
        String::from_utf8(encode(&text, slashes, 0).unwrap().whole().into_owned()).unwrap()
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
}
