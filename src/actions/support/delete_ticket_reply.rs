//! `DeleteTicketReply`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{NO_TICKET, REPLY_NOT_FOUND, REPLY_REQUIRED, TICKET_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{TicketId, TicketReplyId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::support::{self, Viewer};
use crate::param::Param;

/// Deletes a reply of a ticket, with its files. It cannot be undone. The ticket's last reply is then the latest that is
/// left. The message that opened the ticket, reply 0, cannot be deleted.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteTicketReply {
    ticketid: Param<TicketId>,
    replyid: Param<TicketReplyId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteTicketReplyReply {}

impl Action for DeleteTicketReply {
    const NAME: &'static str = "DeleteTicketReply";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["ticketid", "replyid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "replyid": 3}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(NO_TICKET), Exact(REPLY_REQUIRED), Exact(TICKET_NOT_FOUND), Exact(REPLY_NOT_FOUND)];
    type Reply = DeleteTicketReplyReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteTicketReplyReply> {
        if !self.ticketid.is_sent() {
            return refuse(NO_TICKET);
        }
        if self.replyid == Param::Absent {
            return refuse(REPLY_REQUIRED);
        }
        let ticket = self.ticketid.required(TICKET_NOT_FOUND)?;
        support::check_ticket(call.db, Viewer::new(call.author, call.compat), ticket).await?;
        let reply = self.replyid.required(REPLY_NOT_FOUND)?;
        support::delete_reply(call.context(), ticket, reply).await?;
        Ok(DeleteTicketReplyReply {})
    }
}
