//! Compact JSON, as PHP's encoder writes it for WHMCS: plain ASCII, and no character that means something in HTML.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use super::redacted::Watch;
use super::shared::sharing;

use super::EncodeError;
use crate::config::Slashes;

/// Writes a reply behind what is in `body`, and lets it be watched.
pub fn encode(
    reply: &impl Serialize,
    slashes: Slashes,
    watch: &mut Watch,
    body: Vec<u8>,
) -> Result<Vec<u8>, EncodeError> {
    sharing(slashes, || write(reply, slashes, watch, body))
}

/// The same of a part, within [`encode`].
pub fn write(
    value: &(impl Serialize + ?Sized),
    slashes: Slashes,
    watch: &mut Watch,
    mut body: Vec<u8>,
) -> Result<Vec<u8>, EncodeError> {
    let written = value.serialize(&mut Serializer::with_formatter(&mut body, PhpFormatter { slashes, watch }));
    written.map(|()| body).map_err(|error| EncodeError(error.to_string()))
}

struct PhpFormatter<'w> {
    slashes: Slashes,
    watch: &'w mut Watch,
}

/// Whether a character that begins with this byte is not written as it is.
const IS_SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0x80;
    while byte < special.len() {
        special[byte] = true;
        byte += 1;
    }
    (special[b'&' as usize], special[b'\'' as usize]) = (true, true);
    (special[b'<' as usize], special[b'>' as usize], special[b'/' as usize]) = (true, true, true);
    special
};

impl Formatter for PhpFormatter<'_> {
    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.watch.begin_name();
        CompactFormatter.begin_object_key(writer, first)
    }

    fn end_object_key<W: io::Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.watch.end_name();
        Ok(())
    }

    fn begin_string<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.watch.begin_text();
        CompactFormatter.begin_string(writer)
    }

    /// Of a shared part: no other bytes are in a reply.
    fn write_byte_array<W: io::Write + ?Sized>(&mut self, writer: &mut W, json: &[u8]) -> io::Result<()> {
        self.watch.see_unknown();
        writer.write_all(json)
    }

    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        self.watch.see(fragment);
        let mut rest = fragment;
        while let Some(at) = rest.bytes().position(|byte| IS_SPECIAL[usize::from(byte)]) {
            let (plain, special) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = special.chars();
            match (characters.next(), self.slashes) {
                (Some('/'), Slashes::Plain) => writer.write_all(b"/")?,
                (Some('/'), Slashes::Escaped) => writer.write_all(b"\\/")?,
                (character, _) => {
                    for unit in character.into_iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                        write_unit(writer, unit)?;
                    }
                }
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.watch.see_escape();
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
            let body = encode(&text, Slashes::Plain, &mut Watch::new(false), Vec::new()).unwrap();
            assert_eq!(String::from_utf8(body.clone()).unwrap(), written);
            assert_eq!(serde_json::from_slice::<String>(&body).unwrap(), text);
        }
        let escaped = encode(&"a/<b", Slashes::Escaped, &mut Watch::new(false), Vec::new()).unwrap();
        assert_eq!(escaped, br#""a\/\u003Cb""#);
    }
}
