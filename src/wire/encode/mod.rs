//! Encoding of replies as JSON, XML or name=value pairs (NVP). JSON is serialized directly from the reply's type. The
//! other formats, which are rarely used, and the redacted text for the log are derived from the JSON. So only the JSON
//! serialization is compiled for each reply type.
//!
//! Nothing here knows the fields of an action's reply.

mod body;
mod json;
mod money;
mod nvp;
mod php;
mod shared;
mod walk;
mod xml;

use std::sync::Arc;

use serde::Serialize;

use super::{Failure, Parameters, Problem};
use crate::config::{Compat, DefaultFormat};
use crate::redaction::{Hidden, redacted, redacted_json, rewritten_json, shortened};

pub use body::Body;
use php::Layout;
pub use php::ToJson;
pub use shared::Shared;

/// Capacity to reserve by default, in bytes: most replies fit.
const DEFAULT_CAPACITY: usize = 512;

/// Number of bytes beyond the end of a log that are searched, too: a secret may begin before the end.
const LOG_MARGIN: usize = 1024;

/// The format of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
    Nvp,
    /// Problem details for an error, as defined by RFC 9457. Cannot be requested with `responsetype`.
    Problem,
}

/// The style in which the API is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiStyle {
    /// WHMCS's own style: several formats, `result` as the first field, and mostly status 200.
    Classic {
        /// Whether the client sent or accepts JSON.
        speaks_json: bool,
    },
    /// JSON only, with an HTTP status that matches the outcome.
    Modern,
    /// FOSSBilling's: JSON only, in an envelope.
    FossBilling,
}

impl ApiStyle {
    pub fn name(self) -> &'static str {
        match self {
            ApiStyle::Classic { .. } => "classic",
            ApiStyle::Modern => "modern",
            ApiStyle::FossBilling => "fossbilling",
        }
    }
}

impl Format {
    /// Parses the parameter `responsetype`, ignoring case. Returns `None` for an unknown format.
    pub fn parse(name: &str) -> Option<Format> {
        [Format::Json, Format::Xml, Format::Nvp].into_iter().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Xml => "xml",
            Format::Nvp => "nvp",
            Format::Problem => "problem",
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Xml => "application/xml",
            Format::Nvp => "text/plain; charset=utf-8",
            Format::Problem => "application/problem+json",
        }
    }
}

/// An encoded reply.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub format: Format,
    pub body: Body,
    /// The redacted reply for the log; empty if it is not logged.
    pub log: String,
}

/// An error in encoding a reply: its `Serialize` implementation failed, or it is not an object.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

impl Encoded {
    /// A reply without a body.
    pub fn empty(format: Format) -> Encoded {
        Encoded { format, body: Body::default(), log: String::new() }
    }
}

/// Rules for logging requests and replies.
#[derive(Debug, Clone, Default)]
pub struct LogRules {
    /// Maximum number of bytes to log; 0 to log nothing.
    pub bytes: usize,
    pub hidden: Hidden,
    /// Whether successful replies are logged, too.
    pub successes: bool,
}

impl LogRules {
    fn redacted(&self, value: &impl Serialize) -> String {
        if self.bytes == 0 { String::new() } else { redacted(value, &self.hidden, self.bytes) }
    }

    /// Redacts a reply in JSON by parsing it and writing it again.
    fn rewritten_json(&self, json: &Body) -> String {
        if self.bytes == 0 {
            String::new()
        } else {
            rewritten_json(&|bytes| json.prefix(bytes), &self.hidden, self.bytes)
        }
    }

    /// Redacts a reply in JSON as PHP writes it. Most replies contain nothing to redact and need not be written again.
    fn redacted_reply(&self, body: &Body) -> String {
        let prefix = |bytes| body.prefix(bytes);
        let unchanged = if self.bytes == 0 { None } else { redacted_json(&prefix, &self.hidden, self.bytes) };
        unchanged.unwrap_or_else(|| self.rewritten_json(body))
    }
}

