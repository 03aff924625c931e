//! Languages: FOSSBilling has locales such as `de_DE`, and the tables names such as `german`.

const LANGUAGES: &[(&str, &str)] = &[
    ("ar_SA", "arabic"),
    ("az_AZ", "azerbaijani"),
    ("ca_ES", "catalan"),
    ("cs_CZ", "czech"),
    ("da_DK", "danish"),
    ("de_DE", "german"),
    ("en_US", "english"),
    ("es_ES", "spanish"),
    ("et_EE", "estonian"),
    ("fa_IR", "farsi"),
    ("fr_FR", "french"),
    ("he_IL", "hebrew"),
    ("hr_HR", "croatian"),
    ("hu_HU", "hungarian"),
    ("it_IT", "italian"),
    ("mk_MK", "macedonian"),
    ("nb_NO", "norwegian"),
    ("nl_NL", "dutch"),
    ("pt_BR", "portuguese-br"),
    ("pt_PT", "portuguese-pt"),
    ("ro_RO", "romanian"),
    ("ru_RU", "russian"),
    ("sv_SE", "swedish"),
    ("tr_TR", "turkish"),
    ("uk_UA", "ukranian"),
    ("zh_TW", "chinese"),
];

/// The locale of a stored language.
pub fn locale(language: &str) -> Option<&'static str> {
    LANGUAGES.iter().find(|(_, name)| name.eq_ignore_ascii_case(language)).map(|(locale, _)| *locale)
}

/// The name of a locale's language, which may also be another country's: `en_GB` is English.
pub fn language(locale: &str) -> Option<&'static str> {
    let exact = LANGUAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(locale));
    let code = locale.get(..2)?;
    let similar =
        || LANGUAGES.iter().find(|(known, _)| known.get(..2).is_some_and(|known| known.eq_ignore_ascii_case(code)));
    exact.or_else(similar).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locales_are_languages() {
        assert_eq!(
            (language("de_DE"), language("en_GB"), language("xx_XX"), language("")),
            (Some("german"), Some("english"), None, None)
        );
        assert_eq!((locale("German"), locale("klingon")), (Some("de_DE"), None));
        assert_eq!(language("pt_PT"), Some("portuguese-pt"));
    }
}
