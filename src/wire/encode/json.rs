//! Compact JSON, as PHP's encoder writes it for WHMCS: plain ASCII, and no character that means something in HTML.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

use super::EncodeError;
use crate::config::Slashes;

pub fn encode(reply: &impl Serialize, slashes: Slashes) -> Result<Vec<u8>, EncodeError> {
    let mut body = Vec::with_capacity(256);
    let written = reply.serialize(&mut Serializer::with_formatter(&mut body, PhpFormatter(slashes)));
    written.map(|()| body).map_err(|error| EncodeError(error.to_string()))
}

struct PhpFormatter(Slashes);

impl Formatter for PhpFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        let is_special = |c: char| match c {
            '&' | '\'' | '<' | '>' => true,
            '/' => self.0 == Slashes::Escaped,
            c => !c.is_ascii(),
        };
        while let Some(at) = rest.find(is_special) {
            let (plain, special) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            if let Some(behind) = special.strip_prefix('/') {
                writer.write_all(b"\\/")?;
                rest = behind;
                continue;
            }
            let mut characters = special.chars();
            for unit in characters.next().into_iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write_unit(writer, unit)?;
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        match escape {
            CharEscape::Quote => write_unit(writer, u16::from(b'"')),
            CharEscape::AsciiControl(byte) => write_unit(writer, u16::from(byte)),
            CharEscape::ReverseSolidus => writer.write_all(b"\\\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(b"\\b"),
            CharEscape::FormFeed => writer.write_all(b"\\f"),
            CharEscape::LineFeed => writer.write_all(b"\\n"),
            CharEscape::CarriageReturn => writer.write_all(b"\\r"),
            CharEscape::Tab => writer.write_all(b"\\t"),
        }
    }
}

/// `é` is written `\u00e9`; PHP writes the digits of the two brackets alone in upper case.
fn write_unit<W: io::Write + ?Sized>(writer: &mut W, unit: u16) -> io::Result<()> {
    let is_bracket = unit == u16::from(b'<') || unit == u16::from(b'>');
    if is_bracket { write!(writer, "\\u{unit:04X}") } else { write!(writer, "\\u{unit:04x}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped_as_php_does() {
        for (text, written) in [
            ("plain /text", r#""plain /text""#),
            (r#"action "addcredit""#, r#""action \u0022addcredit\u0022""#),
            ("<b>Fish & 'Chips'</b>", r#""\u003Cb\u003EFish \u0026 \u0027Chips\u0027\u003C/b\u003E""#),
            ("café €5 😀", r#""caf\u00e9 \u20ac5 \ud83d\ude00""#),
            ("a\\b\r\n\t\u{1f}", r#""a\\b\r\n\t\u001f""#),
        ] {
            let body = encode(&text, Slashes::Plain).unwrap();
            assert_eq!(String::from_utf8(body.clone()).unwrap(), written);
            assert_eq!(serde_json::from_slice::<String>(&body).unwrap(), text);
        }
        assert_eq!(encode(&"a/<b", Slashes::Escaped).unwrap(), br#""a\/\u003Cb""#);
    }
}
