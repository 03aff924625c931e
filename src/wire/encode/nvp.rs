//! Encoding as name=value pairs: `result=success;credits[credit][0][id]=1`. Values are not escaped, so a value with a
//! semicolon is ambiguous; WHMCS calls the format deprecated.

use super::EncodeError;
use super::walk::{Name, Shape, Sink, walk};

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
            Name::Key(key) if self.path.is_empty() => self.path.push_str(key),
            Name::Key(key) => self.path.extend(["[", key, "]"]),
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
        self.body.extend([&self.path, "=", text]);
        self.path.truncate(length);
    }
}
