//! `AddTicketReply`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::letter::{Told, letter};
use super::message::{Message, NO_MESSAGE, NOT_A_TIME};
use super::sender::{EMAIL_INVALID, Known, NO_NAME_OR_EMAIL, Sender};
use super::which::TICKET_NOT_FOUND;
use crate::actions::custom_fields;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::TicketId;
use crate::domain::ticket::Statuses;
use crate::domain::time::Moment;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::outbox::mail;
use crate::outbox::mail::Letter;
use crate::param::{Nested, Param};
use crate::store;
use crate::store::clients::custom_fields::Kind;
use crate::store::support::replies::NewReply;
use crate::store::support::tickets::{Side, Ticket};

/// Adds a reply to a ticket, of the staff or of the client's side.
///
/// A reply of the staff belongs to the ticket's own client, whoever else is named, and is the only one that a mail is
/// sent about: to the client or guest, and to the ticket's `cc` addresses. The ticket's last reply is the latest one,
/// also where an older one is added after it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTicketReply {
    ticketid: Param<TicketId>,
    /// The user name of the member of staff whose reply it is.
    adminusername: Param<String>,
    #[serde(flatten)]
    sender: Sender,
    #[serde(flatten)]
    message: Message,
    /// What the ticket's status becomes; by default, `Answered` after a reply of the staff, else `Customer-Reply`.
    status: Param<String>,
    /// Sends no mail.
    noemail: Param<bool>,
    customfields: Param<Nested>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

const INVALID_STATUS: &str = "Invalid Ticket Status";
const CREATED_IN_FUTURE: &str = "Reply creation date cannot be in the future";

impl Action for AddTicketReply {
    const NAME: &'static str = "AddTicketReply";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["ticketid", "message"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "clientid": 1, "message": "It is fast again."}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(TICKET_NOT_FOUND),
        Exact(CLIENT_NOT_FOUND),
        Exact(CONTACT_NOT_FOUND),
        Exact(NO_NAME_OR_EMAIL),
        Exact(NO_MESSAGE),
        Exact(EMAIL_INVALID),
        Exact(INVALID_STATUS),
        Exact(NOT_A_TIME),
        Exact(CREATED_IN_FUTURE),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        if !store::support::tickets::exists(call.db, id).await? {
            return refuse(TICKET_NOT_FOUND);
        }
        let staff = staff(self.adminusername, call.db).await?;
        let sender = match staff {
            Some(_) => Known::default(),
            None => self.sender.find(call.db, Param::Absent).await?,
        };
        let message = self.message.text()?;
        let (name, email) = sender.guest()?;
        let side = if staff.is_some() { Side::Staff } else { Side::Client };
        let status = status(self.status, side, call.db).await?;
        let date = self.message.date(call.now, CREATED_IN_FUTURE)?;
        let editor = self.message.editor();
        let files = self.message.files(&call)?;
        let ticket = locked_ticket(call.db, id).await?;
        let sent = custom_fields::read(self.customfields)?;
        let fields = store::clients::custom_fields::fields(call.db, Kind::Support, ticket.department.0).await?;
        let letter = match side {
            Side::Staff if !self.noemail.is_set() => prepare(&ticket, &message, &status, call.now, call.db).await?,
            _ => None,
        };

        let attachment = call.attachments.store(files).await?;
        let mut books = call.write(Subject::Ticket(id)).await?;
        let reply = NewReply {
            ticket: id,
            client: if staff.is_some() { ticket.client() } else { sender.client },
            contact: sender.contact,
            name: &name,
            email: &email,
            date,
            message: &message,
            staff: staff.as_deref().unwrap_or_default(),
            attachment: &attachment,
            editor,
        };
        store::support::replies::add(&mut books, &reply).await?;
        store::support::tickets::replied(&mut books, id, side, &status, date).await?;
        sent.write(&mut books, &fields, id.0).await?;
        let by = staff.as_ref().map(|staff| format!(" made by {staff}")).unwrap_or_default();
        store::support::tickets::log(&mut books, id, &format!("New Ticket Response{by}")).await?;
        let line = format!("New Ticket Response{by} - Ticket ID: {id}");
        store::system::activity::log(&mut books, ticket.client(), &line).await?;
        if let Some(letter) = letter {
            letter.send(&mut books).await?;
        }
        Ok(Reply {})
    }
}

/// The ticket that a call is about to change, or the documented error where there is none.
pub async fn locked_ticket(db: &mut MySqlConnection, id: TicketId) -> Result<Ticket> {
    store::support::tickets::lock(db, id).await?.ok_or(Error::Refused(TICKET_NOT_FOUND))
}

/// The name of the member of staff who has this user name.
async fn staff(user_name: Param<String>, db: &mut MySqlConnection) -> Result<Option<String>> {
    const NOT_FOUND: &str = "Admin Username Not Found";
    let Some(user_name) = user_name.optional(NOT_FOUND)? else { return Ok(None) };
    let member = store::system::staff::member_by_user_name(db, &user_name).await?;
    Ok(Some(member.ok_or(Error::Refused(NOT_FOUND))?.name()))
}

async fn status(asked: Param<String>, side: Side, db: &mut MySqlConnection) -> Result<String> {
    match (asked.optional(INVALID_STATUS)?, side) {
        (Some(asked), _) => {
            let statuses = store::support::statuses::read(db).await?;
            let status = statuses.find(&asked).ok_or(Error::Refused(INVALID_STATUS))?;
            Ok(status.title.clone())
        }
        (None, Side::Staff) => Ok(Statuses::ANSWERED.to_owned()),
        (None, Side::Client) => Ok(Statuses::CUSTOMER_REPLY.to_owned()),
    }
}

async fn prepare(
    ticket: &Ticket,
    message: &str,
    status: &str,
    now: Moment,
    db: &mut MySqlConnection,
) -> Result<Option<Letter>> {
    let department = store::support::departments::find(db, ticket.department).await?;
    let told = Told {
        client: ticket.client(),
        name: &ticket.name,
        email: &ticket.email,
        number: &ticket.number,
        access_code: &ticket.access_code,
        opened: &ticket.opened,
        department: department.as_ref().map_or("", |department| &department.name),
        subject: &ticket.subject,
        message,
        status,
        priority: &ticket.priority,
    };
    let mut letter = letter(db, mail::TICKET_REPLY, &told, now).await?;
    if let Some(letter) = &mut letter {
        letter.copy_to(&ticket.copy_to);
    }
    Ok(letter)
}
