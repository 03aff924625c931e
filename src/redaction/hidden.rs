//! Texts that are hidden wherever they occur.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::known_names::is_secret;
use super::writer::{into_text, write_ascii};
use super::{HIDDEN, names, shapes};
use crate::domain::entities;

/// Minimum length of texts that are redacted everywhere: shorter ones may well occur by chance.
const MIN_LENGTH: usize = 8;

/// Maximum length of what is looked for of a text. The log is read beyond what it keeps by as much.
const MAX_LENGTH: usize = 4096;

/// Maximum number of texts to look for. Looking for thousands, which anybody can send, would take seconds.
const MAX_TEXTS: usize = 200;

/// Texts that are redacted wherever they occur, besides those that look like a credential.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// The longest first, since one may be a part of another.
    texts: Arc<[Secret]>,
    /// The length of the longest text as JSON encodes it.
    longest: usize,
    /// Whether there are too many texts to look for: then whole texts are hidden.
    hides_all: bool,
}

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Secret {
    text: String,
    /// Whether this is all of it. Where the beginning of a longer text is found, everything from there on is hidden.
    is_whole: bool,
}

impl Hidden {
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Hidden {
        let mut hidden: Vec<Secret> = Vec::new();
        for sent in texts.into_iter().filter(|text| text.len() >= MIN_LENGTH) {
            let text = &sent[..sent.floor_char_boundary(MAX_LENGTH)];
            let forms = other_forms(text).chain([text.to_owned()]);
            hidden.extend(forms.map(|form| Secret { text: form, is_whole: text.len() == sent.len() }));
            if hidden.len() > MAX_TEXTS {
                return Hidden { texts: Arc::default(), longest: 0, hides_all: true };
            }
        }
        hidden.sort_unstable_by(|one, other| (other.text.len(), other).cmp(&(one.text.len(), one)));
        hidden.dedup();
        let longest = hidden.iter().map(|secret| secret.written().len()).max().unwrap_or_default();
        Hidden { texts: hidden.into(), longest, hides_all: false }
    }

    /// The texts that a request carries as secrets: the values of parameters with the name of a secret, however deep, and
    /// `others`, such as those in its headers.
    pub fn sent_in<'p>(parameters: &'p Map<String, Value>, others: impl IntoIterator<Item = &'p str>) -> Hidden {
        let mut texts: Vec<&str> = others.into_iter().collect();
        collect(parameters, &mut texts);
        // SetConfigurationValue: the name of the value is that of the setting.
        let sent = |name: &str| parameters.get(name).and_then(Value::as_str);
        if sent("setting").is_some_and(names::is_secret_setting) {
            texts.extend(sent("value"));
        }
        Hidden::new(texts)
    }

    /// Returns a text that is no JSON without what must be hidden: the text itself if there is nothing. It may be encoded as
    /// in a URL.
    pub fn masked<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.hides_all {
            return HIDDEN.into();
        }
        let masked = self.masked_as_it_is(text.into());
        let Some(decoded) = percent_decoded(&masked) else { return masked };
        match self.masked_as_it_is(Cow::Borrowed(&decoded)) {
            Cow::Borrowed(_) => masked,
            Cow::Owned(masked) => masked.into(),
        }
    }

    fn masked_as_it_is<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        shapes::masked(self.texts.iter().fold(text, |text, secret| secret.hidden_in(text, &secret.text)), true)
    }

    /// Whether none of the texts occurs in an encoded reply, whichever characters of theirs the encoding has changed: it
    /// changes no letters and digits. `false` if that is not certain.
    pub fn is_absent_from(&self, encoded: &str) -> bool {
        let is_absent = |secret: &Secret| {
            let runs = secret.text.split(|c: char| !c.is_ascii_alphanumeric());
            runs.max_by_key(|run| run.len()).is_some_and(|run| !run.is_empty() && !encoded.contains(run))
        };
        !self.hides_all && self.texts.iter().all(is_absent)
    }

    /// Number of bytes in which a text that begins there can be recognized.
    pub fn margin(&self) -> usize {
        self.longest.max(shapes::MARGIN)
    }

    /// Returns JSON without the hidden texts.
    pub(super) fn replaced(&self, json: String) -> String {
        if self.hides_all {
            return format!("\"{HIDDEN}\"");
        }
        let json = self.texts.iter().fold(Cow::Owned(json), |json, secret| secret.hidden_in(json, &secret.written()));
        shapes::masked(json, false).into_owned()
    }

    /// Whether JSON may have a hidden text, or encodes one in another way than this module.
    pub(super) fn may_occur(&self, json: &str) -> bool {
        let may_have = |Secret { text, .. }: &Secret| {
            let is_written_alike = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+= ".contains(&byte));
            !is_written_alike || json.contains(text)
        };
        self.hides_all || self.texts.iter().any(may_have)
    }
}

impl Secret {
    /// Returns a text without the secret, which is written there in this way.
    fn hidden_in<'t>(&self, text: Cow<'t, str>, written: &str) -> Cow<'t, str> {
        // Much faster than a search for the place.
        if !text.contains(written) {
            return text;
        }
        match text.split_once(written) {
            Some((before, _)) if !self.is_whole => [before, HIDDEN].concat().into(),
            _ => text.replace(written, HIDDEN).into(),
        }
    }

    /// Returns the secret as JSON in ASCII encodes it, without the quotes.
    fn written(&self) -> Cow<'_, str> {
        if is_alphanumeric(&self.text) {
            return Cow::Borrowed(&self.text);
        }
        let mut bytes = Vec::new();
        let quoted = serde_json::to_string(&self.text).unwrap_or_default();
        let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
        let _ = write_ascii(&mut bytes, text);
        Cow::Owned(into_text(bytes))
    }
}