/// Encodes the replies to one request.
#[derive(Debug, Clone)]
pub struct Encoder {
    choice: FormatChoice,
    compat: Arc<Compat>,
    /// The action's name in lower case, which is part of an XML reply.
    action: String,
    log: LogRules,
    /// Capacity to reserve for a successful reply, in bytes.
    expected: usize,
}

#[derive(Debug, Clone, Copy)]
enum FormatChoice {
    Always(Format),
    /// NVP for a flat reply, XML for a nested one: WHMCS's default.
    ByShape,
    /// JSON without WHMCS's `result` field.
    Bare,
    /// JSON in FOSSBilling's envelope, which the methods write themselves.
    Enveloped,
}

impl Encoder {
    /// Creates an encoder for the requested format; without one, for JSON if the client accepts it, and otherwise for
    /// the format in `compat.default_format`.
    pub fn of(parameters: &Parameters, style: ApiStyle, compat: Arc<Compat>) -> Encoder {
        let choice = match style {
            ApiStyle::Modern => FormatChoice::Bare,
            ApiStyle::FossBilling => FormatChoice::Enveloped,
            ApiStyle::Classic { speaks_json } => Encoder::classic(parameters, speaks_json, &compat),
        };
        Encoder { choice, compat, action: String::new(), log: LogRules::default(), expected: DEFAULT_CAPACITY }
    }

    fn classic(parameters: &Parameters, speaks_json: bool, compat: &Compat) -> FormatChoice {
        match (parameters.text("responsetype").and_then(Format::parse), compat.default_format) {
            (Some(format), _) => FormatChoice::Always(format),
            (None, _) if speaks_json => FormatChoice::Always(Format::Json),
            (None, DefaultFormat::ByShape) => FormatChoice::ByShape,
            (None, DefaultFormat::Json) => FormatChoice::Always(Format::Json),
            (None, DefaultFormat::Xml) => FormatChoice::Always(Format::Xml),
            (None, DefaultFormat::Nvp) => FormatChoice::Always(Format::Nvp),
        }
    }

    /// Returns this encoder with logging of replies.
    #[must_use]
    pub fn with_log(self, log: LogRules) -> Encoder {
        Encoder { log, ..self }
    }

    /// Returns this encoder for replies that several callers get, each by way of [`Encoder::shared_reply`]. Their log has
    /// more than is logged, and may have secrets that the callers' requests carry.
    #[must_use]
    pub fn for_several(&self) -> Encoder {
        let bytes = if self.log.bytes == 0 { 0 } else { self.log.bytes.saturating_add(LOG_MARGIN) };
        Encoder { log: LogRules { bytes, hidden: Hidden::default(), successes: self.log.successes }, ..self.clone() }
    }

    /// Returns a reply that was encoded for several callers as if it had been encoded for this request; `None` if its log
    /// may have one of the secrets that the request carries.
    pub fn shared_reply(&self, reply: &Encoded) -> Option<Encoded> {
        let LogRules { bytes, hidden, .. } = &self.log;
        let is_harmless = reply.log.is_empty() || hidden.margin() <= LOG_MARGIN && hidden.is_absent_from(&reply.log);
        let log = || shortened(&reply.log, *bytes);
        is_harmless.then(|| Encoded { format: reply.format, body: reply.body.clone(), log: log() })
    }

