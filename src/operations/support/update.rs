//! Changing a ticket.

use super::message::editor;
use super::{CreationTime, Result};
use crate::database::writer::Subject;
use crate::domain::clients::email::Email;
use crate::domain::entities::are_same;
use crate::domain::id::{AdminId, ClientId};
use crate::domain::ticket::Priority;
use crate::operations::Context;
use crate::operations::clients::CustomFieldValues;
use crate::store;
use crate::store::clients::custom_fields::FieldKind;
use crate::store::support::departments::Department;
use crate::store::support::tickets::{LockedTicket, TicketChanges};
use crate::store::system::staff::Member;

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

/// Changes a ticket that [`lock`](super::lock) has locked. No mail is sent.
pub async fn update(context: Context<'_>, ticket: &LockedTicket, update: TicketUpdate) -> Result<()> {
    let department = update.department.as_ref();
    let department_after = department.map_or(ticket.department, |department| department.id);
    let fields = store::clients::custom_fields::fields(context.db, FieldKind::Support, department_after.0).await?;
    let events = events(ticket, &update);
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
    for event in events {
        let line = format!("{event} (by {})", tx.author.name);
        store::support::tickets::log(&mut tx, ticket.id, &line).await?;
    }
    let line = format!("Modified Ticket - Ticket ID: {}", ticket.id);
    store::system::activity::log(&mut tx, changes.client.or(ticket.client()), &line).await?;
    Ok(())
}

fn comma_list(addresses: &[Email]) -> String {
    addresses.iter().map(Email::as_str).collect::<Vec<_>>().join(",")
}

/// Returns the lines about the changes for the ticket's own log.
fn events(ticket: &LockedTicket, update: &TicketUpdate) -> Vec<String> {
    let mut events = Vec::new();
    if let Some(department) = update.department.as_ref().filter(|department| department.id != ticket.department) {
        events.push(format!("Department changed to {}", department.name));
    }
    if let Some(status) = update.status.as_ref().filter(|status| !are_same(status, &ticket.status)) {
        events.push(format!("Status changed to {status}"));
    }
    if update.subject.as_ref().is_some_and(|subject| !are_same(subject, &ticket.subject)) {
        events.push("Subject changed".to_owned());
    }
    if let Some(client) = update.client.filter(|client| client.0 != ticket.client) {
        events.push(format!("Assigned to Client ID: {client}"));
    }
    if let Some(priority) = update.priority.filter(|priority| priority.name() != ticket.priority) {
        events.push(format!("Priority changed to {}", priority.name()));
    }
    match update.flag.as_ref().filter(|flag| flag.id().0 != ticket.flag) {
        Some(Flag::Nobody) => events.push("Flag removed".to_owned()),
        Some(Flag::Member(member)) => events.push(format!("Flagged to {}", member.name())),
        None => {}
    }
    events
}
