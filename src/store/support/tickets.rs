//! Opening and changing tickets (`tbltickets`, `tblticketlog`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::errors::is_schema_mismatch;
use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{AdminId, ClientId, ContactId, DepartmentId, TicketId, UserId};
use crate::domain::ticket::Priority;

/// A ticket, or the one into which it was merged, with the departments of a member of staff.
macro_rules! visible {
    ($condition:literal) => {
        concat!(
            "SELECT CAST(t.id AS SIGNED) AS id, CAST(t.did AS SIGNED) AS department, \
                    COALESCE((SELECT a.supportdepts FROM tbladmins a WHERE a.id = ?), '') AS assigned \
             FROM tbltickets s \
             JOIN tbltickets t ON t.id = CASE s.merged_ticket_id WHEN 0 THEN s.id ELSE s.merged_ticket_id END \
             WHERE ",
            $condition,
            " ORDER BY s.id LIMIT 1"
        )
    };
}

const ID: &str = "SELECT CAST(id AS SIGNED) FROM tbltickets WHERE tid = ? ORDER BY id LIMIT 1";
const FIND: &str = visible!("s.id = ?");
const FIND_BY_NUMBER: &str = visible!("s.tid = ?");
const LOCK: &str = "SELECT CAST(id AS SIGNED) AS id, COALESCE(tid, '') AS number, c AS access_code, COALESCE(CAST(date AS CHAR), '0000-00-00 00:00:00') AS opened, \
            CAST(did AS SIGNED) AS department, CAST(userid AS SIGNED) AS client, name, email, cc AS copy_to, \
            title AS subject, status, urgency AS priority, CAST(flag AS SIGNED) AS flag \
     FROM tbltickets WHERE id = ? AND merged_ticket_id = 0 FOR UPDATE";
const OPEN: &str = "INSERT INTO tbltickets (tid, did, userid, contactid, requestor_id, \
                            prevent_client_closure, name, email, cc, c, ipaddress, `date`, title, message, status, urgency, admin, \
                            attachment, lastreply, flag, clientunread, adminunread, replyingadmin, replyingtime, \
                            service, editor, updated_at) \
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, '', 0, '0000-00-00 00:00:00', ?, ?, ? \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tbltickets WHERE tid = ?)";
const RECORD_REPLY: &str = "UPDATE tbltickets SET status = ?, lastreply = GREATEST(lastreply, ?), \
            clientunread = COALESCE(?, clientunread), adminunread = COALESCE(?, adminunread), updated_at = ? \
     WHERE id = ?";
const UPDATE: &str = "UPDATE tbltickets SET did = COALESCE(?, did), \
            prevent_client_closure = COALESCE(?, prevent_client_closure), status = COALESCE(?, status), \
            title = COALESCE(?, title), contactid = CASE WHEN ? THEN 0 ELSE contactid END, \
            requestor_id = CASE WHEN ? THEN 0 ELSE requestor_id END, userid = COALESCE(?, userid), \
            name = COALESCE(?, name), email = COALESCE(?, email), cc = COALESCE(?, cc), \
            urgency = COALESCE(?, urgency), `date` = COALESCE(?, `date`), flag = COALESCE(?, flag), \
            message = COALESCE(?, message), editor = COALESCE(?, editor), updated_at = ? \
     WHERE id = ?";
const TOUCH: &str = "UPDATE tbltickets SET updated_at = ? WHERE id = ?";
const LOG: &str = "INSERT INTO tblticketlog (`date`, tid, action) VALUES (?, ?, ?)";

/// Returns the ticket with this public number.
pub async fn id(db: &mut MySqlConnection, number: &str) -> sqlx::Result<Option<TicketId>> {
    let id: Option<i64> = sqlx::query_scalar(ID).bind(number.to_owned()).fetch_optional(db).await?;
    Ok(id.map(TicketId))
}

/// A ticket with what decides who may see it.
#[derive(Debug)]
pub struct VisibleTicket {
    pub id: TicketId,
    pub department: DepartmentId,
    /// The departments of the member of staff who asks, separated by commas.
    pub assigned: String,
}

from_row!(VisibleTicket { id, department, assigned });

/// Finds a ticket, or the one into which it was merged, for this member of staff.
pub async fn find(db: &mut MySqlConnection, id: TicketId, staff: AdminId) -> sqlx::Result<Option<VisibleTicket>> {
    sqlx::query_as(FIND).bind(staff).bind(id).fetch_optional(db).await
}

/// As [`find`], by the number that clients see.
pub async fn find_by_number(
    db: &mut MySqlConnection,
    number: &str,
    staff: AdminId,
) -> sqlx::Result<Option<VisibleTicket>> {
    sqlx::query_as(FIND_BY_NUMBER).bind(staff).bind(number.to_owned()).fetch_optional(db).await
}

/// A ticket that was locked to be changed.
#[derive(Debug)]
pub struct LockedTicket {
    pub id: TicketId,
    /// The number that clients see.
    pub number: String,
    /// The code with which a guest can read the ticket.
    pub access_code: String,
    pub opened: String,
    pub department: DepartmentId,
    /// 0 if a guest opened it.
    pub client: i64,
    /// For guests only.
    pub name: String,
    /// For guests only.
    pub email: String,
    /// Addresses, separated by commas.
    pub copy_to: String,
    pub subject: String,
    pub status: String,
    pub priority: String,
    /// The member of staff to whom it is flagged, or 0.
    pub flag: i64,
}

from_row!(LockedTicket {
    id,
    number,
    access_code,
    opened,
    department,
    client,
    name,
    email,
    copy_to,
    subject,
    status,
    priority,
    flag
});

impl LockedTicket {
    /// The client; `None` if a guest opened it.
    pub fn client(&self) -> Option<ClientId> {
        (self.client != 0).then_some(ClientId(self.client))
    }
}

