//! `GetTicketAttachment`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{FILES_REMOVED, NO_FILES, NO_SUCH_FILE};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{TicketId, TicketNoteId, TicketReplyId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::operations::OperationError;
use crate::operations::support::{self, Refusal, Viewer};
use crate::param::Param;
use crate::store::support::messages::MessageKey;

/// Returns a file of a ticket, a reply or a note. A file that is missing from the folder of this server is reported as if
/// there was none, and named in the log.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTicketAttachment {
    /// The id of the ticket, reply or note.
    relatedid: Param<TicketId>,
    /// `ticket`, `reply` or `note`.
    r#type: Param<String>,
    /// The position of the file among those of the message, from 0.
    index: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketAttachmentReply {
    /// The name that the author gave the file.
    filename: String,
    /// The content in base64.
    data: String,
}

const NO_ID: &str = "Related ID Required";
const NOT_A_TYPE: &str = "Invalid Type. Must be one of ticket, reply, note";
const NOT_FOUND: &str = "Related ID Not Found";
const NO_INDEX: &str = "Attachment Index Required";

impl Action for GetTicketAttachment {
    const NAME: &'static str = "GetTicketAttachment";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["relatedid", "type", "index"];
    const EXAMPLE: &'static str = r#"{"relatedid": 11, "type": "ticket", "index": 0}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_ID),
        Exact(NOT_A_TYPE),
        Exact(NOT_FOUND),
        Exact(NO_INDEX),
        Exact(NO_FILES),
        Exact(FILES_REMOVED),
        Exact(NO_SUCH_FILE),
    ];
    type Reply = GetTicketAttachmentReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketAttachmentReply> {
        let TicketId(id) = self.relatedid.required_or(NO_ID, NOT_FOUND)?;
        let key = match self.r#type.required(NOT_A_TYPE)?.trim().to_ascii_lowercase().as_str() {
            "ticket" => MessageKey::Opening(TicketId(id)),
            "reply" => MessageKey::Reply(TicketReplyId(id)),
            "note" => MessageKey::Note(TicketNoteId(id)),
            _ => return refuse(NOT_A_TYPE),
        };
        let found = support::find_message(call.db, Viewer::new(call.author, call.compat), key).await;
        let message = found.map_err(as_related)?;
        if self.index == Param::Absent {
            return refuse(NO_INDEX);
        }
        let file = support::read_attached(&message, self.index.lenient(), call.attachments).await?;
        Ok(GetTicketAttachmentReply { filename: file.name, data: BASE64.encode(&file.content) })
    }
}

/// Converts an error, with this action's text for whatever was not found.
fn as_related(error: OperationError<Refusal>) -> Error {
    match error {
        OperationError::Refused(_) => Error::Refused(NOT_FOUND),
        error @ OperationError::Fault(_) => error.into(),
    }
}
