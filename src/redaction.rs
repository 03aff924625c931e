//! JSON for logs: redacted, in ASCII, and limited in length.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Deserializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};
use serde_transcode::Transcoder;

const HIDDEN: &str = "***";
const CUT: &str = "...";
/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 24] = [
    "accesskey",
    "apikey",
    "auth",
    "bank",
    "card",
    "ccnum",
    "ccv",
    "cookie",
    "cvc",
    "cvv",
    "eppcode",
    "expdate",
    "hash",
    "iban",
    "idempotencykey",
    "issuenum",
    "pass",
    "privatekey",
    "pwd",
    "pwkey",
    "rootpw",
    "secret",
    "securityqans",
    "token",
];
/// Minimum length of texts that are redacted everywhere: shorter ones may well occur by chance.
const MIN_HIDDEN_LENGTH: usize = 8;

/// Maximum length of a parameter's name that is logged, and the characters allowed in it besides letters and digits: a
/// body that was mistaken for a form may have become a name.
const NAME_BYTES: usize = 64;
const NAME_CHARACTERS: &str = "-_.[]: ";
/// Size of each thread's cache of names that need no redaction.
const HARMLESS_NAME_CACHE_SIZE: usize = 1024;
/// Initial capacity, which suffices for most logged values.
const DEFAULT_CAPACITY: usize = 2048;

/// Texts that are redacted wherever they occur.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// The texts as JSON encodes them, without quotes, longest first, since one may be a part of another.
    texts: Arc<[String]>,
}

impl Hidden {
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Hidden {
        let long = texts.into_iter().filter(|text| text.len() >= MIN_HIDDEN_LENGTH);
        let mut texts: Vec<String> = long.map(written).collect();
        texts.sort_unstable_by(|one, other| (other.len(), other).cmp(&(one.len(), one)));
        texts.dedup();
        Hidden { texts: texts.into() }
    }

    fn longest(&self) -> usize {
        self.texts.first().map_or(0, String::len)
    }
}

/// Encodes a value as JSON of at most `limit` bytes. Values with a secret's name are redacted, and so are the texts in
/// `hidden` wherever they occur.
pub fn redacted(value: &impl Serialize, hidden: &Hidden, limit: usize) -> String {
    let (text, is_whole) = write(value, limit.saturating_add(hidden.longest()));
    without(text, is_whole, hidden, limit)
}

/// Returns the beginning of some JSON, with at most this number of bytes.
pub type Beginning<'j> = &'j dyn Fn(usize) -> Cow<'j, [u8]>;

/// Redacts a value that is encoded as JSON already, by decoding and encoding it again. The result has at most `limit`
/// bytes.
pub fn rewritten_json(json: Beginning<'_>, hidden: &Hidden, limit: usize) -> String {
    let room = limit.saturating_add(hidden.longest());
    let rewritten = |json: &[u8]| write(&Transcoder::new(&mut Deserializer::from_slice(json)), room);
    let usual = room.saturating_mul(2);
    let (mut text, mut is_whole) = rewritten(&json(usual));
    // If much is redacted, more input is needed to fill the room.
    if !is_whole && text.len() < room {
        (text, is_whole) = rewritten(&json(usize::MAX));
    }
    without(text, is_whole, hidden, limit)
}

fn without(mut text: String, is_whole: bool, hidden: &Hidden, limit: usize) -> String {
    for secret in hidden.texts.iter() {
        if text.contains(secret) {
            text = text.replace(secret, HIDDEN);
        }
    }
    cut(text, is_whole, hidden, limit)
}

/// Redacts JSON that is encoded already with PHP's escapes, such as a reply, by returning its beginning unchanged.
/// Returns `None` if something may need redaction, or if this module would encode a text differently.
pub fn redacted_json(json: Beginning<'_>, hidden: &Hidden, limit: usize) -> Option<String> {
    let most = limit.saturating_add(hidden.longest());
    // One byte more shows whether this is all.
    let beginning = json(most.saturating_add(1));
    let is_whole = beginning.len() <= most;
    let looked_at = &beginning[..beginning.len().min(most)];
    let text = str::from_utf8(looked_at).ok().filter(|text| text.is_ascii())?;
    let may_have = |secret: &String| {
        let is_written_alike = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+= ".contains(&byte));
        !is_written_alike || text.contains(secret)
    };
    if hidden.texts.iter().any(may_have) || !is_harmless_json(text) {
        return None;
    }
    Some(cut(text.to_owned(), is_whole, hidden, limit))
}

/// Whether no name and no text in a reply's JSON, which may be truncated, needs redaction.
fn is_harmless_json(json: &str) -> bool {
    let mut rest = json;
    while let Some((before, quoted)) = at_quote(rest) {
        let (text, after) = at_quote(quoted).unwrap_or((quoted, ""));
        let is_name = after.starts_with(':') || after.is_empty() && !before.ends_with([':', '[']);
        let is_harmless = if is_name { is_harmless(text) } else { !is_nested(text) };
        if !is_harmless {
            return false;
        }
        rest = after;
    }
    true
}

