//! Domain names: which texts are names, the forms of a name, and its parts.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// Maximum size of a text that may be a name, in bytes; the ASCII form of a name has at most 253.
const MAX_BYTES: usize = 1024;

/// The name of a domain: two labels or more, in lower case, such as `example.co.uk` or `bücher.example`.
///
/// International names are converted as UTS 46 defines it (IDNA 2008, non-transitional). Registries have further rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainName {
    /// The name in the form in which it was written, ASCII or Unicode.
    written: String,
    ascii: String,
}

impl DomainName {
    /// Parses a name in its ASCII or Unicode form, with capitals or not. Returns `None` for an IP address.
    pub fn parse(text: &str) -> Option<DomainName> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return None;
        }
        let (rules, hyphens) = (AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        let ascii = Uts46::new().to_ascii(text.as_bytes(), rules, hyphens, DnsLength::Verify).ok()?.into_owned();
        let (_, top_level) = ascii.rsplit_once('.')?;
        if top_level.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let written = match text.is_ascii() {
            true => ascii.clone(),
            false => Uts46::new().to_unicode(text.as_bytes(), rules, hyphens).0.into_owned(),
        };
        Some(DomainName { written, ascii })
    }

    /// Parses an extension, with or without its leading dot. Returns it in lower case and with the dot: `.co.uk`.
    pub fn parse_extension(text: &str) -> Option<String> {
        let extension = text.trim().trim_start_matches('.');
        DomainName::parse(&format!("x.{extension}")).map(|name| name.extension().to_owned())
    }

    /// The name in the form in which it was written, in lower case.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The form that DNS, registries and registrars use: `xn--bcher-kva.example`.
    pub fn ascii(&self) -> &str {
        &self.ascii
    }

    /// The form for people: `bücher.example`.
    pub fn unicode(&self) -> String {
        Uts46::new().to_unicode(self.ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0.into_owned()
    }

    /// The part after the first label, with the leading dot and in the form in which it was written: `.co.uk`.
    pub fn extension(&self) -> &str {
        self.written.find('.').map_or("", |dot| &self.written[dot..])
    }

    /// The extensions that the name may have, in ASCII and without the leading dot, the longest first: `co.uk` and `uk`.
    pub fn extensions(&self) -> impl Iterator<Item = &str> {
        self.ascii.match_indices('.').map(|(dot, _)| &self.ascii[dot + 1..])
    }

    /// Splits the name before its longest known extension: `example` and `co.uk`. Both parts are in ASCII.
    pub fn split(&self, is_known: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
        let extension = self.extensions().find(|extension| is_known(extension))?;
        let label = self.ascii.strip_suffix(extension)?.strip_suffix('.')?;
        Some((label, extension))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_labels_and_an_extension() {
        for (text, name, extension, ascii, unicode) in [
            ("example.com", "example.com", ".com", "example.com", "example.com"),
            (" Example.CO.UK ", "example.co.uk", ".co.uk", "example.co.uk", "example.co.uk"),
            ("dómáin2.com", "dómáin2.com", ".com", "xn--dmin2-yqa8j.com", "dómáin2.com"),
            ("DÓMÁIN2.com", "dómáin2.com", ".com", "xn--dmin2-yqa8j.com", "dómáin2.com"),
            ("XN--dmin2-yqa8j.com", "xn--dmin2-yqa8j.com", ".com", "xn--dmin2-yqa8j.com", "dómáin2.com"),
            ("straße.de", "straße.de", ".de", "xn--strae-oqa.de", "straße.de"),
            ("例え。テスト", "例え.テスト", ".テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト"),
            ("a--b.com", "a--b.com", ".com", "a--b.com", "a--b.com"),
            ("1.de", "1.de", ".de", "1.de", "1.de"),
        ] {
            let parsed = DomainName::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.extension()), (name, extension), "{text}");
            assert_eq!((parsed.ascii(), &*parsed.unicode()), (ascii, unicode), "{text}");
        }
    }

    #[test]
    fn extensions_have_a_leading_dot() {
        for (text, extension) in [
            (".com", Some(".com")),
            (" CO.UK ", Some(".co.uk")),
            (".", None),
            ("", None),
            ("a b", None),
            (".a..b", None),
        ] {
            assert_eq!(DomainName::parse_extension(text).as_deref(), extension, "{text:?}");
        }
    }

    #[test]
    fn other_texts_are_no_names() {
        let long_label = format!("{}.com", "x".repeat(64));
        let long_name = format!("{}com", "x.".repeat(126));
        let long_in_ascii = format!("{}.com", "ü".repeat(60));
        for text in [
            "",
            ".",
            "com",
            ".com",
            "a..com",
            "a.com.",
            "a b.com",
            "-a.com",
            "a-.com",
            "a'.com",
            "a_b.com",
            "a\0.com",
            "a.com\r\nb.com",
            "http://a.com",
            "a@b.com",
            "a.com/b",
            "127.0.0.1",
            "[::1].com",
            "xn--.com",
            "xn--a.com",
            "xn--\u{fc}.com",
            "\u{fffd}.com",
            &long_label,
            &long_name,
            &long_in_ascii,
            &"ü".repeat(100_000),
        ] {
            assert_eq!(DomainName::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_name_is_split_before_its_longest_known_extension() {
        let known = ["com", "uk", "co.uk", "xn--zckzah"];
        for (text, split) in [
            ("example.com", Some(("example", "com"))),
            ("example.co.uk", Some(("example", "co.uk"))),
            ("example.uk", Some(("example", "uk"))),
            ("www.example.co.uk", Some(("www.example", "co.uk"))),
            ("co.uk", Some(("co", "uk"))),
            ("例え.テスト", Some(("xn--r8jz45g", "xn--zckzah"))),
            ("example.org", None),
            ("example.xcom", None),
        ] {
            let name = DomainName::parse(text).unwrap();
            assert_eq!(name.split(|extension| known.contains(&extension)), split, "{text}");
        }
    }
}
