//! `AddTicketReply`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::message::MessageParams;
use super::ticket_author::SenderParams;
use crate::actions::custom_fields;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::words::support::{
    NO_MESSAGE, NO_SENDER, NOT_A_TIME, NOT_AN_EMAIL, REPLY_IN_FUTURE, TICKET_NOT_FOUND,
};
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::TicketId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::OperationError;
use crate::operations::support::{self, NewReply, Refusal, ReplyAuthor, Viewer};
use crate::param::{Nested, Param};
use crate::store;

/// Adds a reply to a ticket, of staff, the client or a guest.
///
/// A reply of staff belongs to the ticket's own client, even if another one is given. Only for replies of staff is a
/// mail sent: to the client or guest, and to the ticket's `cc` addresses. The ticket's last reply is the one with the
/// latest time, even if an older one is added after it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTicketReply {
    ticketid: Param<TicketId>,
    /// The member of staff who replies: the user name, e-mail address or full name, in any case. A reply under any other
    /// name is kept under that name.
    adminusername: Param<String>,
    #[serde(flatten)]
    sender: SenderParams,
    #[serde(flatten)]
    message: MessageParams,
    /// The new status of the ticket; by default, `Answered` after a reply of staff, else `Customer-Reply`.
    status: Param<String>,
    /// Sends no mail.
    noemail: Param<bool>,
    customfields: Param<Nested>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddTicketReplyReply {
    /// The id of the reply. WHMCS lacks this field.
    replyid: String,
}

const INVALID_STATUS: &str = "Invalid Ticket Status";

impl Action for AddTicketReply {
    const NAME: &'static str = "AddTicketReply";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["ticketid", "message"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "clientid": 1, "message": "It is fast again."}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(TICKET_NOT_FOUND),
        Exact(CLIENT_NOT_FOUND),
        Exact(CONTACT_NOT_FOUND),
        Exact(NO_SENDER),
        Exact(NO_MESSAGE),
        Exact(NOT_AN_EMAIL),
        Exact(INVALID_STATUS),
        Exact(NOT_A_TIME),
        Exact(REPLY_IN_FUTURE),
    ];
    type Reply = AddTicketReplyReply;

    async fn run(self, call: Call<'_>) -> Result<AddTicketReplyReply> {
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        let id = support::find_ticket(call.db, Viewer::new(call.author, call.compat), id).await?;
        let staff = staff(self.adminusername, call.db).await?;
        let (text, author) = match staff {
            Some(name) => (self.message.text()?, ReplyAuthor::Staff(name)),
            None => {
                call.db.lock(Subject::Ticket(id)).await?;
                let sender = self.sender.find(call.db, Param::Absent).await?;
                (self.message.text()?, ReplyAuthor::Sender(sender.read_email()?))
            }
        };
        let status = status(self.status, call.db).await?;
        let created = self.message.created(call.now, REPLY_IN_FUTURE)?;
        let reply = NewReply {
            author,
            message: self.message.read(text, created, &call)?,
            status,
            custom_fields: custom_fields::read(self.customfields)?,
            sends_mail: !self.noemail.is_set(),
        };
        let reply = support::reply(call.context(), id, reply).await?;
        Ok(AddTicketReplyReply { replyid: reply.to_string() })
    }
}

/// Returns the name under which a reply of staff is kept.
async fn staff(name: Param<String>, db: &mut MySqlConnection) -> Result<Option<String>> {
    match name.text("adminusername", TEXT_BYTES)?.trim() {
        "" => Ok(None),
        name => Ok(Some(support::staff_author(db, name.to_owned()).await?)),
    }
}

async fn status(title: Param<String>, db: &mut MySqlConnection) -> Result<Option<String>> {
    let Some(title) = title.optional(INVALID_STATUS)? else { return Ok(None) };
    let statuses = store::support::statuses::read(db).await?;
    match support::find_status(&statuses, &title) {
        // Unlike other actions, this one does not list the valid statuses.
        Err(OperationError::Refused(Refusal::InvalidStatus { .. })) => Err(Error::Refused(INVALID_STATUS)),
        found => Ok(Some(found?)),
    }
}
