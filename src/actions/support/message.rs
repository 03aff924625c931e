//! What opening a ticket, replying to one and noting something on one have in common: a message with its files.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::attachments::{Attachment, RejectedFile};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::time::Moment;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::param::schema;
use crate::param::{Param, Value};
use crate::wire::Malformed;

pub const NO_MESSAGE: &str = "Message is required";
pub const CREATED_IN_FUTURE: &str = "Ticket creation date cannot be in the future";
pub const NOT_A_TIME: &str = "Invalid Date Format";

/// As PHP reads it: the padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A message with its files.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Message {
    message: Param<String>,
    /// Whether the message is in Markdown.
    markdown: Param<bool>,
    /// The same by another name, which some clients send.
    #[serde(rename = "useMarkdown")]
    use_markdown: Param<bool>,
    /// `YYYY-MM-DD HH:MM:SS` or ISO 8601; by default, now.
    created: Param<String>,
    /// A list of `name` and `data`, which is base64 of the file: as such, or in base64 of JSON. The files of a
    /// multipart form that are called `attachments`, `attachments[]` or `attachments[0]` come after these.
    #[schemars(with = "schema::Files")]
    attachments: Param<Files>,
}

impl Message {
    pub fn text(&self) -> Result<String> {
        required_text(self.message.clone(), "message", NO_MESSAGE)
    }

    /// As the database names the way in which it is written.
    pub fn editor(&self) -> &'static str {
        editor(self.markdown.is_set() || self.use_markdown.is_set())
    }

    /// When it was written, for which there are documented words where that would be in the future.
    pub fn date(&self, now: Moment, in_future: &'static str) -> Result<NaiveDateTime> {
        Ok(date(self.created.clone(), now, in_future)?.unwrap_or(now.local()))
    }

    /// The files that came with it, if they are all allowed.
    pub fn files(self, call: &Call<'_>) -> Result<Vec<Attachment>> {
        let sent = self.attachments.optional("attachments: not a list of files")?;
        let mut files = match sent.map(|sent| sent.0) {
            None => Vec::new(),
            Some(Ok(files)) => files,
            Some(Err(why)) => return refuse_as("invalid_attachment", format!("attachments: {why}")),
        };
        let is_attached = |parameter: &str| parameter.split('[').next() == Some("attachments");
        // A form whose field was left empty has a file without a name.
        let uploaded = call.files.iter().filter(|file| is_attached(&file.parameter) && !file.name.is_empty());
        files.extend(uploaded.map(|file| Attachment { name: file.name.clone(), content: file.content.clone() }));
        call.attachments.check(&files).map_err(rejected)?;
        Ok(files)
    }
}

/// As the database names the way in which a message is written.
pub fn editor(is_markdown: bool) -> &'static str {
    if is_markdown { "markdown" } else { "plain" }
}

/// A text that must be there, and more than spaces.
pub fn required_text(text: Param<String>, name: &str, missing: &'static str) -> Result<String> {
    let text = Param::Given(text.required(missing)?).text(name, TEXT_BYTES)?;
    if text.trim().is_empty() { refuse(missing) } else { Ok(text) }
}

/// A time in the past, if one was given.
pub fn date(created: Param<String>, now: Moment, in_future: &'static str) -> Result<Option<NaiveDateTime>> {
    let Some(text) = created.optional(NOT_A_TIME)? else { return Ok(None) };
    let date = now.parse_on_this_clock(&text).ok_or(Error::Refused(NOT_A_TIME))?;
    if date > now.local() { refuse(in_future) } else { Ok(Some(date)) }
}

/// Files as they are sent among the parameters.
#[derive(Debug)]
struct Files(Result<Vec<Attachment>, Malformed>);

impl Value for Files {
    fn parse(text: &str) -> Option<Self> {
        let not_json = |_| Malformed("not base64 of JSON".into());
        let list = decode(text).and_then(|json| serde_json::from_slice(&json).map_err(not_json));
        Some(Files(list.and_then(read)))
    }

    fn from_list(list: Json) -> Option<Self> {
        Some(Files(read(list)))
    }
}

fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    // Where lines are broken, as mail has them.
    let text: String = text.split_ascii_whitespace().collect();
    BASE64.decode(text).map_err(|_| Malformed("not base64".into()))
}

fn read(list: Json) -> Result<Vec<Attachment>, Malformed> {
    let files: Vec<Json> = match list {
        Json::Array(files) => files,
        Json::Object(files) => files.into_iter().map(|(_, file)| file).collect(),
        _ => return Err(Malformed("not a list of files".into())),
    };
    files.iter().map(read_file).collect()
}

fn read_file(file: &Json) -> Result<Attachment, Malformed> {
    let text = |key| file.get(key).and_then(Json::as_str);
    let (Some(name), Some(data)) = (text("name"), text("data")) else {
        return Err(Malformed("each file must have a name, and data in base64".into()));
    };
    Ok(Attachment { name: name.to_owned(), content: decode(data)? })
}

/// The error for files that may not be stored.
fn rejected(why: RejectedFile) -> Error {
    let (code, message) = match why {
        RejectedFile::TooMany { limit } => ("too_many_attachments", format!("At most {limit} attachments are allowed")),
        RejectedFile::TypeNotAllowed { name, allowed } => (
            "attachment_type_not_allowed",
            format!("Attachment {name}: this type of file is not allowed; allowed are {}", allowed.join(", ")),
        ),
        RejectedFile::TooLarge { name, limit } => {
            ("attachment_too_large", format!("Attachment {name}: at most {limit} bytes are allowed"))
        }
    };
    Error::RefusedAs { code, message }
}
