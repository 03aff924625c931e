//! How replies are written: JSON, XML, or name=value pairs ("NVP"). Each takes the reply's own type, without a tree
//! between.

mod json;
mod nvp;
mod redacted;
mod walk;
mod xml;

use std::sync::Arc;

use serde::Serialize;

use super::Parameters;
use crate::config::{Compat, DefaultFormat};

pub use redacted::redacted;

/// A way to write a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Xml,
    Nvp,
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
        }
    }

    pub fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Xml => "application/xml",
            Format::Nvp => "text/plain; charset=utf-8",
        }
    }
}

/// A reply, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    pub format: Format,
    pub body: Vec<u8>,
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
    /// Texts that are hidden wherever they are.
    pub hide: Arc<[String]>,
}

impl LogRules {
    fn redacted(&self, value: &impl Serialize) -> String {
        if self.bytes == 0 { String::new() } else { redacted(value, &self.hide, self.bytes) }
    }
}

/// Writes the replies to one request.
#[derive(Debug, Clone)]
pub struct Encoder {
    choice: Choice,
    compat: Arc<Compat>,
    /// The action's name in lower case, which XML tells.
    action: String,
    log: LogRules,
}

#[derive(Debug, Clone, Copy)]
enum Choice {
    Always(Format),
    /// NVP where the reply is flat, XML where it is nested: what WHMCS does when it is not told.
    ByShape,
}

impl Encoder {
    /// Writes as the request asks, or else JSON where the client speaks that, or else as `compat.default_format` says.
    pub fn of(parameters: &Parameters, speaks_json: bool, compat: Arc<Compat>) -> Encoder {
        let choice = match (parameters.text("responsetype").and_then(Format::parse), compat.default_format) {
            (Some(asked), _) => Choice::Always(asked),
            (None, _) if speaks_json => Choice::Always(Format::Json),
            (None, DefaultFormat::ByShape) => Choice::ByShape,
            (None, DefaultFormat::Json) => Choice::Always(Format::Json),
            (None, DefaultFormat::Xml) => Choice::Always(Format::Xml),
            (None, DefaultFormat::Nvp) => Choice::Always(Format::Nvp),
        };
        Encoder { choice, compat, action: String::new(), log: LogRules::default() }
    }

    /// The same, which writes each reply for the log as well.
    #[must_use]
    pub fn with_log(self, log: LogRules) -> Encoder {
        Encoder { log, ..self }
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

    pub fn encode(&self, reply: &impl Serialize) -> Result<Encoded, EncodeError> {
        let format = match self.choice {
            Choice::Always(format) => format,
            Choice::ByShape if walk::is_flat(reply) => Format::Nvp,
            Choice::ByShape => Format::Xml,
        };
        let body = match format {
            Format::Json => json::encode(reply, self.compat.slashes)?,
            Format::Xml => xml::encode(reply, &self.compat.xml_version, &self.action)?,
            Format::Nvp => nvp::encode(reply)?,
        };
        let log = self.log.redacted(reply);
        Ok(Encoded { format, body, log })
    }
}
