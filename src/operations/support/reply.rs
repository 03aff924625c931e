//! Replies to tickets, by staff or on the client's side.

use sqlx::MySqlConnection;

use super::mails::TicketMail;
use super::message::editor;
use super::{NewMessage, Result, Sender, lock};
use crate::config::Links;
use crate::database::writer::Subject;
use crate::domain::entities::are_same;
use crate::domain::id::TicketId;
use crate::domain::ticket::Statuses;
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault;
use crate::operations::Context;
use crate::operations::clients::CustomFieldValues;
use crate::outbox::mail::{self, MailDraft};
use crate::store;
use crate::store::clients::custom_fields::FieldKind;
use crate::store::support::replies::NewReply as Row;
use crate::store::support::tickets::{LockedTicket, ReplySide};
use crate::store::webhooks::events::raise;

/// A reply that is to be written.
#[derive(Debug)]
pub struct NewReply {
    pub author: ReplyAuthor,
    pub message: NewMessage,
    /// The new status of the ticket; `None` for the default after a reply of this author.
    pub status: Option<String>,
    pub custom_fields: CustomFieldValues,
    /// Whether a mail is sent about a reply of staff.
    pub sends_mail: bool,
}

#[derive(Debug)]
pub enum ReplyAuthor {
    /// The name under which the reply of staff is kept.
    Staff(String),
    Sender(Sender),
}

/// Adds a reply to a ticket.
///
/// A reply of staff belongs to the ticket's own client. Only for replies of staff is a mail sent: to the client or
/// guest, and to the addresses that get copies of the ticket's replies. Returns the reply's id.
pub async fn reply(context: Context<'_>, id: TicketId, new: NewReply) -> Result<i64> {
    let ticket = lock(context.db, id).await?;
    let NewReply { author, message, status, custom_fields, sends_mail } = new;
    let (side, staff, sender) = match author {
        ReplyAuthor::Staff(name) => {
            (ReplySide::Staff, Some(name), Sender { client: ticket.client(), ..Sender::default() })
        }
        ReplyAuthor::Sender(sender) => (ReplySide::Client, None, sender),
    };
    let status = status.unwrap_or_else(|| default_status(side).to_owned());
    let fields = store::clients::custom_fields::fields(context.db, FieldKind::Support, ticket.department.0).await?;
    let draft = match side {
        ReplySide::Staff if sends_mail => {
            let links = &context.settings.links;
            prepare(context.db, &ticket, &message.text, &status, links, context.now).await?
        }
        _ => None,
    };
    let wanted = context.db.wanted_events();
    let department_name = match wanted.has("TicketUserReply") || wanted.has("TicketAdminReply") {
        true => store::support::departments::find(context.db, ticket.department).await?.map(|found| found.name),
        false => None,
    };
    let department_name = department_name.as_deref().unwrap_or_default();

    let attachment = message.files.store(context.attachments).await?;
    let mut tx = context.write(Subject::Ticket(id)).await?;
    let row = Row {
        ticket: id,
        client: sender.client,
        contact: sender.contact,
        name: &sender.name,
        email: &sender.email,
        date: message.created.local(),
        message: &message.text,
        staff: staff.as_deref().unwrap_or_default(),
        attachment: &attachment,
        editor: editor(message.is_markdown),
    };
    let reply = store::support::replies::add(&mut tx, &row).await?;
    store::support::tickets::record_reply(&mut tx, id, side, &status, row.date).await?;
    custom_fields.write(&mut tx, &fields, id.0).await?;
    let by = staff.as_ref().map(|staff| format!(" made by {staff}")).unwrap_or_default();
    store::support::tickets::log(&mut tx, id, &format!("New Ticket Response{by}")).await?;
    let line = format!("New Ticket Response{by} - Ticket ID: {id}");
    store::system::activity::log(&mut tx, ticket.client(), &line).await?;
    let (department, subject, text) = (ticket.department, &*ticket.subject, &*message.text);
    let (priority, client) = (&*ticket.priority, ticket.client());
    let event = match &staff {
        Some(staff) => Event::TicketAdminReply {
            ticket: id,
            reply,
            department,
            department_name,
            subject,
            message: text,
            priority,
            staff,
            status: &status,
        },
        None => Event::TicketUserReply {
            ticket: id,
            reply,
            client,
            department,
            department_name,
            subject,
            message: text,
            priority,
            status: &status,
        },
    };
    raise(&mut tx, About::Ticket(id), &event).await?;
    if !are_same(&status, &ticket.status) {
        let changed = Event::TicketStatusChange { staff: tx.author.admin, status: &status, ticket: id };
        raise(&mut tx, About::Ticket(id), &changed).await?;
    }
    if let Some(draft) = draft {
        draft.send(&mut tx).await?;
    }
    Ok(reply)
}

/// Returns the default status of a ticket after a reply of this side.
fn default_status(side: ReplySide) -> &'static str {
    match side {
        ReplySide::Staff => Statuses::ANSWERED,
        ReplySide::Client => Statuses::CUSTOMER_REPLY,
    }
}

async fn prepare(
    db: &mut MySqlConnection,
    ticket: &LockedTicket,
    message: &str,
    status: &str,
    links: &Links,
    now: Moment,
) -> fault::Result<Option<MailDraft>> {
    let department = store::support::departments::find(db, ticket.department).await?;
    let mail = TicketMail {
        client: ticket.client(),
        name: &ticket.name,
        email: &ticket.email,
        number: &ticket.number,
        access_code: &ticket.access_code,
        opened: &ticket.opened,
        department: department.as_ref(),
        subject: &ticket.subject,
        message,
        status,
        priority: &ticket.priority,
    };
    let mut draft = mail.prepare(db, mail::TICKET_REPLY, links, now).await?;
    if let Some(draft) = &mut draft {
        draft.copy_to(&ticket.copy_to);
    }
    Ok(draft)
}
