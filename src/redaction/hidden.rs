//! Texts that are hidden wherever they occur.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::names::is_secret;
use super::writer::{into_text, write_ascii};
use super::{HIDDEN, shapes};
use crate::domain::entities;

/// Minimum length of texts that are redacted everywhere: shorter ones may well occur by chance.
const MIN_LENGTH: usize = 8;

/// Maximum number of texts to look for. Looking for thousands, which anybody can send, would take seconds.
const MAX_TEXTS: usize = 200;

/// Texts that are redacted wherever they occur, besides those that look like a credential.
#[derive(Debug, Clone, Default)]
pub struct Hidden {
    /// The longest first, since one may be a part of another.
    texts: Arc<[String]>,
    /// The length of the longest text as JSON encodes it.
    longest: usize,
    /// Whether there are too many texts to look for: then whole texts are hidden.
    hides_all: bool,
}

impl Hidden {
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Hidden {
        let mut hidden: Vec<String> = Vec::new();
        for text in texts.into_iter().filter(|text| text.len() >= MIN_LENGTH) {
            hidden.extend(other_forms(text));
            hidden.push(text.to_owned());
            if hidden.len() > MAX_TEXTS {
                return Hidden { texts: Arc::default(), longest: 0, hides_all: true };
            }
        }
        hidden.sort_unstable_by(|one, other| (other.len(), other).cmp(&(one.len(), one)));
        hidden.dedup();
        let longest = hidden.iter().map(|text| written(text).len()).max().unwrap_or_default();
        Hidden { texts: hidden.into(), longest, hides_all: false }
    }

    /// The texts that a request carries as secrets: the values of parameters with the name of a secret, however deep, and
    /// `others`, such as those in its headers.
    pub fn sent_in<'p>(parameters: &'p Map<String, Value>, others: impl IntoIterator<Item = &'p str>) -> Hidden {
        let mut texts: Vec<&str> = others.into_iter().collect();
        collect(parameters, &mut texts);
        Hidden::new(texts)
    }

    /// Returns a text that is no JSON without what must be hidden. It may be encoded as in a URL.
    pub fn masked(&self, text: &str) -> String {
        if self.hides_all {
            return HIDDEN.to_owned();
        }
        let replaced = |text: &str| {
            let masked = self.texts.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
            shapes::masked(masked, true)
        };
        let masked = replaced(text);
        let decoded = percent_decoded(&masked);
        let masked_again = replaced(&decoded);
        if masked_again == decoded { masked } else { masked_again }
    }

    /// Number of bytes in which a text that begins there can be recognized.
    pub(super) fn margin(&self) -> usize {
        self.longest.max(shapes::MARGIN)
    }

    /// Returns JSON without the hidden texts.
    pub(super) fn replaced(&self, mut json: String) -> String {
        if self.hides_all {
            return format!("\"{HIDDEN}\"");
        }
        for secret in self.texts.iter().map(|text| written(text)) {
            if json.contains(&*secret) {
                json = json.replace(&*secret, HIDDEN);
            }
        }
        shapes::masked(json, false)
    }

    /// Whether JSON may have a hidden text, or encodes one in another way than this module.
    pub(super) fn may_occur(&self, json: &str) -> bool {
        let may_have = |secret: &String| {
            let is_written_alike = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+= ".contains(&byte));
            !is_written_alike || json.contains(secret)
        };
        self.hides_all || self.texts.iter().any(may_have) || shapes::find(json, 0).is_some()
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
    let with_entities = [entities::encoded(text), entities::escaped(text)];
    let forms = [text.to_lowercase(), text.trim().to_owned(), form_encoded(text)].into_iter().chain(with_entities);
    let text = text.to_owned();
    forms.filter(move |form| *form != text && form.len() >= MIN_LENGTH)
}

fn form_encoded(text: &str) -> String {
    serde_urlencoded::to_string([("", text)]).unwrap_or_default().trim_start_matches('=').to_owned()
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let form = text.replace('&', "%26").replace('+', "%2B");
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&format!("={form}")).unwrap_or_default();
    pairs.into_iter().next().map_or(Cow::Borrowed(text), |(_, decoded)| Cow::Owned(decoded))
}

/// Returns a text as JSON in ASCII encodes it, without the quotes.
fn written(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::new();
    let quoted = serde_json::to_string(text).unwrap_or_default();
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
    let _ = write_ascii(&mut bytes, text);
    Cow::Owned(into_text(bytes))
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
