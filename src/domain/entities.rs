//! HTML entities: WHMCS stores text with these in place of the characters that have a meaning in HTML, and its pages show
//! text as it is stored.
//!
//! A program that reads a stored text and writes it back sends entities; a person types characters. Both mean the same
//! text here: an entity that was sent is kept, and texts are compared without regard to their form.

use std::borrow::Cow;

/// Replaces the characters with a meaning in HTML by entities, as WHMCS does, except for an `&` that already begins an
/// entity. So what was encoded stays as it is.
pub fn encoded(text: &str) -> String {
    encode(text, |rest| entity(rest).is_some())
}

/// Replaces all characters with a meaning in HTML by entities, so that decoding returns exactly this text.
pub fn escaped(text: &str) -> String {
    encode(text, |_| false)
}

/// Writes lines of text as HTML that shows them so.
pub fn html_lines(text: &str) -> String {
    escaped(text).replace('\n', "<br />\n")
}

/// Encodes a text. An `&` is kept where `keeps_ampersand` holds for the text that it begins.
fn encode(text: &str, keeps_ampersand: fn(&str) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        match character {
            '&' if keeps_ampersand(&text[at..]) => encoded.push('&'),
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
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    push_decoded(&mut decoded, text);
    Cow::Owned(decoded)
}

/// The forms in which a text may be stored: as it is, with entities and without. A form that equals an earlier one is
/// repeated.
pub fn forms(text: &str) -> [String; 3] {
    [text.to_owned(), encoded(text), decoded(text).into_owned()]
}

/// Whether two texts are the same, whatever their forms.
pub fn are_same(one: &str, other: &str) -> bool {
    one == other || decoded(one) == decoded(other)
}

/// As [`are_same`], without regard to the case of ASCII letters.
pub fn are_same_ignoring_case(one: &str, other: &str) -> bool {
    decoded(one).eq_ignore_ascii_case(&decoded(other))
}

/// The last position up to `end` at which a text can be cut without cutting through a character or an entity.
pub fn floor_boundary(text: &str, end: usize) -> usize {
    let end = text.floor_char_boundary(end);
    let is_cut = |at: &usize| entity(&text[*at..]).is_some_and(|(_, length)| at + length > end);
    text[..end].rfind('&').filter(is_cut).unwrap_or(end)
}

/// Appends HTML without tags to a text, with its entities decoded.
pub fn push_decoded(text: &mut String, html: &str) {
    let mut rest = html;
    while let Some(at) = rest.find('&') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (character, length) = entity(rest).unwrap_or(('&', 1));
        text.push(character);
        rest = &rest[length..];
    }
    text.push_str(rest);
}

/// Returns the character and the length of the entity with which a text begins.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest known entity has ten characters.
    let end = text.char_indices().take(10).find(|(_, c)| *c == ';').map(|(at, _)| at)?;
    Some((character(text.get(1..end)?)?, end + 1))
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
    fn lines_are_shown_and_not_run() {
        for (text, html) in [
            ("Domain Name: a.com\nStatus: ok\n", "Domain Name: a.com<br />\nStatus: ok<br />\n"),
            ("<script>alert('&amp;\"')</script>", "&lt;script&gt;alert(&#039;&amp;amp;&quot;&#039;)&lt;/script&gt;"),
        ] {
            assert_eq!(html_lines(text), html);
        }
    }

    #[test]
    fn what_is_encoded_stays_as_it_is() {
        for (text, stored, shown) in [
            ("plain", "plain", "plain"),
            (
                "O'Neil & <b>\"Sons\"</b>",
                "O&#039;Neil &amp; &lt;b&gt;&quot;Sons&quot;&lt;/b&gt;",
                "O'Neil & <b>\"Sons\"</b>",
            ),
            ("&lt;", "&lt;", "<"),
            ("O&#039;Neil & Sons &amp; Co", "O&#039;Neil &amp; Sons &amp; Co", "O'Neil & Sons & Co"),
            ("&#39;&apos;&copy;&unknown;&;&", "&#39;&apos;&copy;&amp;unknown;&amp;;&amp;", "''©&unknown;&;&"),
            ("é😀 100%; &", "é😀 100%; &amp;", "é😀 100%; &"),
            ("&<amp;", "&amp;&lt;amp;", "&<amp;"),
        ] {
            assert_eq!(encoded(text), stored);
            assert_eq!(encoded(stored), stored);
            assert_eq!(decoded(stored), shown);
            assert!(are_same(text, stored) && are_same_ignoring_case(text, &stored.replace("Sons", "SONS")));
        }
        assert_eq!(decoded("a & b &unknown; &#x41;&#66;&#xfffffff;"), "a & b &unknown; AB&#xfffffff;");
        assert_eq!(decoded(&escaped("&lt; & &amp;")), "&lt; & &amp;");
    }

    #[test]
    fn no_entity_is_cut() {
        for (text, end, cut) in [
            ("R&amp;D", 7, "R&amp;D"),
            ("R&amp;D", 6, "R&amp;"),
            ("R&amp;D", 5, "R"),
            ("R&amp;D", 1, "R"),
            ("R&D", 2, "R&"),
            ("é&lt;", 1, ""),
            ("abc", 9, "abc"),
        ] {
            assert_eq!(&text[..floor_boundary(text, end)], cut, "{text} {end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn encoding_is_stable_and_loses_nothing(text in "([a-z<>&;\"'#]|&amp;|&#039;|&#x3c;|&lt|\\PC){0,30}") {
            let stored = encoded(&text);
            proptest::prop_assert_eq!(&encoded(&stored), &stored);
            proptest::prop_assert_eq!(decoded(&stored), decoded(&text));
            proptest::prop_assert!(!stored.contains(['<', '>', '"', '\'']));
            let escaped = super::escaped(&text);
            proptest::prop_assert_eq!(decoded(&escaped), text.as_str());
            let cut = &stored[..floor_boundary(&stored, stored.len() / 2)];
            proptest::prop_assert!(decoded(&stored).starts_with(&*decoded(cut)));
        }
    }
}
