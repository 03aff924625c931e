//! `UpdateTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::add_ticket_reply::locked_ticket;
use super::message::{CREATED_IN_FUTURE, NOT_A_TIME, date, editor};
use super::open_ticket::PRIORITY_INVALID;
use super::sender::{EMAIL_INVALID, NAME_BYTES};
use super::which::TICKET_NOT_FOUND;
use crate::actions::custom_fields;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::email::Email;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId};
use crate::domain::ticket::Priority;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse};
use crate::param::{Nested, Param};
use crate::store;
use crate::store::clients::custom_fields::Kind;
use crate::store::support::departments::Department;
use crate::store::support::tickets::{Changes, Ticket};

/// Changes a ticket. No mail is sent about it.
///
/// A ticket that becomes another client's has no contact or user any more. Custom fields are those of the department
/// that the ticket is in afterwards.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateTicket {
    ticketid: Param<TicketId>,
    deptid: Param<DepartmentId>,
    /// One of the operator's, in any case.
    status: Param<String>,
    subject: Param<String>,
    /// The client whose it becomes.
    userid: Param<ClientId>,
    /// A guest's name.
    name: Param<String>,
    /// A guest's address.
    email: Param<Email>,
    /// Who gets a copy of replies: addresses, separated by commas.
    cc: Param<String>,
    /// `Low`, `Medium` or `High`.
    priority: Param<Priority>,
    /// When it was opened: `YYYY-MM-DD HH:MM:SS` or ISO 8601.
    created: Param<String>,
    /// The member of staff whom it is flagged to.
    flag: Param<AdminId>,
    /// Flags it to nobody, whatever `flag` says.
    #[serde(rename = "removeFlag")]
    remove_flag: Param<bool>,
    /// What it was opened with.
    message: Param<String>,
    /// Whether that is in Markdown.
    markdown: Param<bool>,
    /// The same by another name, which some clients send.
    #[serde(rename = "useMarkdown")]
    use_markdown: Param<bool>,
    customfields: Param<Nested>,
    /// Whether the client may not close it; by default, a ticket that moves to a department which says so may not be.
    #[serde(rename = "preventClientClosure")]
    prevent_client_closure: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    ticketid: String,
}

const DEPARTMENT_NOT_FOUND: &str = "Department ID Not Found";

impl Action for UpdateTicket {
    const NAME: &'static str = "UpdateTicket";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["ticketid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "priority": "High"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(TICKET_NOT_FOUND),
        Exact(DEPARTMENT_NOT_FOUND),
        Exact(PRIORITY_INVALID),
        Prefix { text: "Invalid Ticket Status. Valid statuses are:", code: "invalid_ticket_status" },
        Exact(NOT_A_TIME),
        Exact(CREATED_IN_FUTURE),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let ticket = locked_ticket(call.db, self.ticketid.required(TICKET_NOT_FOUND)?).await?;
        let department = department(self.deptid, call.db).await?;
        let priority = self.priority.optional(PRIORITY_INVALID)?;
        let status = status(self.status, call.db).await?;
        let date = date(self.created, call.now, CREATED_IN_FUTURE)?;
        let client = client(self.userid, call.db).await?;
        let email = self.email.optional(EMAIL_INVALID)?;
        let flagged = match self.remove_flag.is_set() {
            true => Some(Flagged { to: AdminId(0), name: String::new() }),
            false => flagged(self.flag, call.db).await?,
        };
        let is_markdown = match (&self.markdown, &self.use_markdown) {
            (Param::Absent, Param::Absent) => None,
            (markdown, use_markdown) => Some(markdown.is_set() || use_markdown.is_set()),
        };
        let changes = Changes {
            department: department.as_ref().map(|department| department.id),
            prevents_closure: match self.prevent_client_closure {
                Param::Absent => department.as_ref().and_then(|moved| moved.prevents_closure.then_some(true)),
                flag => Some(flag.is_set()),
            },
            status,
            subject: text(self.subject, "subject", TEXT_BYTES)?,
            client,
            name: text(self.name, "name", NAME_BYTES)?,
            email: email.map(|email| email.as_str().to_owned()),
            copy_to: copy_to(self.cc)?,
            priority,
            date,
            flag: flagged.as_ref().map(|flagged| flagged.to),
            message: text(self.message, "message", TEXT_BYTES)?,
            editor: is_markdown.map(editor),
        };
        let sent = custom_fields::read(self.customfields)?;
        let having_fields = changes.department.unwrap_or(ticket.department);
        let fields = store::clients::custom_fields::fields(call.db, Kind::Support, having_fields.0).await?;

