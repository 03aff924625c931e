//! `OpenTicket`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::message::{MessageParams, required_text};
use super::ticket_author::SenderParams;
use crate::actions::custom_fields;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use crate::actions::words::services::SERVICE_NOT_FOUND;
use crate::actions::words::support::{
    CREATED_IN_FUTURE, DOMAIN_NOT_FOUND, NO_MESSAGE, NO_NUMBER, NO_SENDER, NO_SUBJECT, NOT_A_PRIORITY, NOT_A_TIME,
    NOT_AN_EMAIL, USER_NOT_FOUND,
};
use crate::actions::words::with_text;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::id::{ClientId, DepartmentId, DomainId, ServiceId, UserId};
use crate::domain::ticket::{Priority, Related};
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::support::{self, NewTicket, Refusal};
use crate::param::{Nested, Param};
use crate::store::support::departments::Department;

/// Opens a ticket for a client or a guest.
///
/// The user, contact, service or domain must belong to the client. A ticket that staff opens for a client is `Open`,
/// too. The client gets a mail, unless the department sends none about tickets that clients open. Custom fields of
/// other departments are ignored, and no custom field is required.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct OpenTicket {
    #[serde(flatten)]
    sender: SenderParams,
    /// The client's user who opens the ticket; only with `clientid`.
    userid: Param<UserId>,
    deptid: Param<DepartmentId>,
    subject: Param<String>,
    #[serde(flatten)]
    message: MessageParams,
    /// `Low`, `Medium`, which is the default, or `High`.
    priority: Param<Priority>,
    /// The service that the ticket is about.
    serviceid: Param<ServiceId>,
    /// The domain that the ticket is about; ignored if a service is given.
    domainid: Param<DomainId>,
    /// Whether the owner of the credential opens the ticket on behalf of the client.
    admin: Param<bool>,
    /// Sends no mail.
    noemail: Param<bool>,
    customfields: Param<Nested>,
    /// Whether the client is prevented from closing the ticket; by default, as set for the department.
    #[serde(rename = "preventClientClosure")]
    prevent_client_closure: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct OpenTicketReply {
    id: String,
    /// The ticket number that clients see.
    tid: String,
    /// The access code, with which a guest reads the ticket.
    c: String,
}

/// Spelled with a small `f`, unlike in other actions.
const DEPARTMENT_NOT_FOUND: &str = "Department ID not found";

impl Action for OpenTicket {
    const NAME: &'static str = "OpenTicket";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["deptid", "subject", "message"];
    const EXAMPLE: &'static str = r#"{"clientid": 1, "deptid": 1, "subject": "The site is slow", "message": "Since this morning.", "priority": "High", "attachments": [{"name": "times.txt", "data": "R0VUIC9zaG9wIDE0LjIgcwo="}]}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(USER_NOT_FOUND),
        Exact(CONTACT_NOT_FOUND),
        Exact(NO_SENDER),
        Exact(DEPARTMENT_NOT_FOUND),
        Exact(NO_SUBJECT),
        Exact(NO_MESSAGE),
        Exact(SERVICE_NOT_FOUND),
        Exact(DOMAIN_NOT_FOUND),
        Exact(NOT_AN_EMAIL),
        Exact(NOT_A_TIME),
        Exact(CREATED_IN_FUTURE),
        Exact(NO_NUMBER),
    ];
    type Reply = OpenTicketReply;

    async fn run(self, call: Call<'_>) -> Result<OpenTicketReply> {
        let sender = self.sender.find_and_lock(call.db, self.userid).await?;
        let department = department(self.deptid, call.db).await?;
        let subject = required_text(self.subject, "subject", NO_SUBJECT)?;
        let text = self.message.text()?;
        let related = related(sender.client(), self.serviceid, self.domainid, call.db).await?;
        let sender = sender.read_email()?;
        let created = self.message.created(call.now, CREATED_IN_FUTURE)?;
        let priority = self.priority.optional(NOT_A_PRIORITY)?.unwrap_or(Priority::Medium);
        let ticket = NewTicket {
            sender,
            department,
            subject,
            message: self.message.read(text, created, &call)?,
            related,
            priority,
            is_opened_by_staff: self.admin.is_set(),
            prevents_closure: match self.prevent_client_closure {
                Param::Absent => None,
                flag => Some(flag.is_set()),
            },
            custom_fields: custom_fields::read(self.customfields)?,
            sends_mail: !self.noemail.is_set(),
        };
        let opened = support::open(call.context(), ticket).await?;
        Ok(OpenTicketReply { id: opened.id.to_string(), tid: opened.number.to_string(), c: opened.access_code })
    }
}

async fn department(id: Param<DepartmentId>, db: &mut MySqlConnection) -> Result<Department> {
    let department = support::find_department(db, id.required(DEPARTMENT_NOT_FOUND)?).await;
    department.map_err(|error| with_text(error, &Refusal::DepartmentNotFound, DEPARTMENT_NOT_FOUND))
}

/// Finds the service or domain that the ticket is about, which must belong to the client.
async fn related(
    client: Option<ClientId>,
    service: Param<ServiceId>,
    domain: Param<DomainId>,
    db: &mut MySqlConnection,
) -> Result<Related> {
    let service = service.optional(SERVICE_NOT_FOUND)?;
    if let Some(id) = service {
        support::check_service(db, client, id).await?;
    }
    let domain = domain.optional(DOMAIN_NOT_FOUND)?;
    if let Some(id) = domain {
        support::check_domain(db, client, id).await?;
    }
    let domain = domain.map_or(Related::Nothing, Related::Domain);
    Ok(service.map_or(domain, Related::Service))
}
