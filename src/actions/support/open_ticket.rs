//! `OpenTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::letter::{Told, letter};
use super::message::{CREATED_IN_FUTURE, Message, NO_MESSAGE, NOT_A_TIME, required_text};
use super::sender::{EMAIL_INVALID, Known, NO_NAME_OR_EMAIL, Sender, USER_NOT_FOUND};
use crate::actions::custom_fields;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::words::services::SERVICE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, DepartmentId, DomainId, ServiceId, UserId};
use crate::domain::ticket::{Priority, Related, Statuses};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::outbox::mail;
use crate::param::{Nested, Param, Value};
use crate::store;
use crate::store::clients::custom_fields::Kind;
use crate::store::support::departments::Department;
use crate::store::support::tickets::NewTicket;

/// Opens a ticket, of a client or of a guest.
///
/// A user, contact, service or domain must be the client's. A ticket that staff opens for a client is `Open`, too. The
/// client is sent a mail, unless the department sends none about tickets that clients open. Custom fields of other
/// departments are left out, and none is required.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct OpenTicket {
    #[serde(flatten)]
    sender: Sender,
    /// The client's user who writes; only with `clientid`.
    userid: Param<UserId>,
    deptid: Param<DepartmentId>,
    subject: Param<String>,
    #[serde(flatten)]
    message: Message,
    /// `Low`, `Medium`, which is the default, or `High`.
    priority: Param<Priority>,
    /// The service that it is about.
    serviceid: Param<ServiceId>,
    /// The domain that it is about; of both, the service is kept.
    domainid: Param<DomainId>,
    /// Whether the owner of the credential opens it, on behalf of the client.
    admin: Param<bool>,
    /// Sends no mail.
    noemail: Param<bool>,
    customfields: Param<Nested>,
    /// Whether the client may not close it; by default, what the department says.
    #[serde(rename = "preventClientClosure")]
    prevent_client_closure: Param<bool>,
}

impl Value for Priority {
    fn parse(text: &str) -> Option<Self> {
        Priority::parse(text)
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    id: String,
    /// The number that clients see.
    tid: String,
    /// With which a guest reads it.
    c: String,
}

pub const PRIORITY_INVALID: &str = "Invalid Ticket Priority. Valid priorities are: Low,Medium,High";
const NO_NUMBER: &str = "Unable to generate ticket number";
/// How often another number is tried where a ticket has it already.
const NUMBERS_TRIED: u32 = 20;

const DEPARTMENT_NOT_FOUND: &str = "Department ID not found";
const NO_SUBJECT: &str = "Subject is required";
const DOMAIN_NOT_FOUND: &str = "Domain ID Not Found";

impl Action for OpenTicket {
    const NAME: &'static str = "OpenTicket";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["deptid", "subject", "message"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "deptid": 1, "subject": "The site is slow", "message": "Since this morning.", "priority": "High"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(USER_NOT_FOUND),
        Exact(CONTACT_NOT_FOUND),
        Exact(NO_NAME_OR_EMAIL),
        Exact(DEPARTMENT_NOT_FOUND),
        Exact(NO_SUBJECT),
        Exact(NO_MESSAGE),
        Exact(SERVICE_NOT_FOUND),
        Exact(DOMAIN_NOT_FOUND),
        Exact(EMAIL_INVALID),
        Exact(NOT_A_TIME),
        Exact(CREATED_IN_FUTURE),
        Exact(NO_NUMBER),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let sender = self.sender.find(call.db, self.userid).await?;
        let department = department(self.deptid, call.db).await?;
        let subject = required_text(self.subject, "subject", NO_SUBJECT)?;
        let message = self.message.text()?;
        let related = related(sender.client, self.serviceid, self.domainid, call.db).await?;
        let (name, email) = sender.guest()?;
        let date = self.message.date(call.now, CREATED_IN_FUTURE)?;
        let priority = self.priority.optional(PRIORITY_INVALID)?.unwrap_or(Priority::Medium);
        let editor = self.message.editor();
        let files = self.message.files(&call)?;
        let sent = custom_fields::read(self.customfields)?;
        let fields = store::clients::custom_fields::fields(call.db, Kind::Support, department.id.0).await?;
        let staff = match self.admin.is_set() {
            true => store::system::staff::member(call.db, call.author.admin).await?.map(|member| member.name()),
            false => None,
        };
        let number = unused_number(call.db).await?;
        let ticket = NewTicket {
            number: &number.to_string(),
            access_code: &access_code()?,
            department: department.id,
            client: sender.client,
            contact: sender.contact,
            user: sender.user,
            prevents_closure: match self.prevent_client_closure {
                Param::Absent => department.prevents_closure,
                flag => flag.is_set(),
            },
            name: &name,
            email: &email,
            date,
            subject: &subject,
            message: &message,
            status: Statuses::OPEN,
            priority,
            staff: staff.as_deref().unwrap_or_default(),
            attachment: "",
            service: &related.code(),
            editor,
        };
        let letter = match template(&ticket, &department) {
            Some(template) if !self.noemail.is_set() => {
                let opened = call.now.local().to_string();
                letter(call.db, template, &told(&ticket, &department, &opened), call.now).await?
            }
            _ => None,
        };

