//! Mails to the support desk: whom they are for and from, those that were taken (`mod_whmcs_api_received_mails`), and the log of all
//! (`tblticketmaillog`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{ClientId, ContactId, DepartmentId, TicketId, UserId};

const DEPARTMENTS: &str = "SELECT CAST(id AS SIGNED) AS id, email, clientsonly IN ('on', '1') AS takes_clients_only, \
            piperepliesonly IN ('on', '1') AS takes_replies_only \
     FROM tblticketdepartments ORDER BY `order`, id";
const CLIENT: &str =
    "SELECT CAST(id AS SIGNED) FROM tblclients WHERE email IN (?, ?, ?) ORDER BY status = 'Closed', id LIMIT 1";
const CONTACT: &str = "SELECT CAST(c.userid AS SIGNED) AS client, CAST(c.id AS SIGNED) AS person FROM tblcontacts c \
     JOIN tblclients o ON o.id = c.userid WHERE c.email IN (?, ?, ?) ORDER BY o.status = 'Closed', c.id LIMIT 1";
const USER: &str = "SELECT CAST(m.client_id AS SIGNED) AS client, CAST(u.id AS SIGNED) AS person FROM tblusers u \
     JOIN tblusers_clients m ON m.auth_user_id = u.id JOIN tblclients o ON o.id = m.client_id \
     WHERE u.email IN (?, ?, ?) ORDER BY o.status = 'Closed', m.owner = 0, m.client_id LIMIT 1";
const IS_CLIENT: &str = "SELECT COUNT(*) > 0 FROM tblclients WHERE id = ? AND email IN (?, ?, ?)";
const CONTACT_OF: &str =
    "SELECT CAST(id AS SIGNED) FROM tblcontacts WHERE userid = ? AND email IN (?, ?, ?) ORDER BY id LIMIT 1";
const USER_OF: &str = "SELECT CAST(u.id AS SIGNED) FROM tblusers u JOIN tblusers_clients m ON m.auth_user_id = u.id \
     WHERE m.client_id = ? AND u.email IN (?, ?, ?) ORDER BY u.id LIMIT 1";
const IS_KNOWN: &str = "SELECT COUNT(*) > 0 FROM mod_whmcs_api_received_mails WHERE message_hash = ?";
const COUNT: &str =
    "SELECT COUNT(*) FROM mod_whmcs_api_received_mails WHERE sender = ? AND received_at > ? AND ticket_id <> 0";
const BREAK_LINES: &str = "SELECT breakline FROM tblticketbreaklines WHERE breakline <> ''";
const TAKE: &str =
    "INSERT INTO mod_whmcs_api_received_mails (message_hash, sender, ticket_id, received_at) VALUES (?, ?, ?, ?)";
const LOG: &str = "INSERT INTO tblticketmaillog (`date`, `to`, cc, name, email, subject, message, status, attachment) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// What decides whether a department takes a mail.
#[derive(Debug, Clone)]
pub struct MailDepartment {
    pub id: DepartmentId,
    pub email: String,
    /// Whether only clients may write to it.
    pub takes_clients_only: bool,
    /// Whether tickets are opened in the client area only, and mails are only replies.
    pub takes_replies_only: bool,
}

from_row!(MailDepartment { id, email, takes_clients_only, takes_replies_only });

pub async fn departments(db: &mut MySqlConnection) -> sqlx::Result<Vec<MailDepartment>> {
    sqlx::query_as(DEPARTMENTS).fetch_all(db).await
}

/// Somebody who writes for a client.
#[derive(Debug)]
struct OfClient {
    client: i64,
    person: i64,
}

from_row!(OfClient { client, person });

/// The client with an e-mail address.
pub async fn client(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<ClientId>> {
    sqlx::query_scalar(CLIENT).bind_forms(email).fetch_optional(db).await
}

/// The contact with an e-mail address, and their client.
pub async fn contact(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<(ClientId, ContactId)>> {
    let found: Option<OfClient> = sqlx::query_as(CONTACT).bind_forms(email).fetch_optional(db).await?;
    Ok(found.map(|found| (ClientId(found.client), ContactId(found.person))))
}

/// The user with an e-mail address, and a client for whom they may act: if possible, one whom they own.
pub async fn user(db: &mut MySqlConnection, email: &str) -> sqlx::Result<Option<(ClientId, UserId)>> {
    let found: Option<OfClient> = sqlx::query_as(USER).bind_forms(email).fetch_optional(db).await?;
    Ok(found.map(|found| (ClientId(found.client), UserId(found.person))))
}

/// Whether a client has this e-mail address.
pub async fn is_client(db: &mut MySqlConnection, client: ClientId, email: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_CLIENT).bind(client).bind_forms(email).fetch_one(db).await
}

/// The contact of a client with an e-mail address.
pub async fn contact_of(db: &mut MySqlConnection, client: ClientId, email: &str) -> sqlx::Result<Option<ContactId>> {
    sqlx::query_scalar(CONTACT_OF).bind(client).bind_forms(email).fetch_optional(db).await
}

/// The user with an e-mail address who may act for a client.
pub async fn user_of(db: &mut MySqlConnection, client: ClientId, email: &str) -> sqlx::Result<Option<UserId>> {
    sqlx::query_scalar(USER_OF).bind(client).bind_forms(email).fetch_optional(db).await
}

/// Whether a mail was taken before.
pub async fn is_known(db: &mut MySqlConnection, hash: [u8; 32]) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_KNOWN).bind(hash.to_vec()).fetch_one(db).await
}

/// How many mails of a sender became part of a ticket since this time.
pub async fn count_since(db: &mut MySqlConnection, sender: &str, time: NaiveDateTime) -> sqlx::Result<i64> {
    sqlx::query_scalar(COUNT).bind(sender.to_owned()).bind(time).fetch_one(db).await
}

/// The lines below which a mail has only what it answers.
pub async fn break_lines(db: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(BREAK_LINES).fetch_all(db).await
}

/// Records that a mail was taken, and the ticket that it became a part of, if any.
pub async fn take(tx: &mut Writer<'_>, hash: [u8; 32], sender: &str, ticket: Option<TicketId>) -> sqlx::Result<()> {
    let insert = sqlx::query(TAKE).bind(hash.to_vec()).bind(sender.to_owned());
    let insert = insert.bind(ticket.unwrap_or(TicketId(0))).bind(tx.now.utc());
    tx.execute(insert).await.map(drop)
}

/// A line of the log of mails. Texts are as they are stored, and fit into the columns.
#[derive(Debug)]
pub struct MailLine<'l> {
    pub to: &'l str,
    pub copy_to: &'l str,
    pub name: &'l str,
    pub email: &'l str,
    pub subject: &'l str,
    pub message: &'l str,
    /// What became of the mail.
    pub status: &'l str,
    /// The names of its files.
    pub files: &'l str,
}

pub async fn log(tx: &mut Writer<'_>, line: &MailLine<'_>) -> sqlx::Result<()> {
    let insert = sqlx::query(LOG)
        .bind(tx.now.local())
        .bind(line.to.to_owned())
        .bind(line.copy_to.to_owned())
        .bind(line.name.to_owned())
        .bind(line.email.to_owned())
        .bind(line.subject.to_owned())
        .bind(line.message.to_owned())
        .bind(line.status.to_owned())
        .bind(line.files.to_owned());
    tx.execute(insert).await.map(drop)
}

/// Forgets mails that were taken before this time.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mod_whmcs_api_received_mails WHERE received_at < ?").bind(time).execute(db).await.map(drop)
}
