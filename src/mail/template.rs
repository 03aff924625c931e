//! Merge fields: `{$client_name}` stands for the client's name.

use std::collections::BTreeMap;

/// Puts the values in the place of the merge fields. A field that nobody set is empty.
pub fn fill_in(template: &str, fields: &BTreeMap<String, String>, is_plain: bool) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("{$") {
        let (before, field) = rest.split_at(at);
        filled.push_str(before);
        let Some(end) = field.find('}') else {
            rest = field;
            break;
        };
        let value = fields.get(&field[2..end]).map_or("", String::as_str);
        match is_plain {
            true => filled.push_str(value),
            false => push_escaped(&mut filled, value),
        }
        rest = &field[end + 1..];
    }
    filled.push_str(rest);
    filled
}

/// A value is text; in HTML it must not become markup.
fn push_escaped(filled: &mut String, value: &str) {
    for character in value.chars() {
        match character {
            '&' => filled.push_str("&amp;"),
            '<' => filled.push_str("&lt;"),
            '>' => filled.push_str("&gt;"),
            '"' => filled.push_str("&quot;"),
            '\n' => filled.push_str("<br />\n"),
            other => filled.push(other),
        }
    }
}
