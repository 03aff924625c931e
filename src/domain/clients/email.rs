//! E-mail addresses.

use crate::domain::entities;

/// Maximum length of an address that mail servers accept.
const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;
const LOCAL_CHARACTERS: &str = "!#$%&'*+-/=?^_`{|}~.";

/// A single ASCII address that mail can be sent to, without a name or anything else around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses an address, also one with HTML entities: replies contain stored texts, which callers write back.
    pub fn parse(text: &str) -> Option<Email> {
        let text = &*entities::decoded(text.trim());
        let (local, domain) = text.rsplit_once('@')?;
        let fits = text.len() <= MAX_BYTES && local.len() <= MAX_LOCAL_BYTES;
        (fits && is_local(local) && is_domain(domain)).then(|| Email(text.to_owned()))
    }

    /// Returns the address as WHMCS stores it: with HTML entities, because the local part may contain `&` and `'`.
    #[must_use]
    pub fn encoded(&self) -> Email {
        Email(entities::encoded(&self.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || LOCAL_CHARACTERS.contains(c);
    text.split('.').all(|part| !part.is_empty()) && text.chars().all(is_allowed)
}

fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_plain_address_is_valid() {
        for text in ["jane.doe@example.com", "o'hara+x@mail.example.co.uk", " J@xn--bcher-kva.example ", "1@2.de"] {
            assert_eq!(Email::parse(text).as_ref().map(Email::as_str), Some(text.trim()));
        }
        let stored = Email::parse("o&#039;hara&amp;co@example.com");
        assert_eq!(stored.as_ref().map(Email::as_str), Some("o'hara&co@example.com"));
        let (long, label) = ("x".repeat(65), "x".repeat(64));
        for text in [
            "",
            "jane",
            "@example.com",
            "jane@",
            "jane@localhost",
            "jane@.com",
            "jane@example..com",
            "jane@-example.com",
            "jane@example-.com",
            ".jane@example.com",
            "ja..ne@example.com",
            "jane.@example.com",
            "a@b@example.com",
            "ja ne@example.com",
            "jane@exam ple.com",
            "jane@example.com\nBcc: all@example.com",
            "jane@example.com,john@example.com",
            "Jane <jane@example.com>",
            "\"jane\"@example.com",
            "josé@example.com",
            "jane@exämple.com",
            &format!("{long}@example.com"),
            &format!("jane@{label}.com"),
            &format!("jane@{}com", "example.".repeat(40)),
        ] {
            assert_eq!(Email::parse(text), None, "{text:?}");
        }
    }
}
