//! JSON for logs: redacted, in ASCII, and limited in length.
//!
//! A value is redacted by its name (`names`), if it was sent as a secret elsewhere in the request ([`Hidden`]), or if it
//! looks like a credential (`shapes`).

mod columns;
mod encoded;
mod hidden;
mod known_names;
mod names;
mod shapes;
mod writer;

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Deserializer;
use serde_transcode::Transcoder;

pub use columns::is_secret_column;
use encoded::without_hidden_values;
pub use hidden::Hidden;
pub use known_names::{is_hidden, is_secret};
pub use names::is_secret_setting;
use writer::write;

const HIDDEN: &str = "***";
const CUT: &str = "...";

/// Encodes a value as JSON of at most `limit` bytes. Values with a secret's name are redacted, and so are the texts in
/// `hidden` wherever they occur.
pub fn redacted(value: &impl Serialize, hidden: &Hidden, limit: usize) -> String {
    let (text, is_whole) = write(value, limit.saturating_add(hidden.margin()));
    without(text, is_whole, hidden, limit)
}

/// Encodes a value as JSON in ASCII that is safe in a page, without redacting anything.
pub fn in_ascii(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut bytes = Vec::with_capacity(json.len());
    let _ = writer::write_ascii(&mut bytes, &json);
    writer::into_text(bytes)
}

/// Returns the beginning of some JSON, with at most this number of bytes.
pub type Beginning<'j> = &'j dyn Fn(usize) -> Cow<'j, [u8]>;

/// Redacts a value that is encoded as JSON already, by decoding and encoding it again. The result has at most `limit`
/// bytes.
pub fn rewritten_json(json: Beginning<'_>, hidden: &Hidden, limit: usize) -> String {
    let room = limit.saturating_add(hidden.margin());
    let rewritten = |json: &[u8]| write(&Transcoder::new(&mut Deserializer::from_slice(json)), room);
    let usual = room.saturating_mul(2);
    let (mut text, mut is_whole) = rewritten(&json(usual));
    // If much is redacted, more input is needed to fill the room.
    if !is_whole && text.len() < room {
        (text, is_whole) = rewritten(&json(usize::MAX));
    }
    without(text, is_whole, hidden, limit)
}

fn without(text: String, is_whole: bool, hidden: &Hidden, limit: usize) -> String {
    cut(hidden.replaced(text), is_whole, hidden, limit)
}

/// Returns a redacted text as it would be with this lower limit.
pub fn shortened(redacted: &str, limit: usize) -> String {
    match redacted.get(..limit) {
        Some(beginning) if redacted.strip_suffix(CUT).unwrap_or(redacted).len() > limit => [beginning, CUT].concat(),
        _ => redacted.to_owned(),
    }
}

/// Redacts JSON that is encoded already with PHP's escapes, such as a reply, by copying it without the values of hidden
/// names. Returns `None` if something else may need redaction, or if this module would encode a text differently.
pub fn redacted_json(json: Beginning<'_>, hidden: &Hidden, limit: usize) -> Option<String> {
    let room = limit.saturating_add(hidden.margin());
    let mut bytes = room.saturating_mul(2);
    loop {
        let beginning = json(bytes);
        let text = str::from_utf8(&beginning).ok().filter(|text| text.is_ascii())?;
        let copy = without_hidden_values(text, room)?;
        // If much is hidden, more input is needed to fill the room.
        if copy.len() > room || beginning.len() < bytes {
            let is_whole = copy.len() <= room;
            let mut copy = copy.into_owned();
            copy.truncate(room);
            return (!hidden.may_occur(&copy)).then(|| cut(copy, is_whole, hidden, limit));
        }
        bytes = bytes.saturating_mul(2);
    }
}

/// Whether a text may contain a structure with names of its own: JSON, an array or object serialized by PHP, or base64 of
/// one of these. White space before it does not matter to those who decode it.
fn is_nested(text: &str) -> bool {
    let [first, rest @ ..] = text.as_bytes() else { return false };
    match first {
        b' ' | b'\t' | b'\n' | b'\r' => is_nested(text.trim_start_matches([' ', '\t', '\n', '\r'])),
        b'\\' => matches!(rest, [b'n' | b'r' | b't', ..]) && is_nested(&text[2..]),
        b'{' | b'[' => true,
        b'a' | b'O' => matches!(rest, [b':', b'0'..=b'9', ..]),
        b'Y' => rest.starts_with(b"To"),
        b'T' => rest.starts_with(b"zo"),
        b'e' | b'W' => JSON_IN_BASE64.iter().any(|beginning| text.starts_with(beginning)) && is_long_base64(text),
        _ => false,
    }
}

