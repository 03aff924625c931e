//! `application/x-www-form-urlencoded`, as HTML forms and PHP's `http_build_query` write it.

use serde_json::{Map, Value};

use super::Parameters;

/// Reads a body. It never fails: bytes that are no UTF-8 become replacement characters, as in any form decoder.
pub fn decode(body: &[u8]) -> Parameters {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body).unwrap_or_default();
    let is_action = |(name, value): &&(String, String)| name == "action" && !value.is_empty();
    let actions = pairs.iter().filter(is_action).map(|(_, value)| value.clone()).collect();
    let values = pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect::<Map<_, _>>();
    Parameters { values, actions }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_wins() {
        let parameters = decode(b"a=1&b=x+y%26z&a=2&empty=&flag");
        assert_eq!(parameters.text("a"), Some("2"));
        assert_eq!(parameters.text("b"), Some("x y&z"));
        assert_eq!(parameters.text("empty"), None);
        assert_eq!(parameters.text("flag"), None);
    }

    #[test]
    fn one_action_is_the_command_and_another_a_parameter() {
        let is_command = |name: &str| name == "Command";
        for (body, command, parameter) in [
            ("action=Command", Some("Command"), None),
            ("action=Command&action=create", Some("Command"), Some("create")),
            ("action=create&action=Command", Some("Command"), Some("create")),
            ("action=&action=Command&action=", Some("Command"), None),
            ("action=one&action=two", Some("two"), Some("one")),
            ("action=", None, None),
            ("a=1", None, None),
        ] {
            let mut parameters = decode(body.as_bytes());
            assert_eq!(parameters.take_action(is_command).as_deref(), command, "{body}");
            assert_eq!(parameters.text("action"), parameter, "{body}");
        }
    }

    #[test]
    fn any_bytes_are_read() {
        for body in [&b"%"[..], b"%zz=%", b"\xff\xfe=\x00", b"===&&&", b"a=%FF"] {
            decode(body);
        }
        assert_eq!(decode(b"a=%FF").text("a"), Some("\u{fffd}"));
    }
}
