//! `GetTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ticket_fields::{AttachmentFields, RequestorFields};
use super::ticket_number::TicketParams;
use crate::actions::words::support::TICKET_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::page::Direction;
use crate::domain::ticket::Requestor;
use crate::error::{Error, Result};
use crate::operations::support::Viewer;
use crate::param::Param;
use crate::store;
use crate::store::support::ticket_details::{TicketDetails, TicketNoteRow, TicketReplyRow as Stored};
use crate::store::support::views::{TicketRow, WithAuthors};

/// Returns a ticket with its replies and notes. The first reply is always the message that opened the ticket, in both
/// sort orders.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetTicket {
    #[serde(flatten)]
    ticket: TicketParams,
    /// `ASC`, which is the default, or `DESC`.
    repliessort: Param<Direction>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetTicketReply {
    ticketid: String,
    /// The same id, under its name in other actions.
    id: String,
    tid: String,
    c: String,
    deptid: String,
    deptname: String,
    userid: String,
    contactid: String,
    name: String,
    email: String,
    #[serde(flatten)]
    requestor: RequestorFields,
    cc: String,
    date: String,
    subject: String,
    status: String,
    priority: String,
    admin: String,
    lastreply: String,
    flag: String,
    service: String,
    replies: Replies,
    notes: Notes,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Replies {
    reply: Vec<ReplyItem>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ReplyItem {
    replyid: String,
    userid: String,
    contactid: String,
    name: String,
    email: String,
    #[serde(flatten)]
    requestor: RequestorFields,
    date: String,
    message: String,
    #[serde(flatten)]
    files: AttachmentFields,
    admin: String,
    /// Absent for the message that opened the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Notes {
    note: Vec<NoteItem>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct NoteItem {
    noteid: String,
    date: String,
    message: String,
    #[serde(flatten)]
    files: AttachmentFields,
    admin: String,
}

impl Action for GetTicket {
    const NAME: &'static str = "GetTicket";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = r#"{"ticketid": 1}"#;
    type Reply = GetTicketReply;

    async fn run(self, call: Call<'_>) -> Result<GetTicketReply> {
        let viewer = Viewer::new(call.author, call.compat);
        let id = self.ticket.find(TICKET_NOT_FOUND, viewer, call.db).await?;
        let details = store::support::ticket_details::find(call.db, id).await?;
        let TicketDetails { ticket, mut replies, notes } = details.ok_or(Error::Refused(TICKET_NOT_FOUND))?;
        if self.repliessort.lenient() == Some(Direction::Descending) {
            replies.reverse();
        }
        let mut reply = vec![opening_message(&ticket)];
        reply.extend(replies.into_iter().map(ReplyItem::from));
        let notes = Notes { note: notes.into_iter().map(NoteItem::from).collect() };
        Ok(ticket_reply(ticket, Replies { reply }, notes))
    }
}

fn ticket_reply(ticket: WithAuthors<TicketRow>, replies: Replies, notes: Notes) -> GetTicketReply {
    let requestor = Requestor::most_specific(&ticket.authors);
    let WithAuthors { row: ticket, .. } = ticket;
    GetTicketReply {
        ticketid: ticket.id.to_string(),
        id: ticket.id.to_string(),
        tid: ticket.number,
        c: ticket.access_code,
        deptid: ticket.department.to_string(),
        deptname: ticket.department_name,
        userid: ticket.client.to_string(),
        contactid: ticket.contact.to_string(),
        name: requestor.name.clone(),
        email: requestor.email.clone(),
        requestor: requestor.into(),
        cc: ticket.copy_to,
        date: ticket.date,
        subject: ticket.subject,
        status: ticket.status,
        priority: ticket.priority,
        admin: ticket.staff,
        lastreply: ticket.last_reply,
        flag: ticket.flag.to_string(),
        service: ticket.service,
        replies,
        notes,
    }
}

/// Returns the message that opened the ticket, as a reply.
fn opening_message(ticket: &WithAuthors<TicketRow>) -> ReplyItem {
    let requestor = Requestor::most_specific(&ticket.authors);
    let WithAuthors { row: ticket, .. } = ticket;
    let (name, email) = (requestor.name.clone(), requestor.email.clone());
    ReplyItem {
        replyid: "0".to_owned(),
        userid: ticket.client.to_string(),
        contactid: ticket.contact.to_string(),
        name,
        email,
        requestor: if ticket.staff.is_empty() { requestor } else { Requestor::staff(&ticket.staff) }.into(),
        date: ticket.date.clone(),
        message: ticket.message.clone(),
        files: AttachmentFields::new(ticket.attachment.clone(), ticket.attachments_removed),
        admin: ticket.staff.clone(),
        rating: None,
    }
}

impl From<WithAuthors<Stored>> for ReplyItem {
    fn from(WithAuthors { row: reply, authors }: WithAuthors<Stored>) -> ReplyItem {
        let by_staff = !reply.staff.is_empty();
        let requestor = if by_staff { Requestor::staff(&reply.staff) } else { Requestor::most_specific(&authors) };
        ReplyItem {
            replyid: reply.id.to_string(),
            userid: reply.client.to_string(),
            contactid: reply.contact.to_string(),
            name: authors.guest_name,
            email: authors.guest_email,
            requestor: requestor.into(),
            date: reply.date,
            message: reply.message,
            files: AttachmentFields::new(reply.attachment, reply.attachments_removed),
            admin: reply.staff,
            rating: Some(reply.rating.to_string()),
        }
    }
}

impl From<TicketNoteRow> for NoteItem {
    fn from(note: TicketNoteRow) -> NoteItem {
        NoteItem {
            noteid: note.id.to_string(),
            date: note.date,
            message: note.message,
            files: AttachmentFields::new(note.attachment, note.attachments_removed),
            admin: note.staff,
        }
    }
}
