//! Texts that look like a credential, wherever they are: secrets as this program and WHMCS make them, tokens of well-known
//! services, `Authorization` headers, private keys, hashes of passwords, payment card numbers, and pairs such as
//! `password=…` within a text.
//!
//! Ids, amounts, phone numbers and dates are none. Of random numbers, one in a thousand looks like a card's: it must have
//! the length and the beginning of an issuer, and the right check digit.

use std::ops::Range;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;

use super::HIDDEN;
use super::names::is_secret;

/// Number of bytes in which each shape can be recognized.
pub const MARGIN: usize = 96;

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
/// Minimum length of a token after `Bearer`, and of a value after the name of a secret.
const BEARER_LENGTH: usize = 16;
const VALUE_LENGTH: usize = 4;
/// Maximum number of digits of a payment card.
const MAX_CARD_DIGITS: usize = 19;
/// Beginnings of hashes of passwords, and the minimum length of such a hash.
const HASHES: [&str; 8] = ["$2y$", "$2a$", "$2b$", "$argon2", "$1$", "$5$", "$6$", "$P$"];
const HASH_LENGTH: usize = 20;

/// Returns the text with each credential replaced. `is_text` tells whether it is a text, and not JSON.
pub fn masked(text: String, is_text: bool) -> String {
    let Some(mut found) = find(&text, 0) else { return text };
    let (mut masked, mut done) = (String::with_capacity(text.len()), 0);
    loop {
        masked.push_str(&text[done..found.start]);
        // A number in JSON stands outside of quotes.
        let is_number = !is_text && text[..found.start].ends_with([':', '[', ',']) && !is_quoted(&text[..found.start]);
        masked.extend(if is_number { ["\"", HIDDEN, "\""] } else { ["", HIDDEN, ""] });
        done = found.end;
        match find(&text, done) {
            Some(next) => found = next,
            None => break,
        }
    }
    masked + &text[done..]
}

/// Whether JSON ends within a text.
fn is_quoted(json: &str) -> bool {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        is_quoted ^= byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
    }
    is_quoted
}

/// Returns the place of the first credential from here on.
pub fn find(text: &str, from: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if bytes.get(at + 1) == Some(&b'u') => at += 6,
            b'\\' => at += 2,
            b'$' => {
                if let Some(end) = hash(text, at) {
                    return Some(at..end);
                }
                at += 1;
            }
            byte if byte.is_ascii_alphanumeric() => {
                let word = at..end_of(bytes, at, |byte| byte.is_ascii_alphanumeric());
                at = word.end;
                if let Some(found) = credential(text, &word) {
                    return Some(found);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The credential that begins with a word, or is announced by it.
fn credential(text: &str, word: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let next = bytes.get(word.end).copied().unwrap_or_default();
    let length = word.len();
    match bytes[word.start] {
        // No issuer's numbers begin with another digit.
        b'2'..=b'6' if length <= MAX_CARD_DIGITS => {
            if let Some(end) = card_number(bytes, word.start) {
                return Some(word.start..end);
            }
        }
        b'B' | b'b' if next == b' ' && matches!(length, 5 | 6) => {
            if let Some(found) = authorization(text, word) {
                return Some(found);
            }
        }
        _ => {}
    }
    match next {
        _ if length == SECRET_LENGTH && is_secret_word(bytes, word) => return Some(word.clone()),
        b' ' if &text[word.clone()] == "BEGIN" => return private_key(text, word.start),
        b'=' => return named_value(text, word.end),
        _ => {}
    }
    if !matches!(next, b'_' | b'-' | b'.') {
        return None;
    }
    let token = word.start..end_of(bytes, word.start, |byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let is_token = token.len() >= TOKEN_LENGTH && TOKENS.iter().any(|start| text[token.clone()].starts_with(start));
    is_token.then_some(token)
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

/// The value of `Basic` or `Bearer`.
fn authorization(text: &str, scheme: &Range<usize>) -> Option<Range<usize>> {
    let is_of_value = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=:".contains(&byte);
    let start = scheme.end + 1;
    let value = start..end_of(text.as_bytes(), start, is_of_value);
    let sent = &text[value.clone()];
    let is_credential = match text[scheme.clone()].to_ascii_lowercase().as_str() {
        "bearer" => sent.len() >= BEARER_LENGTH,
        "basic" => BASE64.decode(sent).is_ok_and(|pair| pair.contains(&b':')),
        _ => false,
    };
    is_credential.then_some(value)
}

/// A private key in PEM, of which `BEGIN` is here, to its last line or to the end of the text.
fn private_key(text: &str, begin: usize) -> Option<Range<usize>> {
    let (before, rest) = text.split_at(begin);
    let (label, _) = rest.split_once("-----")?;
    if !before.ends_with("-----") || !label.contains("PRIVATE KEY") || label.len() > MARGIN {
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
    let before = &text[..equals];
    let name = &before[before.trim_end_matches(is_of_name).len()..];
    let start = equals + 1;
    let value =
        start..end_of(text.as_bytes(), start, |byte| !byte.is_ascii_whitespace() && !b"&;,\"'<>\\=".contains(&byte));
    (value.len() >= VALUE_LENGTH && is_secret(name)).then_some(value)
}

fn hash(text: &str, at: usize) -> Option<usize> {
    if !HASHES.iter().any(|start| text[at..].starts_with(start)) {
        return None;
    }
    let end = end_of(text.as_bytes(), at, |byte| byte.is_ascii_alphanumeric() || b"$./=,+".contains(&byte));
    (end - at >= HASH_LENGTH).then_some(end)
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
    let length = digits.len();
    if !(13..=MAX_CARD_DIGITS).contains(&length) {
        return false;
    }
    let first_four = digits[..4].iter().fold(0, |number: u32, digit| number * 10 + u32::from(*digit));
    let is_issued = match first_four {
        3400..=3499 | 3700..=3799 => length == 15,
        3000..=3059 | 3600..=3699 | 3800..=3999 => length == 14,
        4000..=4999 => matches!(length, 13 | 16 | 19),
        2221..=2720 | 5000..=5899 => length == 16,
        3528..=3589 | 6011 | 6200..=6299 | 6304 | 6440..=6599 | 6759..=6763 => length >= 16,
        _ => false,
    };
    is_issued && has_check_digit(digits)
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
            ("ftp_pw=hunter2; api-key=abcdefg", "ftp_pw=***; api-key=***"),
        ] {
            assert_eq!(masked(text.to_owned(), true), expected);
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
            assert_eq!(masked(text.to_owned(), true), text);
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
            (r#"{"a":"say password=hunter2\" or \\"}"#, r#"{"a":"say password=***\" or \\"}"#),
        ] {
            assert_eq!(masked(json.to_owned(), false), expected);
        }
    }

    /// No input makes it panic, whatever it is cut at.
    #[test]
    fn any_text_can_be_cut_anywhere() {
        let text = "é\\u-----BEGIN PRIVATE KEY-----\\ Basic é $2y$ Bearer a=é password= 4111-é \\";
        for (start, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end >= start) {
                masked(text[start..end].to_owned(), true);
                masked(text[start..end].to_owned(), false);
            }
        }
    }
}
