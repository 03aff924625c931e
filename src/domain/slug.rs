//! Slugs: names in the path of a URL.

use super::entities::decoded;

/// Maximum length of `tblproducts.slug`.
pub const MAX_LENGTH: usize = 128;

/// Makes a slug of a name, with HTML entities or without: lower-case ASCII letters and digits, with single hyphens between
/// the words.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for letter in decoded(name).to_lowercase().chars() {
        match (letter, unaccented(letter)) {
            (letter, _) if letter.is_ascii_alphanumeric() => slug.push(letter),
            (_, "") if slug.is_empty() || slug.ends_with('-') => {}
            (_, "") => slug.push('-'),
            (_, letters) => slug.push_str(letters),
        }
    }
    slug.truncate(MAX_LENGTH);
    slug.trim_end_matches('-').to_owned()
}

/// The ASCII letters for an accented letter, for the languages of Western Europe.
fn unaccented(letter: char) -> &'static str {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ö' | 'ø' | 'œ' => "oe",
        'ß' => "ss",
        'ù' | 'ú' | 'û' => "u",
        'ü' => "ue",
        'ý' | 'ÿ' => "y",
        _ => "",
    }
}

/// Returns the slug, with a number appended if it is taken: `vps`, `vps-2`, `vps-3`.
pub fn unique(slug: &str, taken: &[String]) -> String {
    let is_free = |slug: &String| !taken.iter().any(|other| other.eq_ignore_ascii_case(slug));
    let numbered = (2..).map(|number: usize| {
        let number = format!("-{number}");
        let prefix_length = slug.len().min(MAX_LENGTH - number.len());
        format!("{}{number}", slug.get(..prefix_length).unwrap_or_default())
    });
    std::iter::once(slug.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_words_with_hyphens_between() {
        for (name, expected) in [
            ("VPS M", "vps-m"),
            ("  Starter -- 2016! ", "starter-2016"),
            ("Alojamento Básico (Açores)", "alojamento-basico-acores"),
            ("Größe 1.5", "groesse-1-5"),
            ("主机", ""),
            ("c++", "c"),
        ] {
            assert_eq!(slug(name), expected, "{name}");
        }
        assert_eq!(slug(&"abc ".repeat(100)).len(), MAX_LENGTH - 1, "cut at a hyphen, which is left out");
    }

    #[test]
    fn a_slug_that_is_taken_gets_a_number() {
        let taken = ["vps".to_owned(), "VPS-2".to_owned(), "x".repeat(MAX_LENGTH)];
        assert_eq!(unique("web", &taken), "web");
        assert_eq!(unique("vps", &taken), "vps-3");
        let numbered = unique(&"x".repeat(MAX_LENGTH), &taken);
        assert_eq!((numbered.len(), numbered.ends_with("x-2")), (MAX_LENGTH, true));
    }
}
