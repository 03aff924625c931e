//! How replies are written: JSON, XML, or name=value pairs ("NVP"). Each takes the reply's own type, without a tree
//! between.

mod json;
mod nvp;
mod redacted;
mod walk;
mod xml;

use std::sync::Arc;

use serde::Serialize;

use super::{Failure, Parameters, Problem, Success};
use crate::config::{Compat, DefaultFormat};

pub use redacted::{Hidden, redacted};

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
pub enum Manner {
    /// WHMCS's own: in several formats, `result` first, and mostly with status 200.
    Classic {
        /// Whether the client sent or accepts JSON.
        speaks_json: bool,
    },
    /// JSON only, and the status says how it went.
    Modern,
}

impl Manner {
    pub fn name(self) -> &'static str {
        match self {
            Manner::Classic { .. } => "classic",
            Manner::Modern => "modern",
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
    pub hidden: Hidden,
    /// Whether replies that tell of success are written for it, too.
    pub successes: bool,
}

impl LogRules {
    fn redacted(&self, value: &impl Serialize) -> String {
        if self.bytes == 0 { String::new() } else { redacted(value, &self.hidden, self.bytes) }
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
    /// JSON that is not wrapped as WHMCS does it.
    Bare,
}

impl Encoder {
    /// Writes as the request asks, or else JSON where the client speaks that, or else as `compat.default_format` says.
    pub fn of(parameters: &Parameters, manner: Manner, compat: Arc<Compat>) -> Encoder {
        let choice = match manner {
            Manner::Modern => Choice::Bare,
            Manner::Classic { speaks_json } => Encoder::classic(parameters, speaks_json, &compat),
        };
        Encoder { choice, compat, action: String::new(), log: LogRules::default() }
    }

    fn classic(parameters: &Parameters, speaks_json: bool, compat: &Compat) -> Choice {
        match (parameters.text("responsetype").and_then(Format::parse), compat.default_format) {
            (Some(asked), _) => Choice::Always(asked),
            (None, _) if speaks_json => Choice::Always(Format::Json),
            (None, DefaultFormat::ByShape) => Choice::ByShape,
            (None, DefaultFormat::Json) => Choice::Always(Format::Json),
            (None, DefaultFormat::Xml) => Choice::Always(Format::Xml),
            (None, DefaultFormat::Nvp) => Choice::Always(Format::Nvp),
        }
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

    /// Writes an action's reply.
    pub fn success(&self, reply: impl Serialize) -> Result<Encoded, EncodeError> {
        let is_logged = self.log.successes;
        match self.choice {
            Choice::Bare => self.encode_in(Format::Json, &reply, is_logged),
            _ => self.encode_as(&Success::new(reply), is_logged),
        }
    }

    /// Writes what went wrong. `code` and `status` are what they are in the modern manner.
    pub fn failure(&self, message: &str, code: &str, status: u16) -> Result<Encoded, EncodeError> {
        match self.choice {
            Choice::Bare => self.encode_in(Format::Problem, &Problem::new(message, code, status), true),
            _ => self.encode(&Failure::new(message)),
        }
    }

    pub fn is_modern(&self) -> bool {
        matches!(self.choice, Choice::Bare)
    }

    /// Writes something as it is.
    pub fn encode(&self, reply: &impl Serialize) -> Result<Encoded, EncodeError> {
        self.encode_as(reply, true)
    }

    fn encode_as(&self, reply: &impl Serialize, is_logged: bool) -> Result<Encoded, EncodeError> {
        let format = match self.choice {
            Choice::Always(format) => format,
            Choice::Bare => Format::Json,
            Choice::ByShape if walk::is_flat(reply) => Format::Nvp,
            Choice::ByShape => Format::Xml,
        };
        self.encode_in(format, reply, is_logged)
    }

    fn encode_in(&self, format: Format, reply: &impl Serialize, is_logged: bool) -> Result<Encoded, EncodeError> {
        let body = match format {
            Format::Json | Format::Problem => json::encode(reply, self.compat.slashes)?,
            Format::Xml => xml::encode(reply, &self.compat.xml_version, &self.action)?,
            Format::Nvp => nvp::encode(reply)?,
        };
        let log = if is_logged { self.log.redacted(reply) } else { String::new() };
        Ok(Encoded { format, body, log })
    }
}
