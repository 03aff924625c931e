//! Checks that what a ticket refers to belongs to the client: a user, a contact, a service or a domain.

use sqlx::MySqlConnection;

use crate::domain::id::{ClientId, ContactId, DomainId, ServiceId, UserId};

const USER: &str = "SELECT COUNT(*) > 0 FROM tblusers_clients l JOIN tblusers u ON u.id = l.auth_user_id \
     WHERE l.auth_user_id = ? AND l.client_id = ?";
const CONTACT: &str = "SELECT COUNT(*) > 0 FROM tblcontacts WHERE id = ? AND userid = ?";
const SERVICE: &str = "SELECT COUNT(*) > 0 FROM tblhosting WHERE id = ? AND userid = ?";
const DOMAIN: &str = "SELECT COUNT(*) > 0 FROM tbldomains WHERE id = ? AND userid = ?";

/// Whether this user may act for the client.
pub async fn has_user(db: &mut MySqlConnection, client: ClientId, user: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar(USER).bind(user).bind(client).fetch_one(db).await
}

pub async fn has_contact(db: &mut MySqlConnection, client: ClientId, contact: ContactId) -> sqlx::Result<bool> {
    sqlx::query_scalar(CONTACT).bind(contact).bind(client).fetch_one(db).await
}

pub async fn has_service(db: &mut MySqlConnection, client: ClientId, service: ServiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar(SERVICE).bind(service).bind(client).fetch_one(db).await
}

pub async fn has_domain(db: &mut MySqlConnection, client: ClientId, domain: DomainId) -> sqlx::Result<bool> {
    sqlx::query_scalar(DOMAIN).bind(domain).bind(client).fetch_one(db).await
}
