//! What the author of a call may see: whoever is assigned to departments gets only tickets of these. Those of others are as
//! if they did not exist, so that nobody learns what is in a department of others.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::config::{Compat, OtherDepartments};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::Author;
use crate::domain::id::{AdminId, DepartmentId, TicketId};
use crate::domain::ticket::Departments;
use crate::store::support::messages::{self, Message, MessageKey};
use crate::store::support::tickets::{self, VisibleTicket};

/// Whoever asks for tickets.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    pub staff: AdminId,
    sees_all: bool,
}

impl Viewer {
    pub fn new(author: &Author, compat: &Compat) -> Viewer {
        Viewer { staff: author.admin, sees_all: compat.other_departments == OtherDepartments::Visible }
    }

    /// Whether a ticket of this department is seen; `assigned` is the stored list of the viewer's departments.
    fn sees(self, department: DepartmentId, assigned: &str) -> bool {
        self.sees_all || Departments::parse(assigned).contains(department)
    }

    /// The departments that are seen, of those that the viewer is assigned to.
    pub fn departments(self, assigned: Departments) -> Departments {
        if self.sees_all { Departments::All } else { assigned }
    }
}

/// Finds a ticket by its id, or the one into which it was merged. It may still be deleted before it is locked.
pub async fn find_ticket(db: &mut MySqlConnection, viewer: Viewer, id: TicketId) -> Result<TicketId> {
    visible(tickets::find(db, id, viewer.staff).await?, viewer)
}

/// As [`find_ticket`], by the number that clients see.
pub async fn find_ticket_by_number(db: &mut MySqlConnection, viewer: Viewer, number: &str) -> Result<TicketId> {
    visible(tickets::find_by_number(db, number, viewer.staff).await?, viewer)
}

fn visible(found: Option<VisibleTicket>, viewer: Viewer) -> Result<TicketId> {
    let found = found.filter(|ticket| viewer.sees(ticket.department, &ticket.assigned));
    Ok(found.ok_or(Refusal::TicketNotFound)?.id)
}

/// Finds a message of a ticket.
pub async fn find_message(db: &mut MySqlConnection, viewer: Viewer, key: MessageKey) -> Result<Message> {
    let found = messages::find(db, key, viewer.staff).await?;
    let found = found.filter(|message| viewer.sees(message.department, &message.assigned));
    Ok(found.ok_or(match key {
        MessageKey::Opening(_) => Refusal::TicketNotFound,
        MessageKey::Reply(_) => Refusal::ReplyNotFound,
        MessageKey::Note(_) => Refusal::NoteNotFound,
    })?)
}

/// Finds a message and locks its ticket until the transaction ends.
pub async fn lock_message(db: &mut Lease, viewer: Viewer, key: MessageKey) -> Result<Message> {
    let mut found = find_message(db, viewer, key).await?;
    loop {
        let locked = found.ticket;
        db.lock(Subject::Ticket(locked)).await?;
        found = find_message(db, viewer, key).await?;
        // Until it was locked, the ticket may have been merged into another one, which then has the message.
        if found.ticket == locked {
            return Ok(found);
        }
    }
}

/// Rejects a ticket that is not found, or that was merged into another one: it is a ticket no more. It may still be deleted
/// before it is locked.
pub async fn check_ticket(db: &mut MySqlConnection, viewer: Viewer, id: TicketId) -> Result<()> {
    let ticket = find_message(db, viewer, MessageKey::Opening(id)).await?;
    if ticket.is_merged { Err(Refusal::TicketNotFound.into()) } else { Ok(()) }
}

/// Finds a ticket and locks it until the transaction ends. One that was merged into another one is not found.
pub async fn lock_ticket(db: &mut Lease, viewer: Viewer, id: TicketId) -> Result<Message> {
    let ticket = lock_message(db, viewer, MessageKey::Opening(id)).await?;
    if ticket.is_merged { Err(Refusal::TicketNotFound.into()) } else { Ok(ticket) }
}