/// Splits JSON at the next quote. Quotes within texts are escaped.
fn at_quote(json: &str) -> Option<(&str, &str)> {
    // Most texts are short, and a simple search is faster for these than one made for long texts.
    let at = json.bytes().position(|byte| byte == b'"')?;
    Some((&json[..at], &json[at + 1..]))
}

/// Whether a text may contain a structure with names of its own: JSON, or base64 of arrays and objects serialized by
/// PHP.
fn is_nested(text: &str) -> bool {
    matches!(text.as_bytes(), [b'{' | b'[', ..] | [b'Y', b'T', b'o', ..] | [b'T', b'z', b'o', ..])
}

fn cut(mut text: String, is_whole: bool, hidden: &Hidden, limit: usize) -> String {
    if !is_whole {
        // The end may be the beginning of a text that must be redacted.
        text.truncate(text.len().saturating_sub(hidden.longest()));
    }
    if !is_whole || text.len() > limit {
        text.truncate(limit);
        text.push_str(CUT);
    }
    text
}

/// Returns a text as JSON encodes it, without the quotes.
fn written(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return text.to_owned();
    }
    let mut bytes = Vec::new();
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    let _ = write_ascii(&mut bytes, text);
    into_text(bytes)
}

/// Encodes a value, and returns whether all of it fit into `memory_budget` bytes.
fn write(value: &impl Serialize, room: usize) -> (String, bool) {
    let is_hiding = Rc::new(Cell::new(false));
    let bytes = Vec::with_capacity(room.min(DEFAULT_CAPACITY));
    let mut bounded = Bounded { bytes, room, is_hiding: Rc::clone(&is_hiding) };
    let (in_name, in_text, depth, is_named_harmlessly) = (false, false, 0, false);
    let redactor = Redactor { is_hiding, name: String::new(), in_name, is_named_harmlessly, in_text, depth };
    let is_whole = value.serialize(&mut Serializer::with_formatter(&mut bounded, redactor)).is_ok();
    (into_text(bounded.bytes), is_whole)
}

/// Converts the ASCII output to a `String`.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// A writer that stores a limited number of bytes, and drops everything while a value is redacted.
struct Bounded {
    bytes: Vec<u8>,
    room: usize,
    is_hiding: Rc<Cell<bool>>,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_hiding.get() {
            return Ok(bytes.len());
        }
        let taken = bytes.len().min(self.room - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Redactor {
    is_hiding: Rc<Cell<bool>>,
    /// The name of the next value.
    name: String,
    in_name: bool,
    is_named_harmlessly: bool,
    /// Whether a part of the current text has been encoded already.
    in_text: bool,
    /// Nesting depth within a redacted value; 0 outside.
    depth: u32,
}

impl Formatter for Redactor {
    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_name = true;
        self.name.clear();
        if first { Ok(()) } else { writer.write_all(b",") }
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.in_name = false;
        Ok(())
    }

    fn begin_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_text = false;
        writer.write_all(b"\"")
    }

    fn end_string<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.in_name {
            self.is_named_harmlessly = is_harmless(&self.name);
            let name = if self.is_named_harmlessly || is_plain(&self.name) { &self.name } else { HIDDEN };
            writer.write_all(name.as_bytes())?;
        } else {
            self.is_hiding.set(self.depth > 0);
        }
        writer.write_all(b"\"")
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b":")?;
        if self.depth > 0 {
            self.depth += 1;
        } else if !self.is_named_harmlessly && is_secret(&self.name) {
            write!(writer, "\"{HIDDEN}\"")?;
            self.depth = 1;
            self.is_hiding.set(true);
        }
        Ok(())
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.is_hiding.set(self.depth > 0);
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if self.in_name {
            self.name.push_str(fragment);
            return Ok(());
        }
        if !self.in_text && is_nested(fragment) {
            writer.write_all(HIDDEN.as_bytes())?;
            self.is_hiding.set(true);
        }
        self.in_text = true;
        write_ascii(writer, fragment)
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        if self.in_name {
            // A backslash makes the name fail the check for plain names.
            self.name.push('\\');
            return Ok(());
        }
        self.in_text = true;
        CompactFormatter.write_char_escape(writer, escape)
    }
}

fn write_ascii<W: Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    if text.is_ascii() {
        return writer.write_all(text.as_bytes());
    }
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() => writer.write_all(&[byte])?,
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
    }
    Ok(())
}