/// Reads a ticket and locks its row until the transaction ends. One that was merged into another one is not found.
pub async fn lock(db: &mut Lease, id: TicketId) -> sqlx::Result<Option<LockedTicket>> {
    sqlx::query_as(LOCK).bind(id).fetch_optional(db.lock(Subject::Ticket(id)).await?).await
}

/// A ticket to insert.
#[derive(Debug)]
pub struct NewTicket<'a> {
    pub number: &'a str,
    pub access_code: &'a str,
    pub department: DepartmentId,
    pub client: Option<ClientId>,
    pub contact: Option<ContactId>,
    pub user: Option<UserId>,
    pub prevents_closure: bool,
    /// For guests only.
    pub name: &'a str,
    /// For guests only.
    pub email: &'a str,
    pub date: NaiveDateTime,
    pub subject: &'a str,
    pub message: &'a str,
    pub status: &'a str,
    pub priority: Priority,
    /// The name of the member of staff who opens it, or empty.
    pub staff: &'a str,
    /// The names of the stored files, as [`crate::attachments`] returns them.
    pub attachment: &'a str,
    /// The related service, as [`crate::domain::ticket::Related::code`] writes it.
    pub service: &'a str,
    pub editor: &'a str,
}

// `adminunread` lists the staff who have read the ticket: none yet.

/// Inserts a ticket. Returns `None`, with nothing written, if another ticket has the number.
pub async fn open(tx: &mut Writer<'_>, new: &NewTicket<'_>) -> sqlx::Result<Option<TicketId>> {
    let (utc, address) = (tx.now.utc(), &tx.author.address);
    let insert = sqlx::query(OPEN)
        .bind(new.number)
        .bind(new.department)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(new.contact.map_or(0, |contact| contact.0))
        .bind(new.user.map_or(0, |user| user.0))
        .bind(i32::from(new.prevents_closure))
        .bind(new.name)
        .bind(new.email)
        .bind(new.access_code)
        .bind(address)
        .bind(new.date)
        .bind(new.subject)
        .bind(new.message)
        .bind(new.status)
        .bind(new.priority.name())
        .bind(new.staff)
        .bind(new.attachment)
        .bind(new.date)
        .bind(i32::from(!new.staff.is_empty()))
        .bind(new.service)
        .bind(new.editor)
        .bind(utc)
        .bind(new.number);
    let done = tx.execute(insert).await?;
    Ok((done.rows_affected() == 1).then(|| TicketId(done.last_insert_id().cast_signed())))
}

/// Who has replied, which decides for whom the ticket becomes unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplySide {
    Staff,
    Client,
}

/// Updates a ticket after a reply.
pub async fn record_reply(
    tx: &mut Writer<'_>,
    id: TicketId,
    side: ReplySide,
    status: &str,
    date: NaiveDateTime,
) -> sqlx::Result<()> {
    let (client_unread, staff_who_read) = match side {
        ReplySide::Staff => (Some(1), None),
        ReplySide::Client => (None, Some("")),
    };
    let change = sqlx::query(RECORD_REPLY)
        .bind(status)
        .bind(date)
        .bind(client_unread)
        .bind(staff_who_read)
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Changes to a ticket; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct TicketChanges {
    pub department: Option<DepartmentId>,
    pub prevents_closure: Option<bool>,
    pub status: Option<String>,
    pub subject: Option<String>,
    /// The new client; the former client's contact or user is then removed from the ticket.
    pub client: Option<ClientId>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub copy_to: Option<String>,
    pub priority: Option<Priority>,
    pub date: Option<NaiveDateTime>,
    /// 0 for nobody.
    pub flag: Option<AdminId>,
    pub message: Option<String>,
    pub editor: Option<&'static str>,
}

pub async fn update(tx: &mut Writer<'_>, ticket: &LockedTicket, changes: &TicketChanges) -> sqlx::Result<()> {
    let changes_client = changes.client.is_some_and(|client| client.0 != ticket.client);
    let change = sqlx::query(UPDATE)
        .bind(changes.department)
        .bind(changes.prevents_closure.map(i32::from))
        .bind(&changes.status)
        .bind(&changes.subject)
        .bind(i32::from(changes_client))
        .bind(i32::from(changes_client))
        .bind(changes.client)
        .bind(&changes.name)
        .bind(&changes.email)
        .bind(&changes.copy_to)
        .bind(changes.priority.map(Priority::name))
        .bind(changes.date)
        .bind(changes.flag)
        .bind(&changes.message)
        .bind(changes.editor)
        .bind(tx.now.utc())
        .bind(ticket.id);
    tx.execute(change).await.map(|_| ())
}

/// Updates a ticket's time of change, after a change of something that belongs to it.
pub async fn touch(tx: &mut Writer<'_>, id: TicketId) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    tx.execute(sqlx::query(TOUCH).bind(utc).bind(id)).await.map(|_| ())
}

/// Adds a line to the ticket's own history.
pub async fn log(tx: &mut Writer<'_>, id: TicketId, action: &str) -> sqlx::Result<()> {
    let now = tx.now.local();
    tx.execute(sqlx::query(LOG).bind(now).bind(id).bind(action.to_owned())).await.map(|_| ())
}

/// Whether rows of tickets refer to attachments. A database without tickets has none.
pub async fn has_attachments(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    let statement = "SELECT EXISTS(SELECT 1 FROM tbltickets WHERE attachment <> '') \
                         OR EXISTS(SELECT 1 FROM tblticketreplies WHERE attachment <> '')";
    match sqlx::query_scalar(statement).persistent(false).fetch_one(db).await {
        Err(error) if is_schema_mismatch(&error) => Ok(false),
        found => found,
    }
}
