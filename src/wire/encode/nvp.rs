//! Encoding as name=value pairs: `result=success;credits[credit][0][id]=1`.
//!
//! Clients split a reply at each semicolon, and a pair at its first or each equals sign; none decodes anything. So what
//! would end a value or a name is percent-encoded, and so is a percent sign before two hexadecimal digits. All else,
//! such as `10%` or `id=1`, is what clients expect, and who decodes percent-encoding gets the exact value.

use std::fmt::Write;

use super::EncodeError;
use super::walk::{Name, Shape, Sink, walk};
use crate::wire::LINE_BREAKS;

pub fn encode(json: &str) -> Result<Vec<u8>, EncodeError> {
    let mut pairs = Pairs::default();
    walk(json, &mut pairs)?;
    Ok(pairs.body.into_bytes())
}

#[derive(Default)]
struct Pairs {
    body: String,
    /// The name of the open object or list, such as `credits[credit][0]`.
    path: String,
    /// Length of `path` before each open object and list.
    lengths: Vec<usize>,
}

impl Pairs {
    fn descend(&mut self, name: Name<'_>) {
        match name {
            Name::Root => {}
            Name::Key(key) if self.path.is_empty() => push_encoded(&mut self.path, key, ends_name),
            Name::Key(key) => {
                self.path.push('[');
                push_encoded(&mut self.path, key, ends_name);
                self.path.push(']');
            }
            Name::Index(index) => self.path.extend(["[", &index.to_string(), "]"]),
        }
    }
}

impl Sink for Pairs {
    fn open(&mut self, name: Name<'_>, _: Shape) -> Result<(), EncodeError> {
        self.lengths.push(self.path.len());
        self.descend(name);
        Ok(())
    }

    fn close(&mut self) {
        self.path.truncate(self.lengths.pop().unwrap_or_default());
    }

    fn leaf(&mut self, name: Name<'_>, text: &str) {
        let length = self.path.len();
        self.descend(name);
        if !self.body.is_empty() {
            self.body.push(';');
        }
        self.body.extend([&self.path, "="]);
        push_encoded(&mut self.body, text, ends_value);
        self.path.truncate(length);
    }
}

fn ends_value(c: char) -> bool {
    c == ';' || LINE_BREAKS.contains(&c)
}

fn ends_name(c: char) -> bool {
    ends_value(c) || "=[]".contains(c)
}

/// Appends a text in which these characters are percent-encoded.
fn push_encoded(to: &mut String, text: &str, is_encoded: fn(char) -> bool) {
    let is_code =
        |at: usize| text.as_bytes().get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    for (at, c) in text.char_indices() {
        if is_encoded(c) || c == '%' && is_code(at) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(to, "%{byte:02X}");
            }
        } else {
            to.push(c);
        }
    }
}