fn collect<'p>(values: &'p Map<String, Value>, texts: &mut Vec<&'p str>) {
    for (name, value) in values {
        match value {
            value if is_secret(name) => collect_leaves(value, texts),
            Value::Object(values) => collect(values, texts),
            Value::Array(values) => {
                values.iter().filter_map(Value::as_object).for_each(|values| collect(values, texts));
            }
            _ => {}
        }
    }
}

fn collect_leaves<'p>(value: &'p Value, texts: &mut Vec<&'p str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(values) => values.iter().for_each(|value| collect_leaves(value, texts)),
        Value::Object(values) => values.values().for_each(|value| collect_leaves(value, texts)),
        _ => {}
    }
}

/// The other forms in which a text may come back: in lower case, as in an error's text; without white space around it; with
/// HTML entities, once by which its own are kept and once by which they are not; and encoded as in a form.
fn other_forms(text: &str) -> impl Iterator<Item = String> {
    let encoded = || [text.trim().to_owned(), entities::encoded(text), entities::escaped(text), form_encoded(text)];
    let encoded = (!is_alphanumeric(text)).then(encoded);
    let forms = [text.to_lowercase()].into_iter().chain(encoded.into_iter().flatten());
    forms.filter(move |form| form != text && form.len() >= MIN_LENGTH)
}

/// Whether a text has only letters and digits, which are encoded in no other way.
fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn form_encoded(text: &str) -> String {
    serde_urlencoded::to_string([("", text)]).unwrap_or_default().trim_start_matches('=').to_owned()
}

/// Decodes a text as in a URL, if anything is encoded in it.
fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let form = text.replace('&', "%26").replace('+', "%2B");
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("={form}")).unwrap_or_default();
    pairs.into_iter().next().map(|(_, decoded)| decoded)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Looking for ten thousand texts in a long path would keep a thread busy for seconds.
    #[test]
    fn more_secrets_than_are_looked_for_hide_everything() {
        let secrets: Vec<String> = (0..10_000).map(|number| format!("secret-{number:08}")).collect();
        let hidden = Hidden::new(secrets.iter().map(String::as_str));
        assert_eq!(hidden.masked("/includes/api.php"), HIDDEN);
        assert_eq!(hidden.replaced(r#"{"a":"secret-00009999"}"#.to_owned()), r#""***""#);
        assert!(hidden.may_occur("{}"));
    }

    /// A secret of a megabyte would make the log search as much of each reply.
    #[test]
    fn a_long_secret_is_looked_for_by_its_beginning() {
        let secret = ["é".repeat(5_000), "x".repeat(5_000)].concat();
        let hidden = Hidden::new([&*secret]);
        assert!(hidden.margin() <= MAX_LENGTH * 6);
        assert_eq!(hidden.masked(&format!("/a/{secret}/b")), "/a/***");
        let json = serde_json::to_string(&json!({"a": 1, "b": secret, "c": "x"})).unwrap();
        let mut ascii = Vec::new();
        write_ascii(&mut ascii, &json).unwrap();
        assert_eq!(hidden.replaced(into_text(ascii)), r#"{"a":1,"b":"***"#);
    }

    #[test]
    fn a_text_is_absent_only_where_no_encoding_of_it_can_be() {
        let is_absent = |text: &str, encoded: &str| Hidden::new([text]).is_absent_from(encoded);
        for (text, encoded, expected) in [
            ("a-canary-1", r#"{"a":"harmless"}"#, true),
            ("a-canary-1", r#"{"a":"a-canary-1"}"#, false),
            ("a<canary>1", r#"{"a":"a\u003Ccanary\u003E1"}"#, false),
            ("a&canary/1", "<a>a&amp;canary/1</a>", false),
            ("a-canary-1", r#"{"a":"a tame canary"}"#, false),
            ("!\u{20ac}\u{20ac}!!!!!!!", r#"{"a":"harmless"}"#, false),
            ("short", r#"{"a":"short"}"#, true),
        ] {
            assert_eq!(is_absent(text, encoded), expected, "{text}: {encoded}");
        }
    }

    #[test]
    fn what_is_sent_as_a_secret_is_masked_elsewhere() {
        let sent = json!({
            "identifier": "an-identifier", "password2": "pass word/1", "a": [{"b": {"api_key": ["deep-one", "deep-two"]}}],
            "customfields": {"1": "example.com"}, "cvv": "123", "note": "harmless-note"
        });
        let hidden = Hidden::sent_in(sent.as_object().unwrap(), ["from-header"]);
        for (text, masked) in [
            ("curl/8.0", "curl/8.0"),
            ("an-identifier example.com 123 harmless-note", "an-identifier example.com 123 harmless-note"),
            ("x-pass word/1-y", "x-***-y"),
            ("/v1/pass%20word%2f1", "/v1/***"),
            ("/v1/pass+word%2F1", "/v1/***"),
            ("a=deep-one&b=DEEP-TWO", "a=***&b=DEEP-TWO"),
            ("from-header", "***"),
            ("100%", "100%"),
        ] {
            assert_eq!(hidden.masked(text), masked);
        }
    }
}
