//! Encoding as XML, as WHMCS writes it: the root `whmcsapi` has the version as an attribute and the action as the first
//! element, and each value is on a line of its own.
//!
//! A list under a singular name repeats the element, as in
//! `<products><product>…</product><product>…</product></products>`. A list under a plural name, which has no such
//! wrapper, gets one: its elements are named by the singular. Control characters, which XML does not allow, are
//! omitted.

use super::EncodeError;
use super::walk::{Name, Shape, Sink, walk};

pub fn encode(json: &str, version: &str, action: &str) -> Result<Vec<u8>, EncodeError> {
    let mut document = Document::default();
    document.body.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<whmcsapi version=\"");
    document.escape(version);
    document.body.push_str("\">\n");
    document.element("action", action);
    walk(json, &mut document)?;
    document.body.push_str("</whmcsapi>\n");
    Ok(document.body.into_bytes())
}

#[derive(Default)]
struct Document {
    body: String,
    open: Vec<Open>,
}

/// An object or a list that has begun and not ended.
struct Open {
    /// The name of the element to close at its end, if it has one of its own.
    element: Option<String>,
    /// The name of the elements of a list.
    item: String,
}

impl Document {
    fn element_name(&self, name: Name<'_>) -> String {
        match name {
            Name::Root => "whmcsapi".to_owned(),
            Name::Key(key) => element_name(key),
            Name::Index(_) => self.open.last().map_or("item", |list| &list.item).to_owned(),
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.body.extend(["<", name, ">"]);
        self.escape(text);
        self.body.extend(["</", name, ">\n"]);
    }

    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.body.push_str("&amp;"),
                '<' => self.body.push_str("&lt;"),
                '>' => self.body.push_str("&gt;"),
                '"' => self.body.push_str("&quot;"),
                // An unescaped carriage return would be read as a line feed.
                '\r' => self.body.push_str("&#13;"),
                '\n' | '\t' => self.body.push(character),
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => {}
                character => self.body.push(character),
            }
        }
    }
}

impl Sink for Document {
    fn open(&mut self, name: Name<'_>, shape: Shape) -> Result<(), EncodeError> {
        let own = self.element_name(name);
        let (element, item) = match (name, shape, singular(&own)) {
            (Name::Root, ..) => (None, "item".to_owned()),
            (Name::Key(_), Shape::List, None) => (None, own),
            (Name::Key(_), Shape::List, Some(singular)) => (Some(own), singular),
            _ => (Some(own), "item".to_owned()),
        };
        if let Some(element) = &element {
            self.body.extend(["<", element, ">\n"]);
        }
        self.open.push(Open { element, item });
        Ok(())
    }

    fn close(&mut self) {
        if let Some(Open { element: Some(element), .. }) = self.open.pop() {
            self.body.extend(["</", &element, ">\n"]);
        }
    }

    fn leaf(&mut self, name: Name<'_>, text: &str) {
        let name = self.element_name(name);
        self.element(&name, text);
    }
}

/// The singular of a plural name: `groups` has `group`, `currencies` has `currency`, and `status` and `address` have none.
fn singular(name: &str) -> Option<String> {
    if let Some(stem) = name.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    let stem = name.strip_suffix('s')?;
    (!stem.is_empty() && !stem.ends_with(['s', 'u', 'i'])).then(|| stem.to_owned())
}

/// Converts a key to an element name; characters that XML does not allow there become `_`.
fn element_name(key: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let name: String = key.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') { name } else { format!("_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_have_a_singular() {
        for (name, expected) in [
            ("groups", Some("group")),
            ("paymethods", Some("paymethod")),
            ("currencies", Some("currency")),
            ("product", None),
            ("status", None),
            ("address", None),
            ("analysis", None),
            ("s", None),
        ] {
            assert_eq!(singular(name).as_deref(), expected, "{name}");
        }
    }
}
