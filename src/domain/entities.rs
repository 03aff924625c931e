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

/// Decodes entities. Anything else that begins with `&` stays as it is.
pub fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    push_decoded(&mut decoded, text);
    decoded
}

/// Appends HTML without tags to a text, with its entities decoded.
pub fn push_decoded(text: &mut String, html: &str) {
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        text.push_str(before);
        // The longest known entity has eight characters.
        let end = entity.char_indices().take(10).find(|(_, c)| *c == ';').map(|(at, _)| at);
        match end.and_then(|end| Some((character(&entity[1..end])?, end))) {
            Some((character, end)) => {
                text.push(character);
                rest = &entity[end + 1..];
            }
            None => {
                text.push('&');
                rest = &entity[1..];
            }
        }
    }
    text.push_str(rest);
}

fn character(entity: &str) -> Option<char> {
    let code = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match (entity, entity.strip_prefix("#x").or(entity.strip_prefix("#X")), entity.strip_prefix('#')) {
        ("amp", ..) => Some('&'),
        ("lt", ..) => Some('<'),
        ("gt", ..) => Some('>'),
        ("quot", ..) => Some('"'),
        ("apos", ..) => Some('\''),
        ("nbsp", ..) => Some(' '),
        ("copy", ..) => Some('©'),
        ("euro", ..) => Some('€'),
        ("ndash", ..) => Some('–'),
        ("mdash", ..) => Some('—'),
        ("hellip", ..) => Some('…'),
        (_, Some(digits), _) => code(digits, 16),
        (_, None, Some(digits)) => code(digits, 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_can_be_undone() {
        for (text, stored) in [
            ("plain", "plain"),
            ("O'Neil & <b>\"Sons\"</b>", "O&#039;Neil &amp; &lt;b&gt;&quot;Sons&quot;&lt;/b&gt;"),
            ("&lt;", "&amp;lt;"),
            ("é😀 100%; &", "é😀 100%; &amp;"),
        ] {
            assert_eq!(encoded(text), stored);
            assert_eq!(decoded(stored), text);
        }
        assert_eq!(decoded("a & b &unknown; &#x41;&#66;&#xfffffff;"), "a & b &unknown; AB&#xfffffff;");
    }
}
