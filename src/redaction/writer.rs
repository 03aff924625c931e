//! Writing of JSON in ASCII, with redacted values and a limited length.

use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

use super::known_names::{is_harmless, is_hidden};
use super::names::is_plain;
use super::{HIDDEN, is_nested};

/// Initial capacity, which suffices for most logged values.
const DEFAULT_CAPACITY: usize = 2048;

/// Encodes a value, and returns whether all of it fit into `room` bytes.
pub fn write(value: &impl Serialize, room: usize) -> (String, bool) {
    let is_hiding = Rc::new(Cell::new(false));
    let bytes = Vec::with_capacity(room.min(DEFAULT_CAPACITY));
    let mut bounded = Bounded { bytes, room, is_hiding: Rc::clone(&is_hiding) };
    let (in_name, in_text, depth, is_named_harmlessly) = (false, false, 0, false);
    let redactor = Redactor { is_hiding, name: String::new(), in_name, is_named_harmlessly, in_text, depth };
    let is_whole = value.serialize(&mut Serializer::with_formatter(&mut bounded, redactor)).is_ok();
    (into_text(bounded.bytes), is_whole)
}

/// Converts the ASCII output to a `String`.
pub fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// A writer that stores a limited number of bytes, and drops everything while a value is redacted.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
    is_hiding: Rc<Cell<bool>>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_hiding.get() {
            return Ok(bytes.len());
        }
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Redactor {
    is_hiding: Rc<Cell<bool>>,
    /// The name of the next value.
    name: String,
    in_name: bool,
    is_named_harmlessly: bool,
    /// Whether a part of the current text has been encoded already.
    in_text: bool,
    /// Nesting depth within a redacted value; 0 outside.
    depth: u32,
}

impl Formatter for Redactor {
    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_name = true;
        self.name.clear();
        if first { Ok(()) } else { writer.write_all(b",") }
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_name = false;
        Ok(())
    }

    fn begin_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_text = false;
        writer.write_all(b"\"")
    }

    fn end_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.in_name {
            self.is_named_harmlessly = is_harmless(&self.name);
            let name = if self.is_named_harmlessly || is_plain(&self.name) { &self.name } else { HIDDEN };
            writer.write_all(name.as_bytes())?;
        } else {
            self.is_hiding.set(self.depth > 0);
        }
        writer.write_all(b"\"")
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b":")?;
        if self.depth > 0 {
            self.depth += 1;
        } else if !self.is_named_harmlessly && is_hidden(&self.name) {
            write!(writer, "\"{HIDDEN}\"")?;
            self.depth = 1;
            self.is_hiding.set(true);
        }
        Ok(())
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.is_hiding.set(self.depth > 0);
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if self.in_name {
            self.name.push_str(fragment);
            return Ok(());
        }
        if !self.in_text && is_nested(fragment) {
            writer.write_all(HIDDEN.as_bytes())?;
            self.is_hiding.set(true);
        }
        self.in_text |= !fragment.trim_start().is_empty();
        write_ascii(writer, fragment)
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        if self.in_name {
            // A backslash makes the name fail the check for plain names.
            self.name.push('\\');
            return Ok(());
        }
        let is_space = matches!(escape, CharEscape::LineFeed | CharEscape::CarriageReturn | CharEscape::Tab);
        self.in_text |= !is_space;
        CompactFormatter.write_char_escape(writer, escape)
    }
}

/// Writes a text in ASCII, and HTML's special characters with escapes: a page of WHMCS shows the log.
pub fn write_ascii<W: Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    let is_unchanged = |byte: u8| byte.is_ascii() && !matches!(byte, b'<' | b'>' | b'&' | b'\'');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_unchanged(byte)) {
        let (before, from) = rest.split_at(at);
        writer.write_all(before.as_bytes())?;
        let Some(character) = from.chars().next() else { break };
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(writer, "\\u{unit:04x}")?;
        }
        rest = &from[character.len_utf8()..];
    }
    writer.write_all(rest.as_bytes())
}