/// How base64 of JSON begins: `{"`, `[{`, `["` and `[[`, or with a line break after the bracket.
const JSON_IN_BASE64: [&str; 6] = ["eyJ", "W3s", "WyJ", "W1s", "ewo", "Wwo"];

/// Whether a text, which may be the beginning of a longer one, is base64 and longer than a word.
fn is_long_base64(text: &str) -> bool {
    text.len() >= 16 && text.bytes().take(64).all(|byte| byte.is_ascii_alphanumeric() || b"+/=\\".contains(&byte))
}

fn cut(mut text: String, is_whole: bool, hidden: &Hidden, limit: usize) -> String {
    if !is_whole {
        // The end may be the beginning of a text that must be redacted.
        text.truncate(text.len().saturating_sub(hidden.margin()));
    }
    if !is_whole || text.len() > limit {
        text.truncate(limit);
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn secrets_are_hidden_by_their_names() {
        for name in ["password", "card[num]", "ftp_pw", "customfields", "customfields1", " customfields"] {
            let value =
                json!({"a": 1, name: "canary", "b": {name: {"deep": ["canary", {"x": "canary"}]}, "c": 2}, "d": 3});
            let text = redacted(&value, &Hidden::default(), 1000);
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read, json!({"a": 1, name: "***", "b": {name: "***", "c": 2}, "d": 3}), "{name}");
        }
        let plain = json!({"clientid": "1", "description": "x", "paymentmethod": "paypal", "expirydate": "2027-01-01", "notes": null});
        assert_eq!(redacted(&plain, &Hidden::default(), 1000), plain.to_string());
    }

    #[test]
    fn texts_are_hidden_wherever_they_are() {
        let secret = "s3cret\"\\é!";
        let value = json!({"description": format!("my key is {secret}."), "a": [secret]});
        assert_eq!(redacted(&value, &Hidden::new([secret]), 1000), r#"{"description":"my key is ***.","a":["***"]}"#);
        let (long, part) = ("12345678901234567890".to_owned(), "1234567890".to_owned());
        for limit in 0..80 {
            let text = redacted(&json!({"a": long, "b": long, "c": part}), &Hidden::new([&*part, &long]), limit);
            assert!(!text.contains("12") && !text.contains("90"), "{limit}: {text}");
        }
        assert_eq!(redacted(&json!({"id": "1"}), &Hidden::new(["1", ""]), 1000), r#"{"id":"1"}"#);
    }

    #[test]
    fn what_may_hold_secrets_unseen_is_hidden() {
        for (value, text) in [
            (json!({r#"{"secret":"canary"}"#: ""}), r#"{"***":"***"}"#),
            (json!({"x".repeat(65): "1"}), r#"{"***":"1"}"#),
            (json!({"line\nbreak": "1", "caf\u{e9}": "2"}), r#"{"***":"1","***":"2"}"#),
            (json!({"x": "YToxOntpOjE7czo2OiJjYW5hcnkiO30="}), r#"{"x":"***"}"#),
            (json!({"x": " YToxOntpOjE7czo2OiJjYW5hcnkiO30="}), r#"{"x":"***"}"#),
            (json!({"x": "\n\t YToxOntpOjE7czo2OiJjYW5hcnkiO30="}), r#"{"x":"\n\t***"}"#),
            (json!({"x": "a:1:{s:8:\"password\";s:6:\"canary\";}"}), r#"{"x":"***"}"#),
            (json!({"x": "eyJwYXNzd29yZCI6ImNhbmFyeSJ9", "y": "eyJewel"}), r#"{"x":"***","y":"eyJewel"}"#),
            (json!({"x": "{\"secret\":\"canary\"}", "y": ["[1]", "plain"]}), r#"{"x":"***","y":["***","plain"]}"#),
            (json!({"a[b]": "1", "x-y.z_0": "2"}), r#"{"a[b]":"1","x-y.z_0":"2"}"#),
        ] {
            assert_eq!(redacted(&value, &Hidden::default(), 1000), text);
        }
    }

    #[test]
    fn replies_are_copied_without_what_is_hidden_by_its_name() {
        let copied = |text: &str, limit| {
            let json = |bytes: usize| Cow::Borrowed(&text.as_bytes()[..text.len().min(bytes)]);
            redacted_json(&json, &Hidden::new(["hidden-text"]), limit)
        };
        let plain = r#"{"result":"success","ids":["1",2],"x":{"text":"\u0022{\u003C","\u":null}}"#;
        for (text, copy) in [
            (r#"{"x":["1",2],"text":"\u0022{\u003C"}"#, Some(r#"{"x":["1",2],"text":"\u0022{\u003C"}"#)),
            (r#"{"password":""}"#, Some(r#"{"password":"***"}"#)),
            (r#"{"a":1,"pin":1234,"b":2}"#, Some(r#"{"a":1,"pin":"***","b":2}"#)),
            (r#"{"a":[{"pin":null},{"pin":"{"}]}"#, Some(r#"{"a":[{"pin":"***"},{"pin":"***"}]}"#)),
            (
                r#"{"customfields":{"customfield":[{"id":1,"value":"\u0022]}"},{"value":"4111111111111111"}]},"b":[]}"#,
                Some(r#"{"customfields":"***","b":[]}"#),
            ),
            (
                r#"{"customfields1":"]}","customfields2":"hidden-text"}"#,
                Some(r#"{"customfields1":"***","customfields2":"***"}"#),
            ),
            (r#"{"text":"my hidden-text"}"#, None),
            (r#"{"a":{"x\u003C":1}}"#, None),
            (r#"{"a":["b","[1]"]}"#, None),
            (r#"{"a":"YToxOntpOjE7czo2OiJjYW5hcnkiO30="}"#, None),
            (r#"{"a":"é"}"#, None),
            (r#"{"a":"DemoSecret0000000000000000000001"}"#, None),
            (r#"{"aDemoSecret000000000000000000001":1}"#, None),
            (r#"{"pwDemoSecret00000000000000000001":1}"#, None),
            (r#"{"a":4111111111111111}"#, None),
            (r#"{"a":[1,4111111111111111]}"#, None),
            ("[1,4111111111111111]", None),
        ] {
            assert_eq!(copied(text, 1000).as_deref(), copy, "{text}");
        }
        // After the truncation, and 11 bytes after it, any bytes may follow.
        for limit in 0..plain.len() - 11 {
            let cut = [&plain[..limit], CUT].concat();
            assert!(copied(plain, limit).is_none_or(|text| text == cut), "{limit}");
        }
    }

    /// However much is left out of it, and wherever it is truncated.
    #[test]
    fn a_copy_of_a_reply_is_what_would_be_written_again() {
        let field = format!(r#"{{"id":1,"customfields":[{{"value":"canary{}"}}],"name":"x"}}"#, "y".repeat(300));
        let reply = format!(r#"{{"result":"success","password":"canary","rows":[{}]}}"#, [&*field; 5].join(","));
        let json = |bytes: usize| Cow::Borrowed(&reply.as_bytes()[..reply.len().min(bytes)]);
        for limit in 0..400 {
            let copy = redacted_json(&json, &Hidden::default(), limit);
            assert_eq!(copy, Some(rewritten_json(&json, &Hidden::default(), limit)), "{limit}");
            assert!(!copy.unwrap().contains("canary"), "{limit}");
        }
    }

    #[test]
    fn json_is_read_as_far_as_the_log_has_room() {
        let value = json!({"a": {"password": "canary".repeat(1000)}, "b": {"password": "canary"}});
        let written = value.to_string();
        let json = |bytes: usize| Cow::Borrowed(&written.as_bytes()[..written.len().min(bytes)]);
        for limit in 0..60 {
            let rewritten = rewritten_json(&json, &Hidden::default(), limit);
            assert_eq!(rewritten, redacted(&value, &Hidden::default(), limit), "{limit}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let text = redacted(&json!({"a": "é".repeat(1_000_000)}), &Hidden::default(), 20);
        assert_eq!(text, r#"{"a":"\u00e9\u00e9\u..."#);
        assert_eq!(redacted(&json!({"a": 1}), &Hidden::default(), 7), r#"{"a":1}"#);
        assert_eq!(redacted(&json!({"a": 12}), &Hidden::default(), 7), r#"{"a":12..."#);
    }
}
