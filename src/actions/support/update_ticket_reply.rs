//! `UpdateTicketReply`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::{creation_time, required_text};
use crate::actions::words::support::{NOT_A_TIME, REPLY_IN_FUTURE, REPLY_NOT_FOUND, REPLY_REQUIRED};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::TicketReplyId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::support::{self, ReplyUpdate, Viewer};
use crate::param::{Param, schema};

/// Changes the message of a reply. No mail is sent.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateTicketReply {
    replyid: Param<TicketReplyId>,
    message: Param<String>,
    /// Whether the message is in Markdown; by default, that stays as it is.
    markdown: Param<bool>,
    /// The time of the reply, `YYYY-MM-DD HH:MM:SS` or ISO 8601; by default, it stays as it is.
    #[schemars(with = "schema::DateTime")]
    created: Param<NaiveDateTime>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateTicketReplyReply {
    replyid: String,
}

/// Spelled with a capital `R`, unlike in other actions.
const NO_MESSAGE: &str = "Message is Required";

impl Action for UpdateTicketReply {
    const NAME: &'static str = "UpdateTicketReply";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["replyid", "message"];
    const EXAMPLE: &'static str = r#"{"replyid": 1, "message": "It is: cp1 lost two disks."}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(REPLY_REQUIRED), Exact(NO_MESSAGE), Exact(REPLY_NOT_FOUND), Exact(NOT_A_TIME), Exact(REPLY_IN_FUTURE)];
    type Reply = UpdateTicketReplyReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateTicketReplyReply> {
        if self.replyid == Param::Absent {
            return refuse(REPLY_REQUIRED);
        }
        let message = required_text(self.message, "message", NO_MESSAGE)?;
        let id = self.replyid.required(REPLY_NOT_FOUND)?;
        let reply = support::lock_reply(call.db, Viewer::new(call.author, call.compat), id).await?;
        let update = ReplyUpdate {
            message,
            is_markdown: self.markdown.lenient(),
            created: creation_time(self.created, call.now, REPLY_IN_FUTURE)?,
        };
        support::update_reply(call.context(), &reply, id, update).await?;
        Ok(UpdateTicketReplyReply { replyid: id.to_string() })
    }
}
