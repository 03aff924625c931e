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
///
/// Without padding, a blank might also be where the text was wrapped. It is ignored if the text is in lines, or if all blanks
/// are where a text would be wrapped. So a `+` there is lost, as is one at the beginning or the end.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    let digits = without_header(text);
    let is_in_lines = digits.trim().contains('\n');
    let digits = match digits.contains('\n') {
        true => digits.lines().map(str::trim).collect(),
        false => digits.to_owned(),
    };
    let digits = digits.replace('-', "+").replace('_', "/");
    let with = |digits: &str, blank| BASE64.decode(digits.replace(' ', blank));
    let decoded = match digits.len().is_multiple_of(4) {
        true => with(&digits, "+"),
        false if digits.contains('=') || is_in_lines || is_wrapped(digits.trim()) => with(&digits, ""),
        false => with(digits.trim_matches(' '), "+"),
    };
    decoded.or_else(|_| with(&digits, "")).map_err(|_| Malformed("not base64".into()))
}

/// Whether blanks divide a text into parts of the same length, up to the last, at which base64 can be wrapped.
fn is_wrapped(digits: &str) -> bool {
    let width = digits.find(' ').unwrap_or_default();
    let mut parts = digits.split(' ').rev();
    let last = parts.next().unwrap_or_default();
    width > 0 && width.is_multiple_of(4) && last.len() <= width && parts.all(|part| part.len() == width)
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
            // Without padding: `A/+/aGVsbG8`, `aGVsb+8`, `aGVs++8`, and parts of one text.
            ("A/ /aGVsbG8", b"\x03\xff\xbfhello"),
            ("aGVsb 8", b"hel\x6f\xef"),
            ("aGVs  8", b"hel\xfb\xef"),
            ("aGVsbG8h aGVs", b"hello!hel"),
            ("aGVsbG8g aA", b"hello h"),
            ("aGVs bG8h aGU", b"hello!he"),
            ("aGVsb\nG8 haGU h", b"hello!he!"),
            ("", b""),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(decoded), "{text:?}");
        }
        for text in ["!", "a", "data:text/plain,hello", "aGVs,bG8=", "aGVsbG8=x"] {
            assert!(decode(text).is_err(), "{text:?}");
        }
    }
}
