//! HTML entities: WHMCS stores text with these in place of the characters that have a meaning in HTML, and its pages show
//! text as it is stored.

/// Replaces the characters with a meaning in HTML by entities, as WHMCS does.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => encoded.push_str("&amp;"),
            '<' => encoded.push_str("&lt;"),
            '>' => encoded.push_str("&gt;"),
            '"' => encoded.push_str("&quot;"),
            '\'' => encoded.push_str("&#039;"),
            other => encoded.push(other),
        }
    }
    encoded
}
