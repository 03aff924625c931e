//! Texts that look like a credential, wherever they are: secrets as this program and WHMCS make them, tokens of well-known
//! services, `Authorization` headers, private keys, hashes of passwords, payment card numbers, and pairs such as
//! `password=…` within a text.
//!
//! Ids, amounts, phone numbers and dates are none. Of random numbers, one in a thousand looks like a card's: it must have
//! the length and the beginning of an issuer, and the right check digit.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use super::HIDDEN;
use super::names::is_secret;

/// Number of bytes in which each shape can be recognized.
pub const MARGIN: usize = 96;

/// Length of the shortest text with a credential, such as `pw=1234`.
const MIN_LENGTH: usize = 7;
/// Length of the secrets that this program and WHMCS make, in letters of both cases and digits.
const SECRET_LENGTH: usize = 32;
/// Beginnings of the tokens of payment gateways and code hosts, and of JSON web tokens; and the minimum length of a token.
const TOKENS: [&str; 16] = [
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "rk_test_",
    "whsec_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "eyJ",
];
const TOKEN_LENGTH: usize = 20;
/// For each byte, whether a token begins with it.
const BEGINS_TOKENS: [bool; 256] = {
    let (mut begins_tokens, mut at) = ([false; 256], 0);
    while at < TOKENS.len() {
        begins_tokens[TOKENS[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    begins_tokens
};
/// Minimum length of a token after `Bearer`, and of a value after the name of a secret.
const BEARER_LENGTH: usize = 16;
const VALUE_LENGTH: usize = 4;
/// Minimum and maximum number of digits of a payment card.
const MIN_CARD_DIGITS: usize = 13;
const MAX_CARD_DIGITS: usize = 19;
/// Beginnings of hashes of passwords, and the minimum length of such a hash.
const HASHES: [&str; 8] = ["$2y$", "$2a$", "$2b$", "$argon2", "$1$", "$5$", "$6$", "$P$"];
const HASH_LENGTH: usize = 20;

/// Returns the text with each credential replaced. `is_text` tells whether it is a text, and not JSON.
pub fn masked(text: Cow<'_, str>, is_text: bool) -> Cow<'_, str> {
    let Some(mut found) = find(&text, 0) else { return text };
    let (mut masked, mut done, mut is_quoted) = (String::with_capacity(text.len()), 0, false);
    loop {
        let between = &text[done..found.start];
        masked.push_str(between);
        is_quoted = !is_text && ends_in_text(between, is_quoted);
        // A number in JSON stands outside of quotes.
        let is_number = !is_text && !is_quoted && between.ends_with([':', '[', ',']);
        masked.extend(if is_number { ["\"", HIDDEN, "\""] } else { ["", HIDDEN, ""] });
        // Nothing that is found contains a quote.
        done = found.end;
        match find(&text, done) {
            Some(next) => found = next,
            None => break,
        }
    }
    Cow::Owned(masked + &text[done..])
}

/// Whether a piece of JSON ends within a text. `starts_in_text` tells whether it begins within one.
fn ends_in_text(json: &str, starts_in_text: bool) -> bool {
    let (mut is_quoted, mut is_escaped) = (starts_in_text, false);
    for byte in json.bytes() {
        is_quoted ^= byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
    }
    is_quoted
}

/// Whether a text has a credential.
pub fn are_in(text: &str) -> bool {
    text.len() >= MIN_LENGTH && !is_date(text.as_bytes()) && find(text, 0).is_some()
}

/// Whether a text is a date, with or without the time, or has the same characters in other places, but too few digits for a
/// card number. Most long texts of replies are dates.
fn is_date(text: &[u8]) -> bool {
    let has_place_of_date = match text.len() {
        10 => text[4] == b'-',
        19 => text[4] == b'-' && text[13] == b':',
        _ => false,
    };
    has_place_of_date && text.iter().all(|byte| (b' '..=b':').contains(byte))
}

/// Returns the place of the first credential from here on.
fn find(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            byte if IS_IN_WORD[usize::from(byte)] => {
                let length = bytes[at..].iter().take_while(|byte| IS_IN_WORD[usize::from(**byte)]).count();
                if let Some(found) = credential(text, at..at + length) {
                    return Some(found);
                }
                at += length;
            }
            b'\\' if bytes.get(at + 1) == Some(&b'u') => at += 6,
            b'\\' => at += 2,
            b'$' => {
                if let Some(end) = hash(text, at) {
                    return Some(at..end);
                }
                at += 1;
            }
            _ => at += 1,
        }
    }
    None
}

/// For each byte, whether it is a part of words. The table is faster than comparisons, and each byte of the log is looked
/// up.
const IS_IN_WORD: [bool; 256] = {
    let (mut is_in_word, mut byte) = ([false; 256], 0_u8);
    while byte.is_ascii() {
        is_in_word[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    is_in_word
};

/// The credential that begins with a word, or is announced by it.
fn credential(text: &str, word: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let (first, next) = (bytes[word.start], bytes.get(word.end).copied().unwrap_or_default());
    if word.len() == SECRET_LENGTH && is_secret_word(bytes, &word) {
        return Some(word);
    }
    if may_begin_card_number(bytes, &word, next)
        && let Some(end) = card_number(bytes, word.start)
    {
        return Some(word.start..end);
    }
    match (first, next) {
        (_, b'=') => named_value(text, word.end),
        (b'B', b' ') if &text[word.clone()] == "BEGIN" => private_key(text, word.start),
        (b'B' | b'b', b' ') => authorization(text, &word),
        (_, b'_' | b'-' | b'.') if BEGINS_TOKENS[usize::from(first)] => token(text, word.start),
        _ => None,
    }
}

/// Returns the end of the bytes from here on that match.
fn end_of(bytes: &[u8], from: usize, matches: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| !matches(*byte)).map_or(bytes.len(), |length| from + length)
}

fn is_secret_word(bytes: &[u8], word: &Range<usize>) -> bool {
    let letters = &bytes[word.clone()];
    let is_part = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(|byte| b"_-".contains(byte));
    letters.iter().any(u8::is_ascii_uppercase)
        && letters.iter().any(u8::is_ascii_lowercase)
        && letters.iter().any(u8::is_ascii_digit)
        && !is_part(word.start.checked_sub(1))
        && !is_part(Some(word.end))
}

fn token(text: &str, start: usize) -> Option<Range<usize>> {
    if !TOKENS.iter().any(|beginning| text[start..].starts_with(beginning)) {
        return None;
    }
    let end = end_of(text.as_bytes(), start, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    (end - start >= TOKEN_LENGTH).then_some(start..end)
}

/// The value of `Basic` or `Bearer`.
fn authorization(text: &str, scheme: &Range<usize>) -> Option<Range<usize>> {
    let is_scheme = |name: &str| text[scheme.clone()].eq_ignore_ascii_case(name);
    let is_of_value = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=:".contains(&byte);
    let start = scheme.end + 1;
    let value = start..end_of(text.as_bytes(), start, is_of_value);
    let sent = &text[value.clone()];
    let is_credential = is_scheme("bearer") && sent.len() >= BEARER_LENGTH
        || is_scheme("basic") && BASE64.decode(sent).is_ok_and(|pair| pair.contains(&b':'));
    is_credential.then_some(value)
}

/// A private key in PEM, of which `BEGIN` is here, to its last line or to the end of the text.
fn private_key(text: &str, begin: usize) -> Option<Range<usize>> {
    let (before, rest) = text.split_at(begin);
    if !before.ends_with("-----") {
        return None;
    }
    let (label, _) = rest[..rest.floor_char_boundary(MARGIN)].split_once("-----")?;
    if !label.contains("PRIVATE KEY") {
        return None;
    }
    let quote = rest.find('"').unwrap_or(rest.len());
    let last_line = rest[..quote].find("-----END").map(|end| end + "-----END".len());
    let end = last_line.and_then(|from| Some(from + rest[from..quote].find("-----")? + "-----".len()));
    // A quote within a text of JSON follows a backslash.
    let end = end.unwrap_or(rest[..quote].trim_end_matches('\\').len());
    Some(begin - "-----".len()..begin + end)
}

/// The value after `name=`, of which the equals sign is here, if the name is a secret's.
fn named_value(text: &str, equals: usize) -> Option<Range<usize>> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "_-[]".contains(c);
    let (rest, name) = text[..equals].split_at(text[..equals].trim_end_matches(is_of_name).len());
    // In JSON, the name may follow an escape such as `\n` or `\u0022`.
    let escape = if name.starts_with('u') { "u0022".len() } else { "n".len() };
    let after_escape = name.get(escape..).filter(|_| rest.ends_with('\\'));
    let start = equals + 1;
    let value =
        start..end_of(text.as_bytes(), start, |byte| !byte.is_ascii_whitespace() && !b"&;,\"'<>\\=".contains(&byte));
    (value.len() >= VALUE_LENGTH && (is_secret(name) || after_escape.is_some_and(is_secret))).then_some(value)
}

fn hash(text: &str, at: usize) -> Option<usize> {
    if !HASHES.iter().any(|start| text[at..].starts_with(start)) {
        return None;
    }
    let end = end_of(text.as_bytes(), at, |byte| byte.is_ascii_alphanumeric() || b"$./=,+".contains(&byte));
    (end - at >= HASH_LENGTH).then_some(end)
}

/// Whether a card number may begin with a word. Most numbers are none: no issuer's begin with other digits, and groups
/// of digits are shorter only where another one follows.
fn may_begin_card_number(bytes: &[u8], word: &Range<usize>, next: u8) -> bool {
    match (bytes[word.start], bytes.get(word.start + 1)) {
        // Years, too.
        (b'2', Some(b'0' | b'1' | b'8' | b'9')) => false,
        (b'2'..=b'6', _) => word.len() >= MIN_CARD_DIGITS || matches!(next, b' ' | b'-'),
        _ => false,
    }
}

/// Returns the end of the card number that begins here. Its digits may be in groups.
fn card_number(bytes: &[u8], start: usize) -> Option<usize> {
    let before = start.checked_sub(1).map(|at| bytes[at]);
    if before.is_some_and(|byte| b"+._-".contains(&byte)) {
        return None;
    }
    // On the stack, because every number of a reply is looked at.
    let (mut buffer, mut length, mut at) = ([0; MAX_CARD_DIGITS], 0, start);
    loop {
        let end = end_of(bytes, at, |byte| byte.is_ascii_digit());
        let group = buffer.get_mut(length..length + end - at)?;
        group.iter_mut().zip(&bytes[at..end]).for_each(|(digit, byte)| *digit = byte - b'0');
        length += end - at;
        let digits = &buffer[..length];
        if issued_lengths(digits).is_empty() {
            return None;
        }
        let next = bytes.get(end).copied().unwrap_or_default();
        let is_part_of_word = next.is_ascii_alphanumeric() || b"._".contains(&next) && follows_digit(bytes, end);
        if !is_part_of_word && is_card_number(digits) {
            return Some(end);
        }
        let goes_on = matches!(next, b' ' | b'-') && follows_digit(bytes, end) && end > at && length < MAX_CARD_DIGITS;
        if !goes_on {
            return None;
        }
        at = end + 1;
    }
}

/// Whether a digit follows the byte at this place.
fn follows_digit(bytes: &[u8], at: usize) -> bool {
    bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
}

fn is_card_number(digits: &[u8]) -> bool {
    issued_lengths(digits).contains(&digits.len()) && has_check_digit(digits)
}

/// The lengths of the card numbers that begin with these digits.
fn issued_lengths(digits: &[u8]) -> &'static [usize] {
    let Some(first_four) = digits.get(..4) else { return &[13, 14, 15, 16, 17, 18, 19] };
    match first_four.iter().fold(0, |number: u32, digit| number * 10 + u32::from(*digit)) {
        3400..=3499 | 3700..=3799 => &[15],
        3000..=3059 | 3600..=3699 | 3800..=3999 => &[14],
        4000..=4999 => &[13, 16, 19],
        2221..=2720 | 5000..=5899 => &[16],
        3528..=3589 | 6011 | 6200..=6299 | 6304 | 6440..=6599 | 6759..=6763 => &[16, 17, 18, 19],
        _ => &[],
    }
}

/// The check of ISO/IEC 7812 (Luhn).
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit) * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_recognized() {
        for (text, expected) in [
            ("DemoSecret0000000000000000000001", "***"),
            ("the key aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF.", "the key ***."),
            ("/v1/aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF", "/v1/***"),
            ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer ***"),
            ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
            ("my sk_live_51HxAbCdEfGhIjKlMnOp key", "my *** key"),
            ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "***"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N", "***"),
            ("see -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- here", "see *** here"),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nMIIE", "***"),
            ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nMIIE\n-----END PGP PRIVATE KEY BLOCK-----", "***"),
            ("$2y$10$abcdefghijklmnopqrstuuYq7n8", "***"),
            ("$argon2id$v=19$m=8,t=1,p=1$rXTBWRm4BbVFJzdCXxlstA$kWw7TW", "***"),
            ("card 4111 1111 1111 1111 12/27", "card *** 12/27"),
            ("4111-1111-1111-1111,378282246310005;30569309025904", "***,***;***"),
            ("5555555555554444 and 6011111111111117 and 3530111333300000", "*** and *** and ***"),
            (
                "https://x.example/?user=1&password=hunter2&sso_token=abcd#top",
                "https://x.example/?user=1&password=***&sso_token=***",
            ),
            ("track 4111111111111111=27121010000", "track ***=27121010000"),
            ("4pass=hunter2", "4pass=***"),
            ("ftp_pw=hunter2; api-key=abcdefg", "ftp_pw=***; api-key=***"),
        ] {
            assert_eq!(masked(text.into(), true), expected);
            assert!(are_in(text), "{text}");
        }
    }

    #[test]
    fn ids_amounts_and_words_are_none() {
        for text in [
            "12345",
            "1234567890123456",
            "4111111111111112",
            "4111111111111111.00",
            "+4111111111111111",
            "41111111111111111111",
            "a4111111111111111",
            "2026-11-20 12:30:00",
            "1763641800000",
            "+44 20 7946 0958",
            "10.0.0.1",
            "99999999999999.99",
            "ch_3MmlLrLkdIwHu7ix0snN0B15",
            "pi_3MtwBwLkdIwHu7ix28a3tqPa",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "0B1234567X890123Y",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479",
            "Basic hosting, bearer of news",
            "Basic Webhosting",
            "BEGIN the work",
            "-----BEGIN PUBLIC KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "US$2y",
            "$1$",
            "price=1234.00",
            "a=b",
            "key=",
            "keyword=domains",
            "Invoice #4000, 4111 items",
            "example.com",
            "eyJ",
            "sk_live_",
            "INV-2026-0000000001",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF",
            "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0e",
            "tx_aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF",
        ] {
            assert_eq!(masked(text.into(), true), text);
            assert!(!are_in(text), "{text}");
        }
    }

    #[test]
    fn json_stays_json() {
        for (json, expected) in [
            (
                r#"{"a":4111111111111111,"b":[378282246310005],"c":":4111111111111111"}"#,
                r#"{"a":"***","b":["***"],"c":":***"}"#,
            ),
            (r#"{"a":"\n4111111111111111\u00204111111111111111"}"#, r#"{"a":"\n***\u0020***"}"#),
            (
                r#"{"a":"-----BEGIN PRIVATE KEY-----\nMII","b":"-----BEGIN PRIVATE KEY-----\"x"}"#,
                r#"{"a":"***","b":"***\"x"}"#,
            ),
            (
                r#"{"a":4111111111111111,"b":"\",:4111111111111111,4111111111111111","c":[4111111111111111]}"#,
                r#"{"a":"***","b":"\",:***,***","c":["***"]}"#,
            ),
            (r#"{"a":"\notp_code=123456\u0022pw1=hunter2"}"#, r#"{"a":"\notp_code=***\u0022pw1=***"}"#),
            (r#"{"a":"say password=hunter2\" or \\"}"#, r#"{"a":"say password=***\" or \\"}"#),
        ] {
            assert_eq!(masked(json.into(), false), expected);
        }
    }

    /// Where time grows with the square of the length, these take many minutes.
    #[test]
    fn long_texts_take_little_time() {
        for piece in ["4111111111111111,", "BEGIN ", "-----BEGIN ", "sk_live_.", "eyJ.", "s.", "pw=", "$1$", "basic "] {
            let text = piece.repeat(400_000 / piece.len());
            masked(Cow::Borrowed(&text), true);
            masked(Cow::Borrowed(&text), false);
        }
    }

    /// No input makes it panic, whatever it is cut at.
    #[test]
    fn any_text_can_be_cut_anywhere() {
        let text = "é\\u-----BEGIN PRIVATE KEY-----\\ Basic é $2y$ Bearer a=é password= 4111-é \\";
        for (start, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                masked(text[start..end].into(), true);
                masked(text[start..end].into(), false);
            }
        }
    }
}
