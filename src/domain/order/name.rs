//! Domain names.

/// A domain name in lower case, such as `example.co.uk`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainName(String);

impl DomainName {
    /// Parses a name of two labels or more. Letters of all languages are allowed; a registrar may have further rules.
    pub fn parse(text: &str) -> Option<DomainName> {
        let name = text.trim().to_lowercase();
        let is_label = |label: &str| {
            let has_only = label.chars().all(|character| character.is_alphanumeric() || character == '-');
            has_only && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
        };
        let is_name = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
        is_name.then_some(DomainName(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the first label, with the leading dot: `.co.uk`.
    pub fn extension(&self) -> &str {
        self.0.find('.').map_or("", |dot| &self.0[dot..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_labels_and_an_extension() {
        for (text, name, extension) in [
            ("example.com", "example.com", ".com"),
            (" Example.CO.UK ", "example.co.uk", ".co.uk"),
            ("dómáin2.com", "dómáin2.com", ".com"),
            ("xn--dmin2-0qa4g.com", "xn--dmin2-0qa4g.com", ".com"),
        ] {
            let parsed = DomainName::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.extension()), (name, extension));
        }
        let long = format!("{}.com", "x".repeat(64));
        for text in ["", ".", "com", ".com", "a..com", "a.com.", "a b.com", "-a.com", "a'.com", "http://a.com", &long] {
            assert_eq!(DomainName::parse(text), None, "{text:?}");
        }
    }
}
