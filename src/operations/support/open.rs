//! Opening a ticket, by a client, by a guest, or by staff on behalf of a client.

use sqlx::MySqlConnection;

use super::mails::TicketMail;
use super::message::editor;
use super::{NewMessage, Refusal, Result, Sender};
use crate::config::Links;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, TicketId};
use crate::domain::ticket::{Priority, Related, Statuses};
use crate::domain::time::Moment;
use crate::events::{About, Event};
use crate::fault::{self, Fault};
use crate::operations::Context;
use crate::operations::clients::CustomFieldValues;
use crate::outbox::mail::{self, MailDraft};
use crate::store;
use crate::store::clients::custom_fields::FieldKind;
use crate::store::support::departments::Department;
use crate::store::support::tickets::NewTicket as Row;
use crate::store::webhooks::events::raise;

/// Maximum number of ticket numbers that are tried until one is unused.
const NUMBER_ATTEMPTS: u32 = 20;

/// The fields of a ticket to open.
#[derive(Debug)]
pub struct NewTicket {
    pub sender: Sender,
    pub department: Department,
    pub subject: String,
    pub message: NewMessage,
    /// The service or domain that the ticket is about, which belongs to the client.
    pub related: Related,
    pub priority: Priority,
    /// Whether the author of the call opens it on behalf of the client.
    pub is_opened_by_staff: bool,
    /// Whether the client is prevented from closing the ticket; `None` for the department's setting.
    pub prevents_closure: Option<bool>,
    /// Values of custom fields. Those of other departments are ignored, and none is required.
    pub custom_fields: CustomFieldValues,
    /// Whether a mail is sent about the ticket, if the department sends any.
    pub sends_mail: bool,
}

/// The result of opening a ticket.
#[derive(Debug)]
pub struct OpenedTicket {
    pub id: TicketId,
    /// The ticket number that clients see.
    pub number: u32,
    /// The access code, with which a guest reads the ticket.
    pub access_code: String,
}

/// Opens a ticket, and sends a mail about it.
pub async fn open(context: Context<'_>, new: NewTicket) -> Result<OpenedTicket> {
    let NewTicket { sender, department, message, .. } = new;
    let fields = store::clients::custom_fields::fields(context.db, FieldKind::Support, department.id.0).await?;
    let staff = match new.is_opened_by_staff {
        true => store::system::staff::member(context.db, context.author.admin).await?.map(|member| member.name()),
        false => None,
    };
    let number = unused_number(context.db).await?;
    let access_code = access_code()?;
    let row = Row {
        number: &number.to_string(),
        access_code: &access_code,
        department: department.id,
        client: sender.client,
        contact: sender.contact,
        user: sender.user,
        prevents_closure: new.prevents_closure.unwrap_or(department.prevents_closure),
        name: &sender.name,
        email: &sender.email,
        date: message.created.local(),
        subject: &new.subject,
        message: &message.text,
        status: Statuses::OPEN,
        priority: new.priority,
        staff: staff.as_deref().unwrap_or_default(),
        attachment: "",
        service: &new.related.code(),
        editor: editor(message.is_markdown),
    };
    let links = &context.settings.links;
    let draft = match new.sends_mail {
        true => prepare(context.db, &row, &department, links, context.now).await?,
        false => None,
    };

    let attachment = message.files.store(context.attachments).await?;
    let row = Row { attachment: &attachment, ..row };
    let mut tx = begin(context, sender.client, number).await?;
    let id = store::support::tickets::open(&mut tx, &row).await?.ok_or(Refusal::NoUnusedNumber)?;
    new.custom_fields.write(&mut tx, &fields, id.0).await?;
    let by = staff.as_ref().map(|staff| format!(" (by {staff})")).unwrap_or_default();
    store::support::tickets::log(&mut tx, id, &format!("New Support Ticket Opened{by}")).await?;
    let line = format!("New Support Ticket Opened - Ticket ID: {id} - Ticket Number: {number}");
    store::system::activity::log(&mut tx, sender.client, &line).await?;
    let (client, subject, text, priority) = (sender.client, &*new.subject, &*message.text, new.priority.name());
    let (department_name, mask, department) = (&*department.name, number.to_string(), department.id);
    let event = match new.is_opened_by_staff {
        true => Event::TicketOpenAdmin {
            ticket: id,
            number: mask,
            client,
            department,
            department_name,
            subject,
            message: text,
            priority,
        },
        false => Event::TicketOpen {
            ticket: id,
            number: mask,
            client,
            department,
            department_name,
            subject,
            message: text,
            priority,
        },
    };
    raise(&mut tx, About::Ticket(id), &event).await?;
    if let Some(draft) = draft {
        draft.send(&mut tx).await?;
    }
    Ok(OpenedTicket { id, number, access_code })
}

/// Begins writing, with a lock on the client and the ticket number.
async fn begin(context: Context<'_>, client: Option<ClientId>, number: u32) -> fault::Result<Writer<'_>> {
    match client {
        Some(client) => {
            let mut tx = context.write(Subject::Client(client)).await?;
            tx.add_subject(Subject::TicketNumber(number)).await?;
            Ok(tx)
        }
        None => context.write(Subject::TicketNumber(number)).await,
    }
}

/// Picks an unused ticket number of six digits.
async fn unused_number(db: &mut MySqlConnection) -> Result<u32> {
    for _ in 0..NUMBER_ATTEMPTS {
        let random = getrandom::u64().map_err(no_randomness)?;
        let number = 100_000 + u32::try_from(random % 900_000).unwrap_or_default();
        if store::support::tickets::id(db, &number.to_string()).await?.is_none() {
            return Ok(number);
        }
    }
    Err(Refusal::NoUnusedNumber.into())
}

/// Generates an access code of eight letters and digits, with 47 random bits.
fn access_code() -> fault::Result<String> {
    const CHARACTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut random = getrandom::u64().map_err(no_randomness)?;
    let mut code = String::new();
    for _ in 0..8 {
        let at = usize::try_from(random % 62).unwrap_or_default();
        code.push(char::from(CHARACTERS[at]));
        random /= 62;
    }
    Ok(code)
}

fn no_randomness(error: getrandom::Error) -> Fault {
    Fault::internal(format!("no randomness: {error}"))
}

/// Prepares the mail about a new ticket. Returns `None` if none is to be sent.
async fn prepare(
    db: &mut MySqlConnection,
    ticket: &Row<'_>,
    department: &Department,
    links: &Links,
    now: Moment,
) -> fault::Result<Option<MailDraft>> {
    let template = match ticket.staff {
        "" if department.is_silent => return Ok(None),
        "" => mail::TICKET_OPENED,
        _ => mail::TICKET_OPENED_BY_STAFF,
    };
    let mail = TicketMail {
        client: ticket.client,
        name: ticket.name,
        email: ticket.email,
        number: ticket.number,
        access_code: ticket.access_code,
        opened: &now.local().to_string(),
        department: Some(department),
        subject: ticket.subject,
        message: ticket.message,
        status: ticket.status,
        priority: ticket.priority.name(),
    };
    mail.prepare(db, template, links, now).await
}
