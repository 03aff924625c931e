//! Base64 as clients send it.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Malformed;

/// As PHP decodes it, where the padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64 in the standard or the URL-safe alphabet, in lines, or after the header of a `data:` URL.
///
/// A blank is a `+`, because it is what remains of one in a form that was not percent-encoded. It is ignored where that
/// makes no base64: around the digits, and where padding tells that the digits are complete without it.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    let digits = without_header(text);
    let digits = match digits.contains('\n') {
        true => digits.lines().map(str::trim).collect(),
        false => digits.to_owned(),
    };
    let digits = digits.replace('-', "+").replace('_', "/");
    let with = |digits: &str, blank| BASE64.decode(digits.replace(' ', blank));
    let decoded = match digits.len().is_multiple_of(4) {
        true => with(&digits, "+"),
        false if digits.contains('=') => with(&digits, ""),
        false => with(digits.trim_matches(' '), "+"),
    };
    decoded.or_else(|_| with(&digits, "")).map_err(|_| Malformed("not base64".into()))
}

/// Removes `data:text/plain;base64,` from the text.
fn without_header(text: &str) -> &str {
    match text.split_once(',') {
        Some((header, data)) if is_header(&header.to_ascii_lowercase()) => data,
        _ => text,
    }
}

fn is_header(header: &str) -> bool {
    let header = header.trim();
    header.starts_with("data:") && header.ends_with(";base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_each_form_that_clients_send() {
        for (text, decoded) in [
            ("aGVsbG8=", &b"hello"[..]),
            ("aGVsbG8", b"hello"),
            (" aGVs\r\n bG8=\r\n", b"hello"),
            ("aGVs bG8=", b"hello"),
            ("data:text/plain;base64,aGVsbG8=", b"hello"),
            ("DATA:text/plain;charset=utf-8;BASE64,aGVsbG8=", b"hello"),
            ("++//", b"\xfb\xef\xff"),
            ("--__", b"\xfb\xef\xff"),
            ("A A/", b"\x03\xe0\x3f"),
            ("  A/", b"\xfb\xe0\x3f"),
            ("  aGVsbG8=  ", b"hello"),
            ("  aGVsbG8 ", b"hello"),
            // Without padding: `A/+/aGVsbG8`, `aGVs+bG8`, `aGVs++8`, and two parts of one text.
            ("A/ /aGVsbG8", b"\x03\xff\xbfhello"),
            ("aGVs bG8", b"hel\xf9\xb1\xbc"),
            ("aGVs  8", b"hel\xfb\xef"),
            ("aGVsbG8h aGVs", b"hello!hel"),
            ("", b""),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(decoded), "{text:?}");
        }
        for text in ["!", "a", "data:text/plain,hello", "aGVs,bG8=", "aGVsbG8=x"] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
