//! Languages of internationalized domain names.

/// The tags that registries of `.com` and others take for the language of a name, in lower case: mostly those of ISO 639-2.
/// WHMCS documents none; these are the ones that Verisign publishes.
pub const IDN_LANGUAGES: [&str; 114] = [
    "afr", "alb", "ara", "arg", "arm", "asm", "ast", "ave", "awa", "aze", "bak", "bal", "ban", "bas", "bat", "bel",
    "ben", "bho", "bos", "bul", "bur", "car", "cat", "che", "chi", "chv", "cop", "cos", "cze", "dan", "div", "doi",
    "dut", "eng", "est", "fao", "fij", "fin", "fre", "fry", "geo", "ger", "gla", "gle", "gon", "gre", "guj", "heb",
    "hin", "hun", "ice", "inc", "ind", "inh", "ita", "jav", "jpn", "kas", "kaz", "khm", "kir", "kor", "kur", "lao",
    "lav", "lit", "ltz", "mac", "mal", "mao", "mar", "may", "mlt", "mol", "mon", "msa", "nep", "nor", "ori", "oss",
    "pan", "per", "pol", "por", "pus", "raj", "rum", "rus", "san", "scr", "sin", "slo", "slv", "smo", "snd", "som",
    "spa", "srd", "srp", "swa", "swe", "syr", "tam", "tel", "tgk", "tha", "tib", "tur", "ukr", "urd", "uzb", "vie",
    "wel", "yid",
];

/// Returns a language's tag in lower case, if it is one of [`IDN_LANGUAGES`].
pub fn parse(text: &str) -> Option<&'static str> {
    let tag = text.trim().to_ascii_lowercase();
    IDN_LANGUAGES.into_iter().find(|language| *language == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_recognized_in_any_case() {
        for (text, tag) in [("ger", Some("ger")), (" GER ", Some("ger")), ("de", None), ("", None), ("xyz", None)] {
            assert_eq!(parse(text), tag, "{text:?}");
        }
    }
}
