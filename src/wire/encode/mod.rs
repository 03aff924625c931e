//! How replies are written: JSON, XML, or name=value pairs ("NVP"). JSON is written from the reply's own type, without a
//! tree between; the others, which hardly anybody uses, and what the log hides secrets in, from its JSON. So nothing but
//! the writing of JSON is compiled again for each type.
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
use crate::redaction::{Hidden, redacted, redacted_json, rewritten_json};

pub use body::Body;
use php::Layout;
pub use php::ToJson;
pub use shared::Shared;

/// As much as most replies have.
const DEFAULT_CAPACITY: usize = 512;

/// A way to write a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
    Nvp,
    /// JSON that says what went wrong, as RFC 9457 has it. Nobody asks for it.
    Problem,
}

/// The two ways in and out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiStyle {
    /// WHMCS's own: in several formats, `result` first, and mostly with status 200.
    Classic {
        /// Whether the client sent or accepts JSON.
        speaks_json: bool,
    },
    /// JSON only, and the status says how it went.
    Modern,
}

impl ApiStyle {
    pub fn name(self) -> &'static str {
        match self {
            ApiStyle::Classic { .. } => "classic",
            ApiStyle::Modern => "modern",
        }
    }
}

impl Format {
    /// Reads the parameter `responsetype`, in any case. Unknown ones are as if it were not there.
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

/// A reply, written.
#[derive(Debug, Clone)]
pub struct Encoded {
    pub format: Format,
    pub body: Body,
    /// The same for the log, where that was asked for.
    pub log: String,
}

/// A reply that cannot be written: its own `Serialize` failed, or it has a shape that no reply has.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(String);

/// How something is written for the log.
#[derive(Debug, Clone, Default)]
pub struct LogRules {
    /// How much of it; 0 for nothing at all.
    pub bytes: usize,
    pub hidden: Hidden,
    /// Whether replies that tell of success are written for it, too.
    pub successes: bool,
}

impl LogRules {
    fn redacted(&self, value: &impl Serialize) -> String {
        if self.bytes == 0 { String::new() } else { redacted(value, &self.hidden, self.bytes) }
    }

    /// A reply in JSON as serde_json writes it.
    fn rewritten_json(&self, json: &Body) -> String {
        if self.bytes == 0 {
            String::new()
        } else {
            rewritten_json(&|bytes| json.first(bytes), &self.hidden, self.bytes)
        }
    }

    /// A reply in JSON as PHP writes it. Most need not be written for the log once more.
    fn of_reply(&self, body: &Body) -> String {
        let first = |bytes| body.first(bytes);
        let as_it_is = if self.bytes == 0 { None } else { redacted_json(&first, &self.hidden, self.bytes) };
        as_it_is.unwrap_or_else(|| self.rewritten_json(body))
    }
}

/// Writes the replies to one request.
#[derive(Debug, Clone)]
pub struct Encoder {
    choice: FormatChoice,
    compat: Arc<Compat>,
    /// The action's name in lower case, which XML tells.
    action: String,
    log: LogRules,
    /// How many bytes a reply is likely to have.
    expected: usize,
}

#[derive(Debug, Clone, Copy)]
enum FormatChoice {
    Always(Format),
    /// NVP where the reply is flat, XML where it is nested: what WHMCS does when it is not told.
    ByShape,
    /// JSON that is not wrapped as WHMCS does it.
    Bare,
}

impl Encoder {
    /// Writes as the request asks, or else JSON where the client speaks that, or else as `compat.default_format` says.
    pub fn of(parameters: &Parameters, style: ApiStyle, compat: Arc<Compat>) -> Encoder {
        let choice = match style {
            ApiStyle::Modern => FormatChoice::Bare,
            ApiStyle::Classic { speaks_json } => Encoder::classic(parameters, speaks_json, &compat),
        };
        Encoder { choice, compat, action: String::new(), log: LogRules::default(), expected: DEFAULT_CAPACITY }
    }

    fn classic(parameters: &Parameters, speaks_json: bool, compat: &Compat) -> FormatChoice {
        match (parameters.text("responsetype").and_then(Format::parse), compat.default_format) {
            (Some(asked), _) => FormatChoice::Always(asked),
            (None, _) if speaks_json => FormatChoice::Always(Format::Json),
            (None, DefaultFormat::ByShape) => FormatChoice::ByShape,
            (None, DefaultFormat::Json) => FormatChoice::Always(Format::Json),
            (None, DefaultFormat::Xml) => FormatChoice::Always(Format::Xml),
            (None, DefaultFormat::Nvp) => FormatChoice::Always(Format::Nvp),
        }
    }

    /// The same, which writes each reply for the log as well.
    #[must_use]
    pub fn with_log(self, log: LogRules) -> Encoder {
        Encoder { log, ..self }
    }

    /// The same, with room for replies of so many bytes. Those with more are written, too.
    #[must_use]
    pub fn with_capacity(self, bytes: usize) -> Encoder {
        Encoder { expected: bytes.max(DEFAULT_CAPACITY), ..self }
    }

    /// Something for the log, by the same rules as the replies.
    pub fn redacted(&self, value: &impl Serialize) -> String {
        self.log.redacted(value)
    }

    /// The same, for the replies of this action.
    #[must_use]
    pub fn for_action(self, action: Option<&str>) -> Encoder {
        Encoder { action: action.unwrap_or_default().to_lowercase(), ..self }
    }

    /// Writes an action's reply.
    pub fn success(&self, reply: &dyn ToJson) -> Result<Encoded, EncodeError> {
        let layout = if self.is_modern() { Layout::Bare } else { Layout::Success };
        self.encode_as(reply, layout, self.log.successes, self.expected)
    }

    /// Writes what went wrong. `code` and `status` are what they are in the modern manner.
    pub fn failure(&self, message: &str, code: &str, status: u16) -> Result<Encoded, EncodeError> {
        if self.is_modern() {
            let problem = Problem::new(message, code, status);
            return self.encode_json(Format::Problem, &problem, Layout::Bare, true, DEFAULT_CAPACITY);
        }
        self.encode(&Failure::new(message))
    }

    pub fn is_modern(&self) -> bool {
        matches!(self.choice, FormatChoice::Bare)
    }

    /// Writes something as it is.
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
            FormatChoice::Bare | FormatChoice::Always(Format::Json | Format::Problem) => {
                return self.encode_json(Format::Json, reply, layout, is_logged, expected);
            }
            _ => php::plain(reply, layout, expected)?,
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
        let log = if is_logged { self.log.of_reply(&body) } else { String::new() };
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

    /// Whether the log takes the reply as it was written, or writes it once more.
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
            assert!(format == Format::Xml || one.body.own_len() < other.body.own_len());
            assert!(!one.log.contains("canary"), "{}", one.log);
        }
    }
}
