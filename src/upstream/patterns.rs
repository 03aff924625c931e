//! Patterns in settings, in which `*` stands for any characters.

/// Patterns of names of actions, whose case does not matter.
pub struct NamePatterns(Vec<String>);

impl NamePatterns {
    pub fn new(patterns: &[String]) -> NamePatterns {
        NamePatterns(patterns.iter().map(|pattern| pattern.to_ascii_lowercase()).collect())
    }

    pub fn matches(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.0.iter().any(|pattern| matches(pattern, &name))
    }
}

/// Whether a pattern matches all of a text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, is_match) in [
            ("getclients", "getclients", true),
            ("getclients", "getclient", false),
            ("get*", "getclients", true),
            ("get*", "get", true),
            ("get*", "addget", false),
            ("*", "", true),
            ("*", "anything", true),
            ("*ticket*", "openticket", true),
            ("*ticket*", "getticketcounts", true),
            ("*ticket*", "getclients", false),
            ("get*s", "getclients", true),
            ("get*s", "gets", true),
            ("get*ts", "gets", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
            ("a*ab", "ab", false),
            ("**", "x", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), is_match, "{pattern} {text}");
        }
    }

    #[test]
    fn names_match_in_any_case() {
        let patterns = NamePatterns::new(&["Get*".to_owned(), "AddCredit".to_owned()]);
        assert!(patterns.matches("GETCLIENTS") && patterns.matches("addcredit"));
        assert!(!patterns.matches("AddCredits") && !NamePatterns::new(&[]).matches("AddCredit"));
    }
}
