//! Characters that a column of an old table cannot hold.

use serde_json::Value;

use super::Parameters;

/// Parts of the names of parameters that are never changed: a password would become another one.
const VERBATIM: [&str; 3] = ["pass", "pw", "secret"];

impl Parameters {
    /// Returns the parameters with U+FFFD in place of each character that takes four bytes, such as an emoji, which MySQL's
    /// character set `utf8mb3` lacks. Returns `None` if there are none.
    pub fn in_three_bytes(&self) -> Option<Parameters> {
        self.without(|character| character.len_utf8() == 4, "\u{FFFD}")
    }

    /// Returns the parameters with `?` in place of each character that is not in ASCII. Returns `None` if there are none.
    pub fn in_ascii(&self) -> Option<Parameters> {
        self.without(|character| !character.is_ascii(), "?")
    }

    fn without(&self, is_lacking: fn(char) -> bool, replacement: &str) -> Option<Parameters> {
        let mut replaced = self.clone();
        let values = replaced.values.iter_mut().filter(|(name, _)| !VERBATIM.iter().any(|part| name.contains(part)));
        values.for_each(|(_, value)| replace(value, is_lacking, replacement));
        (replaced != *self).then_some(replaced)
    }
}

fn replace(value: &mut Value, is_lacking: fn(char) -> bool, replacement: &str) {
    match value {
        Value::String(text) if text.contains(is_lacking) => *text = text.replace(is_lacking, replacement),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, is_lacking, replacement)),
        Value::Object(values) => values.values_mut().for_each(|value| replace(value, is_lacking, replacement)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_characters_of_four_bytes_are_replaced() {
        let parameters =
            |values: Value| Parameters { values: values.as_object().unwrap().clone(), ..Parameters::default() };
        let sent =
            json!({"a": "x😀€𝒳", "b": [{"c": "😀"}, 1], "password2": "😀", "servicepassword": "😀", "rootpw": ["😀"]});
        let kept = json!({"a": "x\u{FFFD}€\u{FFFD}", "b": [{"c": "\u{FFFD}"}, 1], "password2": "😀", "servicepassword": "😀",
                          "rootpw": ["😀"]});
        assert_eq!(parameters(sent).in_three_bytes(), Some(parameters(kept)));
        assert_eq!(parameters(json!({"a": "€", "password2": "😀"})).in_three_bytes(), None);
        assert_eq!(parameters(json!({"a": "€5"})).in_ascii(), Some(parameters(json!({"a": "?5"}))));
        assert_eq!(parameters(json!({"a": "5", "b": 5, "password2": "😀"})).in_ascii(), None);
    }
}