        let attachment = call.attachments.store(files).await?;
        let ticket = NewTicket { attachment: &attachment, ..ticket };
        let mut books = match sender {
            Known { client: Some(client), .. } => {
                let mut books = call.write(Subject::Client(client)).await?;
                books.also(Subject::TicketNumber(number)).await?;
                books
            }
            _ => call.write(Subject::TicketNumber(number)).await?,
        };
        let id = store::support::tickets::open(&mut books, &ticket).await?.ok_or(Error::Refused(NO_NUMBER))?;
        sent.write(&mut books, &fields, id.0).await?;
        let by = staff.as_ref().map(|staff| format!(" (by {staff})")).unwrap_or_default();
        store::support::tickets::log(&mut books, id, &format!("New Support Ticket Opened{by}")).await?;
        let line = format!("New Support Ticket Opened - Ticket ID: {id} - Ticket Number: {number}");
        store::system::activity::log(&mut books, sender.client, &line).await?;
        if let Some(letter) = letter {
            letter.send(&mut books).await?;
        }
        Ok(Reply { id: id.to_string(), tid: number.to_string(), c: ticket.access_code.to_owned() })
    }
}

async fn department(id: Param<DepartmentId>, db: &mut MySqlConnection) -> Result<Department> {
    let department = store::support::departments::find(db, id.required(DEPARTMENT_NOT_FOUND)?).await?;
    department.ok_or(Error::Refused(DEPARTMENT_NOT_FOUND))
}

/// What it is about, which must be the client's.
async fn related(
    client: Option<ClientId>,
    service: Param<ServiceId>,
    domain: Param<DomainId>,
    db: &mut MySqlConnection,
) -> Result<Related> {
    // A guest has neither.
    let client = client.unwrap_or(ClientId(0));
    let service = service.optional(SERVICE_NOT_FOUND)?;
    if let Some(id) = service
        && !store::support::parties::has_service(db, client, id).await?
    {
        return refuse(SERVICE_NOT_FOUND);
    }
    let domain = domain.optional(DOMAIN_NOT_FOUND)?;
    if let Some(id) = domain
        && !store::support::parties::has_domain(db, client, id).await?
    {
        return refuse(DOMAIN_NOT_FOUND);
    }
    let domain = domain.map_or(Related::Nothing, Related::Domain);
    Ok(service.map_or(domain, Related::Service))
}

/// A number of six digits that no ticket has.
async fn unused_number(db: &mut MySqlConnection) -> Result<u32> {
    for _ in 0..NUMBERS_TRIED {
        let random = getrandom::u64().map_err(no_randomness)?;
        let number = 100_000 + u32::try_from(random % 900_000).unwrap_or_default();
        if store::support::tickets::id(db, &number.to_string()).await?.is_none() {
            return Ok(number);
        }
    }
    refuse(NO_NUMBER)
}

/// Eight letters and digits, with 47 bits that nobody can guess.
fn access_code() -> Result<String> {
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

fn no_randomness(error: getrandom::Error) -> Error {
    Error::Internal(format!("no randomness: {error}").into())
}

/// The mail that is sent, if any.
fn template(ticket: &NewTicket<'_>, department: &Department) -> Option<&'static str> {
    match ticket.staff {
        "" => (!department.is_silent).then_some(mail::TICKET_OPENED),
        _ => Some(mail::TICKET_OPENED_BY_STAFF),
    }
}

fn told<'a>(ticket: &NewTicket<'a>, department: &'a Department, opened: &'a str) -> Told<'a> {
    Told {
        client: ticket.client,
        name: ticket.name,
        email: ticket.email,
        number: ticket.number,
        access_code: ticket.access_code,
        opened,
        department: &department.name,
        subject: ticket.subject,
        message: ticket.message,
        status: ticket.status,
        priority: ticket.priority.name(),
    }
}
