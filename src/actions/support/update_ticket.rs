//! `UpdateTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::message::creation_time;
use super::sender::NAME_BYTES;
use crate::actions::custom_fields;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::support::{
    CREATED_IN_FUTURE, DEPARTMENT_NOT_FOUND, NOT_A_PRIORITY, NOT_A_TIME, NOT_AN_EMAIL, STAFF_NOT_FOUND,
    TICKET_NOT_FOUND, invalid_status,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::clients::email::Email;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId};
use crate::domain::ticket::Priority;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result};
use crate::operations::clients;
use crate::operations::support::{self, Flag, TicketUpdate};
use crate::param::{Nested, Param};
use crate::store;
use crate::store::support::departments::Department;

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

impl Action for UpdateTicket {
    const NAME: &'static str = "UpdateTicket";
    const ACCESS: Access = Access::Write;
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
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let ticket = support::lock(call.db, self.ticketid.required(TICKET_NOT_FOUND)?).await?;
        let department = department(self.deptid, call.db).await?;
        let priority = self.priority.optional(NOT_A_PRIORITY)?;
        let status = status(self.status, call.db).await?;
        let created = creation_time(self.created, call.now, CREATED_IN_FUTURE)?;
        let client = client(self.userid, call.db).await?;
        let email = self.email.optional(NOT_AN_EMAIL)?;
        let flag = match self.remove_flag.is_set() {
            true => Some(Flag::Nobody),
            false => flag(self.flag, call.db).await?,
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
            copy_to: copy_to(self.cc)?,
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
        Ok(Reply { ticketid: ticket.id.to_string() })
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

async fn client(id: Param<ClientId>, db: &mut MySqlConnection) -> Result<Option<ClientId>> {
    let Some(id) = id.optional(CLIENT_NOT_FOUND)? else { return Ok(None) };
    Ok(Some(clients::lock(db, id).await?.id))
}

/// The member of staff whom it becomes flagged to.
async fn flag(id: Param<AdminId>, db: &mut MySqlConnection) -> Result<Option<Flag>> {
    let Some(id) = id.optional(STAFF_NOT_FOUND)? else { return Ok(None) };
    Ok(Some(Flag::Member(support::find_staff(db, id).await?)))
}

fn text(text: Param<String>, name: &str, limit: usize) -> Result<Option<String>> {
    let text = text.text(name, limit)?;
    Ok((!text.is_empty()).then_some(text))
}

/// Addresses, each of which must be one, separated by commas alone.
fn copy_to(list: Param<String>) -> Result<Option<Vec<Email>>> {
    let Some(list) = text(list, "cc", TEXT_BYTES)? else { return Ok(None) };
    let addresses: Option<Vec<Email>> = list.split(',').map(Email::parse).collect();
    addresses.ok_or(Error::Refused(NOT_AN_EMAIL)).map(Some)
}