        let mut books = call.write(Subject::Ticket(ticket.id)).await?;
        store::support::tickets::update(&mut books, &ticket, &changes).await?;
        sent.write(&mut books, &fields, ticket.id.0).await?;
        for event in events(&ticket, &changes, department.as_ref(), flagged.as_ref()) {
            let line = format!("{event} (by {})", books.author.name);
            store::support::tickets::log(&mut books, ticket.id, &line).await?;
        }
        let line = format!("Modified Ticket - Ticket ID: {}", ticket.id);
        store::system::activity::log(&mut books, changes.client.or(ticket.client()), &line).await?;
        Ok(Reply { ticketid: ticket.id.to_string() })
    }
}

async fn department(id: Param<DepartmentId>, db: &mut MySqlConnection) -> Result<Option<Department>> {
    let Some(id) = id.optional(DEPARTMENT_NOT_FOUND)? else { return Ok(None) };
    let department = store::support::departments::find(db, id).await?;
    department.ok_or(Error::Refused(DEPARTMENT_NOT_FOUND)).map(Some)
}

async fn status(title: Param<String>, db: &mut MySqlConnection) -> Result<Option<String>> {
    let statuses = store::support::statuses::read(db).await?;
    let invalid = || format!("Invalid Ticket Status. Valid statuses are: {}", statuses.titles());
    let Some(title) = title.optional(invalid())? else { return Ok(None) };
    let status =
        statuses.find(&title).ok_or_else(|| Error::RefusedAs { code: "invalid_ticket_status", message: invalid() })?;
    Ok(Some(status.title.clone()))
}

async fn client(id: Param<ClientId>, db: &mut MySqlConnection) -> Result<Option<ClientId>> {
    let id = id.optional(CLIENT_NOT_FOUND)?;
    match id {
        Some(id) if store::clients::client::lock(db, id).await?.is_none() => refuse(CLIENT_NOT_FOUND),
        id => Ok(id),
    }
}

/// Whom a ticket is flagged to: 0 and no name for nobody.
struct Flagged {
    to: AdminId,
    name: String,
}

async fn flagged(id: Param<AdminId>, db: &mut MySqlConnection) -> Result<Option<Flagged>> {
    const NOT_FOUND: &str = "Admin ID Not Found";
    let Some(id) = id.optional(NOT_FOUND)? else { return Ok(None) };
    let member = store::system::staff::member(db, id).await?.ok_or(Error::Refused(NOT_FOUND))?;
    Ok(Some(Flagged { to: id, name: member.name() }))
}

fn text(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = text.text(name, limit)?;
    Ok((!text.is_empty()).then_some(text))
}

/// Addresses, each of which must be one, separated by commas alone.
fn copy_to(list: Param<String>) -> Result<Option<String>> {
    let Some(list) = text(list, "cc", TEXT_BYTES)? else { return Ok(None) };
    let addresses: Option<Vec<Email>> = list.split(',').map(Email::parse).collect();
    let addresses = addresses.ok_or(Error::Refused(EMAIL_INVALID))?;
    Ok(Some(addresses.iter().map(Email::as_str).collect::<Vec<_>>().join(",")))
}

/// What the ticket's own history tells of the changes.
fn events(
    ticket: &Ticket,
    changes: &Changes,
    department: Option<&Department>,
    flagged: Option<&Flagged>,
) -> Vec<String> {
    let mut events = Vec::new();
    if let Some(department) = department.filter(|department| department.id != ticket.department) {
        events.push(format!("Department changed to {}", department.name));
    }
    if let Some(status) = changes.status.as_ref().filter(|status| **status != ticket.status) {
        events.push(format!("Status changed to {status}"));
    }
    if changes.subject.as_ref().is_some_and(|subject| *subject != ticket.subject) {
        events.push("Subject changed".to_owned());
    }
    if let Some(client) = changes.client.filter(|client| client.0 != ticket.client) {
        events.push(format!("Assigned to Client ID: {client}"));
    }
    if let Some(priority) = changes.priority.filter(|priority| priority.name() != ticket.priority) {
        events.push(format!("Priority changed to {}", priority.name()));
    }
    match flagged.filter(|flagged| flagged.to.0 != ticket.flag) {
        Some(Flagged { to: AdminId(0), .. }) => events.push("Flag removed".to_owned()),
        Some(flagged) => events.push(format!("Flagged to {}", flagged.name)),
        None => {}
    }
    events
}
