//! Look-ups of the rows to which a ticket refers.

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::domain::id::{AdminId, ClientId, ContactId, DepartmentId, DomainId, ServiceId, TicketId, UserId};
use crate::domain::ticket::Statuses;
use crate::store;
use crate::store::support::departments::Department;
use crate::store::support::parties;
use crate::store::support::tickets::LockedTicket;
use crate::store::system::staff::Member;

/// The author of a ticket or reply on the client's side: a client, or a guest with a name and an e-mail address.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// `None` for a guest.
    pub client: Option<ClientId>,
    /// The client's user who is the author.
    pub user: Option<UserId>,
    /// The client's contact who is the author.
    pub contact: Option<ContactId>,
    /// The guest's name; empty for a client.
    pub name: String,
    /// The guest's e-mail address; empty for a client.
    pub email: String,
}

/// Reads a ticket and locks the row until the transaction ends.
pub async fn lock(db: &mut Lease, id: TicketId) -> Result<LockedTicket> {
    Ok(store::support::tickets::lock(db, id).await?.ok_or(Refusal::TicketNotFound)?)
}

/// Rejects a user who cannot act for the client.
pub async fn check_user(db: &mut MySqlConnection, client: ClientId, user: UserId) -> Result<()> {
    reject_unless(parties::has_user(db, client, user).await?, Refusal::UserNotFound)
}

/// Rejects a contact of another client.
pub async fn check_contact(db: &mut MySqlConnection, client: ClientId, contact: ContactId) -> Result<()> {
    reject_unless(parties::has_contact(db, client, contact).await?, Refusal::ContactNotFound)
}

/// Rejects a service of another client; a guest has no services.
pub async fn check_service(db: &mut MySqlConnection, client: Option<ClientId>, service: ServiceId) -> Result<()> {
    reject_unless(parties::has_service(db, id_or_zero(client), service).await?, Refusal::ServiceNotFound)
}

/// Rejects a domain of another client; a guest has no domains.
pub async fn check_domain(db: &mut MySqlConnection, client: Option<ClientId>, domain: DomainId) -> Result<()> {
    reject_unless(parties::has_domain(db, id_or_zero(client), domain).await?, Refusal::DomainNotFound)
}

pub async fn find_department(db: &mut MySqlConnection, id: DepartmentId) -> Result<Department> {
    Ok(store::support::departments::find(db, id).await?.ok_or(Refusal::DepartmentNotFound)?)
}

/// Finds a member of staff whose account is not disabled.
pub async fn find_staff(db: &mut MySqlConnection, id: AdminId) -> Result<Member> {
    Ok(store::system::staff::member(db, id).await?.ok_or(Refusal::StaffNotFound)?)
}

/// Finds a member of staff whose account is not disabled, by user name, e-mail address or full name, in any case.
pub async fn find_staff_by_name(db: &mut MySqlConnection, name: &str) -> Result<Member> {
    let found = store::system::staff::member_by_name(db, name.trim()).await?;
    Ok(found.filter(|found| !found.is_disabled).map(Member::from).ok_or(Refusal::StaffNotFound)?)
}

/// Returns the name of staff under which a message is kept: that of the member of staff with this user name, e-mail
/// address or full name, in any case, even if the account is disabled by now; else the name as it is, because the message
/// must not be lost.
pub async fn staff_author(db: &mut MySqlConnection, name: String) -> sqlx::Result<String> {
    let found = store::system::staff::member_by_name(db, &name).await?;
    Ok(found.map_or(name, |found| Member::from(found).name()))
}

/// Returns the title of a status as the operator spells it.
pub fn find_status(statuses: &Statuses, title: &str) -> Result<String> {
    match statuses.find(title) {
        Some(status) => Ok(status.title.clone()),
        None => Err(Refusal::InvalidStatus { valid: statuses.titles() }.into()),
    }
}

/// Returns the client's id; for a guest, an id that belongs to no client.
fn id_or_zero(client: Option<ClientId>) -> ClientId {
    client.unwrap_or(ClientId(0))
}

fn reject_unless(is_there: bool, refusal: Refusal) -> Result<()> {
    if is_there { Ok(()) } else { Err(refusal.into()) }
}
