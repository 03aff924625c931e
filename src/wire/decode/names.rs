//! Parameter names with brackets, by PHP's rules: `a[b][]=1` is an entry of the array `b` in the array `a`.
//!
//! - A dot or space in a name becomes `_`, leading spaces are removed, and a NUL ends the name. Empty names are
//!   ignored.
//! - `[]` takes the next number after the largest so far. Any other key is the text between the brackets, unchanged.
//! - Text after a closing bracket is ignored unless it opens another one. A first bracket that is never closed becomes
//!   `_`, and so do the dots, spaces and brackets after it; a later one that is never closed is ignored with what
//!   follows.
//! - Of two values with the same name the last is kept, even if one is a text and the other an array.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{MAX_DEPTH, Malformed};

/// Parameters collected while a request is decoded.
#[derive(Debug, Default)]
pub struct Names {
    /// The texts, and `null` in place of arrays.
    values: Map<String, Value>,
    arrays: HashMap<String, Array>,
}

#[derive(Debug, Default)]
struct Array {
    entries: IndexMap<String, Node>,
    /// The key of the next `[]`.
    next: u64,
}

#[derive(Debug, Default)]
struct Node {
    /// The text; `None` for an array.
    text: Option<String>,
    array: Array,
}

/// One key on the path to a value.
#[derive(Debug, PartialEq, Eq)]
enum Key<'n> {
    Named(&'n str),
    Next,
}

impl Names {
    /// Sets the value of a name as the client wrote it.
    pub fn insert(&mut self, name: String, value: String) -> Result<(), Malformed> {
        if is_plain(&name) {
            self.set_text(name, value);
            return Ok(());
        }
        let Some((base, keys)) = parse(&name) else { return Ok(()) };
        if keys.len() > MAX_DEPTH {
            return Err(Malformed(format!("A parameter may be nested {MAX_DEPTH} levels deep at most").into()));
        }
        match keys.split_last() {
            None => self.set_text(base, value),
            Some((last, keys)) => {
                let array = self.arrays.entry(base.clone()).or_default();
                let node = keys.iter().fold(array, |array, key| array.array_at(key)).entry(last);
                *node = Node { text: Some(value), array: Array::default() };
                self.values.insert(base, Value::Null);
            }
        }
        Ok(())
    }

    fn set_text(&mut self, name: String, value: String) {
        self.arrays.remove(&name);
        self.values.insert(name, Value::String(value));
    }

    pub fn into_values(self) -> Map<String, Value> {
        let mut values = self.values;
        for (base, array) in self.arrays {
            values.insert(base, Value::Object(array.into_values()));
        }
        values
    }
}

impl Array {
    fn array_at(&mut self, key: &Key<'_>) -> &mut Array {
        let node = self.entry(key);
        node.text = None;
        &mut node.array
    }

    fn entry(&mut self, key: &Key<'_>) -> &mut Node {
        let key = match key {
            Key::Named(key) => (*key).to_owned(),
            Key::Next => self.next.to_string(),
        };
        if let Some(number) = number(&key) {
            self.next = self.next.max(number.saturating_add(1));
        }
        self.entries.entry(key).or_default()
    }

    fn into_values(self) -> Map<String, Value> {
        let value = |node: Node| match node.text {
            Some(text) => Value::String(text),
            None => Value::Object(node.array.into_values()),
        };
        self.entries.into_iter().map(|(key, node)| (key, value(node))).collect()
    }
}

/// Returns the number if PHP treats the key as one: digits without a leading zero, within PHP's integers.
fn number(key: &str) -> Option<u64> {
    let is_plain = key == "0" || !key.starts_with(['0', '+']);
    key.parse().ok().filter(|&number: &u64| is_plain && i64::try_from(number).is_ok())
}

/// Returns the name of the variable that PHP makes of a name, and whether that is an array; `None` if it makes none.
pub fn variable(name: &str) -> Option<(String, bool)> {
    parse(name).map(|(base, keys)| (base, !keys.is_empty()))
}

/// Whether a name needs no parsing, as nearly all names.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn parse(name: &str) -> Option<(String, Vec<Key<'_>>)> {
    let name = name.trim_start_matches(' ').split('\0').next().unwrap_or_default();
    let (base, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    let base = base.replace(['.', ' '], "_");
    if base.is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    while let Some(after_bracket) = rest.strip_prefix('[') {
        let Some((key, after_key)) = after_bracket.split_once(']') else {
            let is_first = keys.is_empty();
            let base = if is_first { base + "_" + &after_bracket.replace(['.', ' ', '['], "_") } else { base };
            return Some((base, keys));
        };
        let is_next =
            key.is_empty() || key.len() == 1 && key.starts_with(|c: char| c.is_ascii_whitespace() || c == '\x0b');
        keys.push(if is_next { Key::Next } else { Key::Named(key) });
        rest = after_key;
    }
    Some((base, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(form: &str) -> String {
        let mut names = Names::default();
        for (name, value) in serde_urlencoded::from_str::<Vec<(String, String)>>(form).unwrap() {
            names.insert(name, value).unwrap();
        }
        serde_json::to_string(&names.into_values()).unwrap()
    }

    /// The results of PHP 8.2. `tests/wire/names.rs` compares many more names with PHP itself if it is installed.
    #[test]
    fn names_are_read_as_php_does() {
        for (form, values) in [
            ("a=1&a=2", r#"{"a":"2"}"#),
            ("a[]=1&a[]=2", r#"{"a":{"0":"1","1":"2"}}"#),
            ("a[5]=x&a[]=y&a[05]=z&a[-1]=w", r#"{"a":{"5":"x","6":"y","05":"z","-1":"w"}}"#),
            ("a[b][c]=1&a[b][d]=2", r#"{"a":{"b":{"c":"1","d":"2"}}}"#),
            ("a=1&a[b]=2", r#"{"a":{"b":"2"}}"#),
            ("a[b]=2&a=1", r#"{"a":"1"}"#),
            ("a[b]=1&a[b][c]=2", r#"{"a":{"b":{"c":"2"}}}"#),
            ("a.b=1&c d=2&+e=3", r#"{"a_b":"1","c_d":"2","e":"3"}"#),
            ("a[x.y z]=1", r#"{"a":{"x.y z":"1"}}"#),
            ("h[=1&h[x=2&h[a.b[c=3", r#"{"h_":"1","h_x":"2","h_a_b_c":"3"}"#),
            ("a[b]c=1&a[d]]=2", r#"{"a":{"b":"1","d":"2"}}"#),
            ("a[b][c=1", r#"{"a":{"b":"1"}}"#),
            ("=1&[a]=2&+=3", "{}"),
            ("a]=1", r#"{"a]":"1"}"#),
            ("a[[b]=1", r#"{"a":{"[b":"1"}}"#),
            ("a[+]=1&a[+x]=2", r#"{"a":{"0":"1"," x":"2"}}"#),
            ("a%00b=1", r#"{"a":"1"}"#),
        ] {
            assert_eq!(read(form), values, "{form}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels| format!("a{}", "[x]".repeat(levels));
        Names::default().insert(nested(MAX_DEPTH), String::new()).unwrap();
        let error = Names::default().insert(nested(MAX_DEPTH + 1), String::new()).unwrap_err();
        assert_eq!(error.to_string(), "A parameter may be nested 16 levels deep at most");
    }
}
