//! `application/x-www-form-urlencoded`, as HTML forms and PHP's `http_build_query` write it.

use super::{Malformed, Parameters};

/// Reads a query string or a body. Bytes that are no UTF-8 become replacement characters, as in any form decoder.
pub fn decode(form: &[u8]) -> Result<Parameters, Malformed> {
    Parameters::from_pairs(form_urlencoded::parse(form))
}

#[cfg(test)]
mod tests {
    use super::super::MOST_PARAMETERS;
    use super::*;

    #[test]
    fn the_last_of_a_name_wins() {
        let parameters = decode(b"a=1&b=x+y%26z&a=2&empty=&flag").unwrap();
        assert_eq!(parameters.text("a"), Some("2"));
        assert_eq!(parameters.text("b"), Some("x y&z"));
        assert_eq!(parameters.text("empty"), None);
        assert_eq!(parameters.text("flag"), None);
    }

    #[test]
    fn any_bytes_are_read() {
        for body in [&b"%"[..], b"%zz=%", b"\xff\xfe=\x00", b"===&&&", b"a=%FF"] {
            decode(body).unwrap();
        }
        assert_eq!(decode(b"a=%FF").unwrap().text("a"), Some("\u{fffd}"));
        assert_eq!(decode(b"a=\xe9").unwrap().text("a"), Some("\u{fffd}"));
    }

    #[test]
    fn there_is_a_limit_to_their_number() {
        decode("a&".repeat(MOST_PARAMETERS).as_bytes()).unwrap();
        let error = decode("a&".repeat(MOST_PARAMETERS + 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "A request may have 10000 parameters at most");
    }
}