    /// The choice of the format, by name: two encoders with the same choice and settings write the same reply alike.
    pub fn choice_name(&self) -> &'static str {
        match self.choice {
            FormatChoice::Always(format) => format.name(),
            FormatChoice::ByShape => "by shape",
            FormatChoice::Bare => "bare",
            FormatChoice::Enveloped => "enveloped",
        }
    }

    /// Returns this encoder with another initial capacity. Larger replies are encoded, too.
    #[must_use]
    pub fn with_capacity(self, bytes: usize) -> Encoder {
        Encoder { expected: bytes.max(DEFAULT_CAPACITY), ..self }
    }

    /// Returns a value as JSON for the log, redacted by the same rules as replies.
    pub fn redacted(&self, value: &impl Serialize) -> String {
        self.log.redacted(value)
    }

    /// The texts that no log may contain.
    pub fn hidden(&self) -> &Hidden {
        &self.log.hidden
    }

    /// Returns a reply that another server has written, as it is. Its log is redacted if it is JSON; of any other, which has no
    /// names to tell what is secret, only the size is logged.
    pub fn foreign(&self, body: Body, is_json: bool, is_error: bool) -> Encoded {
        let log = match is_error || self.log.successes {
            true if is_json => self.log.rewritten_json(&body),
            true => self.log.redacted(&serde_json::json!({"bytes": body.len()})),
            false => String::new(),
        };
        Encoded { format: Format::Json, body, log }
    }

    /// Returns this encoder for the replies of an action.
    #[must_use]
    pub fn for_action(self, action: Option<&str>) -> Encoder {
        Encoder { action: action.unwrap_or_default().to_lowercase(), ..self }
    }

    /// Encodes an action's reply.
    pub fn success(&self, reply: &dyn ToJson) -> Result<Encoded, EncodeError> {
        let layout = if self.is_modern() || self.is_enveloped() { Layout::Bare } else { Layout::Success };
        self.encode_as(reply, layout, self.log.successes, self.expected)
    }

    /// Encodes an error. All but the message only appears in the modern API style.
    pub fn failure(&self, message: &str, code: &str, status: u16, hint: Option<&str>) -> Result<Encoded, EncodeError> {
        if self.is_modern() {
            let problem = Problem { hint, ..Problem::new(message, code, status) };
            return self.encode_json(Format::Problem, &problem, Layout::Bare, true, DEFAULT_CAPACITY);
        }
        self.encode(&Failure::new(message))
    }

    pub fn is_modern(&self) -> bool {
        matches!(self.choice, FormatChoice::Bare)
    }

    pub fn is_enveloped(&self) -> bool {
        matches!(self.choice, FormatChoice::Enveloped)
    }

    /// Encodes a value without adding a `result` field.
    pub fn encode(&self, reply: &dyn ToJson) -> Result<Encoded, EncodeError> {
        self.encode_as(reply, Layout::Bare, true, DEFAULT_CAPACITY)
    }

    fn encode_as(
        &self,
        reply: &dyn ToJson,
        layout: Layout,
        is_logged: bool,
        expected: usize,
    ) -> Result<Encoded, EncodeError> {
        let json = match self.choice {
            FormatChoice::Bare | FormatChoice::Enveloped | FormatChoice::Always(Format::Json | Format::Problem) => {
                return self.encode_json(Format::Json, reply, layout, is_logged, expected);
            }
            _ => php::plain_json(reply, layout, expected)?,
        };
        let format = match self.choice {
            FormatChoice::Always(Format::Xml) => Format::Xml,
            FormatChoice::ByShape if !walk::is_flat(&json) => Format::Xml,
            _ => Format::Nvp,
        };
        let body = match format {
            Format::Xml => xml::encode(&json, &self.compat.xml_version, &self.action)?,
            _ => nvp::encode(&json)?,
        };
        let log = if is_logged { self.log.rewritten_json(&json.into_bytes().into()) } else { String::new() };
        Ok(Encoded { format, body: body.into(), log })
    }

    fn encode_json(
        &self,
        format: Format,
        reply: &dyn ToJson,
        layout: Layout,
        is_logged: bool,
        expected: usize,
    ) -> Result<Encoded, EncodeError> {
        let body = json::encode(reply, layout, self.compat.slashes, expected)?;
        let log = if is_logged { self.log.redacted_reply(&body) } else { String::new() };
        Ok(Encoded { format, body, log })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn encoder(choice: FormatChoice, hide: &[&str], bytes: usize) -> Encoder {
        let log = LogRules { bytes, hidden: Hidden::new(hide.iter().copied()), successes: true };
        Encoder { choice, compat: Arc::default(), action: String::new(), log, expected: 0 }
    }

    /// The log gets either the encoded reply itself or one that was written again.
    #[test]
    fn the_log_hides_the_same_either_way() {
        for (reply, hide) in [
            (json!({"a": [{"id": 1, "b/c": "x/y"}, {"id": 2, "b/c": "<é>"}]}), ""),
            (json!({"a": [{"id": 1}, {"id": 2, "password": "canary"}]}), ""),
            (json!({"a": {"token": {"deep": ["canary"]}}}), ""),
            (json!({"a": "{\"secret\":\"canary\"}", "b": "YToxOntpOjE7czo2OiJjYW5hcnkiO30="}), ""),
            (json!({"{canary}": "1", "line\nbreak": "2"}), ""),
            (json!({"a": 1, "b": {"x<canary>": "1"}, "x<canary>": [1]}), ""),
            (json!({"a": 1, ("x".repeat(65) + "canary"): "1"}), ""),
            (json!({"a": "my key is canary-canary."}), "canary-canary"),
            (json!({"a": "my key is canary/canary&."}), "canary/canary&"),
            (json!({"a": "my key is \"canary\"."}), "\"canary\""),
        ] {
            for bytes in 1..=200 {
                let log = encoder(FormatChoice::Bare, &[hide], bytes).success(&reply).unwrap().log;
                assert!(!log.contains("canary"), "{log}");
            }
            let log = encoder(FormatChoice::Bare, &[hide], 200).success(&reply).unwrap().log;
            let redacted = redacted(&reply, &Hidden::new([hide]), 200);
            assert_eq!(serde_json::from_str::<Value>(&log).unwrap(), serde_json::from_str::<Value>(&redacted).unwrap());
        }
    }

    /// As that of a reply which is encoded for the request alone.
    #[test]
    fn the_log_of_a_reply_for_several_callers_is_that_of_the_request() {
        let reply =
            json!({"a": "x".repeat(100), "customfields": "y".repeat(3000), "b": "z".repeat(2000), "c": "canary-1"});
        for format in [Format::Json, Format::Xml] {
            for bytes in [0, 1, 90, 110, 1000, 2140, 9000] {
                let alone = encoder(FormatChoice::Always(format), &["elsewhere"], bytes);
                let several = alone.for_several().success(&reply).unwrap();
                let (shared, alone) = (alone.shared_reply(&several).unwrap(), alone.success(&reply).unwrap());
                assert_eq!(shared.body.whole(), alone.body.whole());
                assert_eq!(shared.log, alone.log, "{format:?}, {bytes}");
            }
        }
        for (hidden, bytes, is_shared) in [
            ("canary-1", 9000, false),
            ("canary-1", 2140, false),
            ("canary-1", 500, true),
            ("canary-2", 9000, false),
            ("kanarya-2", 9000, true),
            (&*"q".repeat(LOG_MARGIN + 1), 9000, false),
        ] {
            let encoder = encoder(FormatChoice::Bare, &[hidden], bytes);
            let several = encoder.for_several().success(&reply).unwrap();
            assert_eq!(encoder.shared_reply(&several).is_some(), is_shared, "{hidden}, {bytes}");
        }
    }

    #[test]
    fn a_shared_part_is_written_as_any_other() {
        let part = json!([{"id": 1, "name": "a/b", "password": "canary"}, {"id": 2, "name": "<é>"}]);
        let shared = Shared::new(part.clone());
        let reply: Vec<_> = (0..3).map(|_| [("part", shared.clone())]).collect();
        let reply: Vec<std::collections::HashMap<_, _>> = reply.into_iter().map(Into::into).collect();
        let plain = json!([{"part": part}, {"part": part}, {"part": part}]);
        for format in [Format::Json, Format::Xml] {
            let [one, other] = [
                encoder(FormatChoice::Always(format), &[], 1000).encode(&reply).unwrap(),
                encoder(FormatChoice::Always(format), &[], 1000).encode(&plain).unwrap(),
            ];
            assert_eq!((one.body.whole(), &one.log), (other.body.whole(), &other.log));
            assert!(format == Format::Xml || one.body.distinct_len() < other.body.distinct_len());
            assert!(!one.log.contains("canary"), "{}", one.log);
        }
    }
}