thread_local! {
    /// Names known to need no redaction, each in a slot by its hash: the same names come again and again.
    static HARMLESS: RefCell<[String; HARMLESS_NAME_CACHE_SIZE]> = const { RefCell::new([const { String::new() }; HARMLESS_NAME_CACHE_SIZE]) };
}

/// Whether neither the name nor its value needs redaction.
fn is_harmless(name: &str) -> bool {
    let place = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    HARMLESS.with_borrow_mut(|names| {
        let known = &mut names[place % HARMLESS_NAME_CACHE_SIZE];
        let is_harmless = known == name || is_plain(name) && !is_secret(name);
        if is_harmless && known != name {
            name.clone_into(known);
        }
        is_harmless
    })
}

fn is_plain(name: &str) -> bool {
    name.len() <= NAME_BYTES && name.chars().all(|c| c.is_ascii_alphanumeric() || NAME_CHARACTERS.contains(c))
}

fn is_secret(name: &str) -> bool {
    // Most names are short, so a buffer on the stack suffices.
    let (mut short, mut long) = ([0; NAME_BYTES], Vec::new());
    let letters: &mut [u8] = match short.get_mut(..name.len()) {
        Some(short) => short,
        None => {
            long.resize(name.len(), 0);
            &mut long
        }
    };
    let mut length = 0;
    for byte in name.bytes().filter(u8::is_ascii_alphanumeric) {
        letters[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    let name = &letters[..length];
    let has_secret = |at: usize| {
        let rest = &name[at..];
        may_begin_secret(rest) && SECRET_NAMES.iter().any(|part| rest.starts_with(part.as_bytes()))
    };
    name.starts_with(b"pw") || name.ends_with(b"pin") || (0..name.len()).any(has_secret)
}

/// Whether a secret's name starts with these first two letters. Hardly any other name contains such a pair.
fn may_begin_secret(letters: &[u8]) -> bool {
    let &[first @ b'a'..=b'z', second @ b'a'..=b'z', ..] = letters else { return false };
    SECOND_LETTERS[usize::from(first - b'a')] & 1 << (second - b'a') != 0
}

/// For each first letter of a secret's name, a bit for each possible second letter.
const SECOND_LETTERS: [u32; 26] = {
    let mut letters = [0; 26];
    let mut at = 0;
    while at < SECRET_NAMES.len() {
        let name = SECRET_NAMES[at].as_bytes();
        letters[(name[0] - b'a') as usize] |= 1 << (name[1] - b'a');
        at += 1;
    }
    letters
};

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn secrets_are_hidden_by_their_names() {
        for name in [
            "secret",
            "password",
            "password2",
            "rootpw",
            "PASSWORD",
            "accesskey",
            "access_key",
            "cardnum",
            "cvv",
            "bankacct",
            "pw",
            "card[num]",
            "authcode",
            "passwordhash",
            "securityqans",
            "access_token",
            "IBAN",
            "idempotencykey",
            "pin",
            "api-key",
        ] {
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
            (json!({"customfields": "YToxOntpOjE7czo2OiJjYW5hcnkiO30="}), r#"{"customfields":"***"}"#),
            (json!({"x": "{\"secret\":\"canary\"}", "y": ["[1]", "plain"]}), r#"{"x":"***","y":["***","plain"]}"#),
            (json!({"a[b]": "1", "x-y.z_0": "2"}), r#"{"a[b]":"1","x-y.z_0":"2"}"#),
        ] {
            assert_eq!(redacted(&value, &Hidden::default(), 1000), text);
        }
    }

    #[test]
    fn replies_are_taken_as_they_are_where_nothing_is_to_be_hidden() {
        let taken = |text: &str, limit| {
            let json = |bytes: usize| Cow::Borrowed(&text.as_bytes()[..text.len().min(bytes)]);
            redacted_json(&json, &Hidden::new(["hidden-text"]), limit)
        };
        let plain = r#"{"result":"success","ids":["1",2],"x":{"text":"\u0022{\u003C","\u":null}}"#;
        for (text, is_taken) in [
            (r#"{"result":"success","ids":["1",2],"x":{"text":"\u0022{\u003C"}}"#, true),
            (r#"{"text":"my hidden-text"}"#, false),
            (r#"{"password":""}"#, false),
            (r#"{"a":{"x\u003C":1}}"#, false),
            (r#"{"a":["b","[1]"]}"#, false),
            (r#"{"a":"YToxOntpOjE7czo2OiJjYW5hcnkiO30="}"#, false),
            (r#"{"a":"é"}"#, false),
        ] {
            assert_eq!(taken(text, 1000).as_deref(), is_taken.then_some(text), "{text}");
        }
        // After the truncation, and 11 bytes after it, any bytes may follow.
        for limit in 0..plain.len() - 11 {
            let cut = [&plain[..limit], CUT].concat();
            assert!(taken(plain, limit).is_none_or(|text| text == cut), "{limit}");
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
