//! The parameters of a message with files, which the actions that open, reply to and note on a ticket share.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::actions::words::support::{NO_MESSAGE, NOT_A_TIME};
use crate::actions::words::with_text;
use crate::attachments::Attachment;
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::time::Moment;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::OperationError;
use crate::operations::support::{CheckedFiles, CreationTime, NewMessage, Refusal};
use crate::param::{Param, ParamValue, schema};
use crate::wire::Malformed;

/// Base64 as PHP decodes it, where the padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The parameters of a message with files.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct MessageParams {
    message: Param<String>,
    /// Whether the message is in Markdown.
    markdown: Param<bool>,
    /// The same flag under another name, which some clients send.
    #[serde(rename = "useMarkdown")]
    use_markdown: Param<bool>,
    /// The time of the message, `YYYY-MM-DD HH:MM:SS` or ISO 8601; by default, now.
    created: Param<String>,
    /// The attached files: a list with a `name` and base64 `data` each, or base64 of this list in JSON. Files of a
    /// multipart form that are called `attachments`, `attachments[]` or `attachments[0]` are added after these.
    #[schemars(with = "schema::Files")]
    attachments: Param<Files>,
}

impl MessageParams {
    pub fn text(&self) -> Result<String> {
        required_text(self.message.clone(), "message", NO_MESSAGE)
    }

    /// Returns the time of the message; rejects a time in the future with this error text.
    pub fn created(&self, now: Moment, in_future: &'static str) -> Result<CreationTime> {
        Ok(creation_time(self.created.clone(), now, in_future)?.unwrap_or(CreationTime::now(now)))
    }

    /// Builds the message from its decoded text and time. Rejects files that may not be stored.
    pub fn read(self, text: String, created: CreationTime, call: &Call<'_>) -> Result<NewMessage> {
        let is_markdown = self.markdown.is_set() || self.use_markdown.is_set();
        Ok(NewMessage { text, is_markdown, created, files: read_files(self.attachments, call)? })
    }
}

/// Decodes a text that must contain more than spaces.
pub fn required_text(text: Param<String>, name: &str, missing: &'static str) -> Result<String> {
    let text = Param::Given(text.required(missing)?).text(name, TEXT_BYTES)?;
    if text.trim().is_empty() { refuse(missing) } else { Ok(text) }
}

/// Decodes the time of a message if it was sent; rejects a time in the future with this error text.
pub fn creation_time(created: Param<String>, now: Moment, in_future: &'static str) -> Result<Option<CreationTime>> {
    let Some(text) = created.optional(NOT_A_TIME)? else { return Ok(None) };
    let time = now.parse_on_this_clock(&text).ok_or(Error::Refused(NOT_A_TIME))?;
    let created = CreationTime::past(time, now).map_err(OperationError::from);
    created.map(Some).map_err(|error| with_text(error, &Refusal::CreatedInFuture, in_future))
}

/// Returns the files from the parameters, followed by the uploaded files.
fn read_files(sent: Param<Files>, call: &Call<'_>) -> Result<CheckedFiles> {
    let sent = sent.optional("attachments: not a list of files")?;
    let mut files = match sent.map(|sent| sent.0) {
        None => Vec::new(),
        Some(Ok(files)) => files,
        Some(Err(why)) => return refuse_as("invalid_attachment", format!("attachments: {why}")),
    };
    let is_attached = |parameter: &str| parameter.split('[').next() == Some("attachments");
    // Browsers send an empty file field of a form as a file without a name.
    let uploaded = call.files.iter().filter(|file| is_attached(&file.parameter) && !file.name.is_empty());
    files.extend(uploaded.map(|file| Attachment { name: file.name.clone(), content: file.content.clone() }));
    Ok(CheckedFiles::new(files, call.attachments).map_err(OperationError::from)?)
}

/// The files in the parameters.
#[derive(Debug)]
struct Files(Result<Vec<Attachment>, Malformed>);

impl ParamValue for Files {
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
    // The base64 may have line breaks, as in mails.
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
