//! The parameters of a message with files, which the actions that open, reply to and note on a ticket share.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::Deserialize;

use super::file_params::FileParams;
use crate::actions::words::support::{NO_MESSAGE, NOT_A_TIME};
use crate::actions::words::with_text;
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::time::Moment;
use crate::error::{Result, refuse};
use crate::operations::OperationError;
use crate::operations::support::{CreationTime, NewMessage, Refusal};
use crate::param::{Param, schema};

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
    #[schemars(with = "schema::DateTime")]
    created: Param<NaiveDateTime>,
    #[serde(flatten)]
    files: FileParams,
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
        Ok(NewMessage { text, is_markdown, created, files: self.files.read(call)? })
    }
}

/// Decodes a text that must contain more than spaces.
pub fn required_text(text: Param<String>, name: &str, missing: &'static str) -> Result<String> {
    let text = Param::Given(text.required(missing)?).text(name, TEXT_BYTES)?;
    if text.trim().is_empty() { refuse(missing) } else { Ok(text) }
}

/// Decodes the time of a message if it was sent; rejects a time in the future with this error text.
pub fn creation_time(
    created: Param<NaiveDateTime>,
    now: Moment,
    in_future: &'static str,
) -> Result<Option<CreationTime>> {
    let Some(time) = created.optional(NOT_A_TIME)? else { return Ok(None) };
    let created = CreationTime::past(time, now).map_err(OperationError::from);
    created.map(Some).map_err(|error| with_text(error, &Refusal::CreatedInFuture, in_future))
}
