//! `UpdateTicket`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::message::creation_time;
use super::ticket_author::NAME_BYTES;
use crate::actions::custom_fields;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::support::{
    CREATED_IN_FUTURE, DEPARTMENT_NOT_FOUND, NOT_A_PRIORITY, NOT_A_TIME, NOT_AN_EMAIL, STAFF_NOT_FOUND,
    TICKET_NOT_FOUND, invalid_status,
};
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::lease::Lease;
use crate::domain::clients::email::Email;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId};
use crate::domain::ticket::Priority;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::clients;
use crate::operations::support::{self, Flag, TicketUpdate, Viewer};
use crate::param::{Clearable, Emails, Nested, Param, ParamValue, schema};
use crate::store;
use crate::store::support::departments::Department;

/// Changes the given fields of a ticket. No mail is sent.
///
/// A ticket that is moved to another client loses its contact and user. `cc` that is sent empty or as `null` is emptied,
/// and `flag` by 0 or `null`; the other fields of a ticket are required. Custom fields are those of the department to
/// which the ticket belongs after the change.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateTicket {
    ticketid: Param<TicketId>,
    deptid: Param<DepartmentId>,
    /// The title of a status, in any case.
    status: Param<String>,
    subject: Param<String>,
    /// The id of the client to whom the ticket is moved.
    userid: Param<ClientId>,
    /// The name of a guest.
    name: Param<String>,
    /// The e-mail address of a guest.
    email: Param<Email>,
    /// E-mail addresses that get copies of replies, separated by commas.
    cc: Clearable<Emails>,
    /// `Low`, `Medium` or `High`.
    priority: Param<Priority>,
    /// The time at which the ticket was opened: `YYYY-MM-DD HH:MM:SS` or ISO 8601.
    #[schemars(with = "schema::DateTime")]
    created: Param<NaiveDateTime>,
    /// The member of staff to whom the ticket is flagged: the id, or the user name, e-mail address or full name, in any
    /// case; 0 for nobody.
    flag: Clearable<AdminId>,
    /// Flags the ticket to nobody, whatever `flag` says.
    #[serde(rename = "removeFlag")]
    remove_flag: Param<bool>,
    /// The message that opened the ticket.
    message: Param<String>,
    /// Whether the message is in Markdown.
    markdown: Param<bool>,
    /// The same flag under another name, which some clients send.
    #[serde(rename = "useMarkdown")]
    use_markdown: Param<bool>,
    customfields: Param<Nested>,
    /// Whether the client is prevented from closing the ticket; by default, only changed by moving the ticket to a
    /// department that prevents it.
    #[serde(rename = "preventClientClosure")]
    prevent_client_closure: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdatedTicket {
    ticketid: String,
}

impl Action for UpdateTicket {
    const NAME: &'static str = "UpdateTicket";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["ticketid"];
    const EXAMPLE: &'static str = r#"{"ticketid": 1, "priority": "High"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(TICKET_NOT_FOUND),
        Exact(DEPARTMENT_NOT_FOUND),
        Exact(NOT_A_PRIORITY),
        Prefix { text: "Invalid Ticket Status. Valid statuses are:", code: "invalid_ticket_status" },
        Exact(NOT_A_TIME),
        Exact(CREATED_IN_FUTURE),
    ];
    type Reply = UpdatedTicket;

    async fn run(self, call: Call<'_>) -> Result<UpdatedTicket> {
        let id = self.ticketid.required(TICKET_NOT_FOUND)?;
        let id = support::find_ticket(call.db, Viewer::new(call.author, call.compat), id).await?;
        let ticket = support::lock(call.db, id).await?;
        let department = department(self.deptid.unless_stored(&ticket.department.to_string()), call.db).await?;
        let priority = self.priority.unless_stored(&ticket.priority).optional(NOT_A_PRIORITY)?;
        let status = status(self.status.unless_stored(&ticket.status), call.db).await?;
        let created = creation_time(self.created, call.now, CREATED_IN_FUTURE)?;
        let client = client(self.userid.unless_stored(&ticket.client.to_string()), call.db).await?;
        let email = self.email.unless_stored(&ticket.email).optional(NOT_AN_EMAIL)?;
        let flag = match self.remove_flag.is_set() {
            true => Some(Flag::Nobody),
            false => flag(self.flag.unless_stored(&ticket.flag.to_string()), call.db).await?,
        };
        let update = TicketUpdate {
            department,
            prevents_closure: match self.prevent_client_closure {
                Param::Absent => None,
                flag => Some(flag.is_set()),
            },
            status,
            subject: text(self.subject, "subject", TEXT_BYTES)?,
            client,
            name: text(self.name, "name", NAME_BYTES)?,
            email,
            copy_to: self
                .cc
                .unless_stored(&ticket.copy_to)
                .or_by_empty_text()
                .value(Emails(Vec::new()), NOT_AN_EMAIL)?
                .map(|Emails(addresses)| addresses),
            priority,
            created,
            flag,
            message: text(self.message, "message", TEXT_BYTES)?,
            is_markdown: match (&self.markdown, &self.use_markdown) {
                (Param::Absent, Param::Absent) => None,
                (markdown, use_markdown) => Some(markdown.is_set() || use_markdown.is_set()),
            },
            custom_fields: custom_fields::read(self.customfields)?,
        };
        support::update(call.context(), &ticket, update).await?;
        Ok(UpdatedTicket { ticketid: ticket.id.to_string() })
    }
}

async fn department(id: Param<DepartmentId>, db: &mut MySqlConnection) -> Result<Option<Department>> {
    let Some(id) = id.optional(DEPARTMENT_NOT_FOUND)? else { return Ok(None) };
    Ok(Some(support::find_department(db, id).await?))
}

async fn status(title: Param<String>, db: &mut MySqlConnection) -> Result<Option<String>> {
    let statuses = store::support::statuses::read(db).await?;
    let Some(title) = title.optional(invalid_status(&statuses.titles()))? else { return Ok(None) };
    Ok(Some(support::find_status(&statuses, &title)?))
}

async fn client(id: Param<ClientId>, db: &mut Lease) -> Result<Option<ClientId>> {
    let Some(id) = id.optional(CLIENT_NOT_FOUND)? else { return Ok(None) };
    clients::keep(db, id).await?;
    Ok(Some(id))
}

const NOBODY: AdminId = AdminId(0);

/// Finds the member of staff to whom the ticket is to be flagged.
async fn flag(id: Clearable<AdminId>, db: &mut MySqlConnection) -> Result<Option<Flag>> {
    let member = match id {
        Clearable::Sent(Param::Malformed(name)) if !AdminId::means_none(&name) => {
            support::find_staff_by_name(db, &name).await?
        }
        id => match id.value(NOBODY, STAFF_NOT_FOUND)? {
            None => return Ok(None),
            Some(NOBODY) => return Ok(Some(Flag::Nobody)),
            Some(id) => support::find_staff(db, id).await?,
        },
    };
    Ok(Some(Flag::Member(member)))
}

fn text(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = text.text(name, limit)?;
    Ok((!text.is_empty()).then_some(text))
}
