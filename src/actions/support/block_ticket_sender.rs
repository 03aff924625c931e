//! `BlockTicketSender`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::support::{NO_TICKET, TICKET_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::TicketId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::support;
use crate::param::Param;

/// Blocks the guest who opened a ticket: mails from this address are refused from then on, as WHMCS does. Tickets that are
/// opened through the API are not. A client cannot be blocked.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct BlockTicketSender {
    /// A ticket that the guest opened.
    ticketid: Param<TicketId>,
    /// Also deletes the ticket, which cannot be undone.
    delete: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct BlockTicketSenderReply {
    /// Whether the ticket was deleted.
    deleted: bool,
}

impl Action for BlockTicketSender {
    const NAME: &'static str = "BlockTicketSender";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["ticketid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 6}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_TICKET), Exact(TICKET_NOT_FOUND)];
    type Reply = BlockTicketSenderReply;

    async fn run(self, call: Call<'_>) -> Result<BlockTicketSenderReply> {
        if !self.ticketid.is_sent() {
            return refuse(NO_TICKET);
        }
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        let deleted = self.delete.is_set();
        support::block_sender(call.context(), id, deleted).await?;
        Ok(BlockTicketSenderReply { deleted })
    }
}
