//! Changing a ticket.

use super::message::editor;
use super::{CreationTime, Result};
use crate::database::writer::{Subject, Writer};
use crate::domain::clients::email::Email;
use crate::domain::entities::are_same;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId};
use crate::domain::ticket::Priority;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::operations::clients::CustomFieldValues;
use crate::store;
use crate::store::clients::custom_fields::FieldKind;
use crate::store::support::departments::Department;
use crate::store::support::tickets::{LockedTicket, TicketChanges};
use crate::store::system::staff::Member;
use crate::store::webhooks::events::raise;

/// The changes of a ticket. `None` means no change.
#[derive(Debug, Default)]
pub struct TicketUpdate {
    pub department: Option<Department>,
    /// Whether the client is prevented from closing the ticket; by default, only set by a move to a department that
    /// prevents it.
    pub prevents_closure: Option<bool>,
    pub status: Option<String>,
    pub subject: Option<String>,
    /// The client to whom the ticket is moved. If it is a different one, the contact and user are removed.
    pub client: Option<ClientId>,
    /// The name of a guest.
    pub name: Option<String>,
    /// The e-mail address of a guest.
    pub email: Option<Email>,
    /// E-mail addresses that get copies of replies.
    pub copy_to: Option<Vec<Email>>,
    pub priority: Option<Priority>,
    pub created: Option<CreationTime>,
    pub flag: Option<Flag>,
    /// The message that opened the ticket.
    pub message: Option<String>,
    /// Whether that message is in Markdown.
    pub is_markdown: Option<bool>,
    /// Values for the custom fields of the department to which the ticket belongs after the change.
    pub custom_fields: CustomFieldValues,
}

/// The member of staff to whom a ticket is flagged.
#[derive(Debug)]
pub enum Flag {
    Nobody,
    Member(Member),
}

impl Flag {
    /// Returns the id of the member of staff; 0 for nobody.
    fn id(&self) -> AdminId {
        match self {
            Flag::Nobody => AdminId(0),
            Flag::Member(member) => member.id,
        }
    }
}

/// The status of a ticket that is closed.
const CLOSED: &str = "Closed";

/// Changes a ticket that [`lock`](super::lock) has locked. No mail is sent.
pub async fn update(context: Context<'_>, ticket: &LockedTicket, update: TicketUpdate) -> Result<()> {
    let department = update.department.as_ref();
    let department_after = department.map_or(ticket.department, |department| department.id);
    let fields = store::clients::custom_fields::fields(context.db, FieldKind::Support, department_after.0).await?;
    let changed = changed(ticket, &update);
    let lines = lines(ticket, &update);
    let department_prevents_closure = department.is_some_and(|department| department.prevents_closure);
    let changes = TicketChanges {
        department: department.map(|department| department.id),
        prevents_closure: update.prevents_closure.or(department_prevents_closure.then_some(true)),
        status: update.status,
        subject: update.subject,
        client: update.client,
        name: update.name,
        email: update.email.map(|email| email.as_str().to_owned()),
        copy_to: update.copy_to.as_deref().map(comma_list),
        priority: update.priority,
        date: update.created.map(CreationTime::local),
        flag: update.flag.as_ref().map(Flag::id),
        message: update.message,
        editor: update.is_markdown.map(editor),
    };

    let mut tx = context.write(Subject::Ticket(ticket.id)).await?;
    store::support::tickets::update(&mut tx, ticket, &changes).await?;
    update.custom_fields.write(&mut tx, &fields, ticket.id.0).await?;
    for line in lines {
        let line = format!("{line} (by {})", tx.author.name);
        store::support::tickets::log(&mut tx, ticket.id, &line).await?;
    }
    let line = format!("Modified Ticket - Ticket ID: {}", ticket.id);
    store::system::activity::log(&mut tx, changes.client.or(ticket.client()), &line).await?;
    for change in changed {
        tell(&mut tx, ticket.id, change).await?;
    }
    Ok(())
}

fn comma_list(addresses: &[Email]) -> String {
    addresses.iter().map(Email::as_str).collect::<Vec<_>>().join(",")
}

/// A change of which webhooks are told. The texts are those of the update.
enum Changed {
    Status(String),
    Department(DepartmentId, String),
    Priority(&'static str),
    Subject(String),
    Flag(AdminId, String),
}

/// Returns the changes of which webhooks are told.
fn changed(ticket: &LockedTicket, update: &TicketUpdate) -> Vec<Changed> {
    let mut changed = Vec::new();
    if let Some(department) = update.department.as_ref().filter(|department| department.id != ticket.department) {
        changed.push(Changed::Department(department.id, department.name.clone()));
    }
    if let Some(status) = update.status.as_ref().filter(|status| !are_same(status, &ticket.status)) {
        changed.push(Changed::Status(status.clone()));
    }
    if let Some(subject) = update.subject.as_ref().filter(|subject| !are_same(subject, &ticket.subject)) {
        changed.push(Changed::Subject(subject.clone()));
    }
    if let Some(priority) = update.priority.filter(|priority| priority.name() != ticket.priority) {
        changed.push(Changed::Priority(priority.name()));
    }
    match update.flag.as_ref().filter(|flag| flag.id().0 != ticket.flag) {
        Some(Flag::Member(member)) => changed.push(Changed::Flag(member.id, member.name())),
        Some(Flag::Nobody) => changed.push(Changed::Flag(AdminId(0), String::new())),
        None => {}
    }
    changed
}

async fn tell(tx: &mut Writer<'_>, ticket: TicketId, changed: Changed) -> sqlx::Result<()> {
    let (about, staff) = (About::Ticket(ticket), tx.author.admin);
    match changed {
        Changed::Status(status) => {
            raise(tx, about, &Event::TicketStatusChange { staff, status: &status, ticket }).await?;
            if are_same(&status, CLOSED) {
                raise(tx, about, &Event::TicketClose { ticket }).await?;
            }
            Ok(())
        }
        Changed::Department(department, name) => {
            let event = Event::TicketDepartmentChange { ticket, department, department_name: &name };
            raise(tx, about, &event).await
        }
        Changed::Priority(priority) => raise(tx, about, &Event::TicketPriorityChange { ticket, staff, priority }).await,
        Changed::Subject(subject) => raise(tx, about, &Event::TicketSubjectChange { ticket, subject: &subject }).await,
        Changed::Flag(member, name) => raise(tx, about, &Event::TicketFlagged { ticket, member, name }).await,
    }
}

/// Returns the lines about the changes for the ticket's own log.
fn lines(ticket: &LockedTicket, update: &TicketUpdate) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(department) = update.department.as_ref().filter(|department| department.id != ticket.department) {
        lines.push(format!("Department changed to {}", department.name));
    }
    if let Some(status) = update.status.as_ref().filter(|status| !are_same(status, &ticket.status)) {
        lines.push(format!("Status changed to {status}"));
    }
    if update.subject.as_ref().is_some_and(|subject| !are_same(subject, &ticket.subject)) {
        lines.push("Subject changed".to_owned());
    }
    if let Some(client) = update.client.filter(|client| client.0 != ticket.client) {
        lines.push(format!("Assigned to Client ID: {client}"));
    }
    if let Some(priority) = update.priority.filter(|priority| priority.name() != ticket.priority) {
        lines.push(format!("Priority changed to {}", priority.name()));
    }
    match update.flag.as_ref().filter(|flag| flag.id().0 != ticket.flag) {
        Some(Flag::Nobody) => lines.push("Flag removed".to_owned()),
        Some(Flag::Member(member)) => lines.push(format!("Flagged to {}", member.name())),
        None => {}
    }
    lines
}
