//! The messages of several tickets.

use std::collections::HashMap;

use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::domain::id::TicketId;

/// A message of a ticket.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub ticket: i64,
    /// The id of the reply; 0 for the message that opened the ticket.
    pub reply: i64,
    pub date: String,
    pub text: String,
    pub attachment: String,
    /// The name of the member of staff who wrote it, or empty.
    pub staff: String,
    /// 0 for a guest.
    pub client: i64,
    /// The author's name and e-mail address if no staff wrote it.
    pub name: String,
    pub email: String,
}

from_row!(MessageRow { ticket, reply, date, text, attachment, staff, client, name, email });

/// Which messages of a ticket are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// The one that opened it.
    First,
    All,
}

/// Returns the messages of these tickets, the oldest first.
pub async fn of_tickets(
    db: &mut MySqlConnection,
    messages: Messages,
    tickets: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<MessageRow>> {
    let columns = "COALESCE(CAST(m.date AS CHAR), '0000-00-00 00:00:00') AS `date`, \
         CONVERT(m.message USING utf8mb4) COLLATE utf8mb4_unicode_ci AS text, \
         CONVERT(m.attachment USING utf8mb4) COLLATE utf8mb4_unicode_ci AS attachment, \
         CONVERT(m.admin USING utf8mb4) COLLATE utf8mb4_unicode_ci AS staff, CAST(m.userid AS SIGNED) AS client, \
         CONVERT(COALESCE(TRIM(CONCAT(c.firstname, ' ', c.lastname)), m.name) USING utf8mb4) COLLATE utf8mb4_unicode_ci AS name, \
         CONVERT(COALESCE(c.email, m.email) USING utf8mb4) COLLATE utf8mb4_unicode_ci AS email";
    let wanted = "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted";
    let statement = format!(
        "SELECT CAST(m.id AS SIGNED) AS ticket, 0 AS reply, {columns} FROM {wanted} JOIN tbltickets m ON m.id = wanted.id \
              LEFT JOIN tblclients c ON c.id = m.userid \
         UNION ALL \
         SELECT CAST(m.tid AS SIGNED), CAST(m.id AS SIGNED), {columns} FROM {wanted} \
              JOIN tblticketreplies m ON m.tid = wanted.id LEFT JOIN tblclients c ON c.id = m.userid WHERE ? = 1"
    );
    let list = id_list(tickets);
    let rows = sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(list.clone()).bind(list);
    let rows = rows.bind(i32::from(messages == Messages::All)).fetch_all(db).await;
    let mut rows: Vec<MessageRow> = rows?;
    rows.sort_unstable_by(|one, other| {
        (one.reply != 0, &one.date, one.reply).cmp(&(other.reply != 0, &other.date, other.reply))
    });
    Ok(rows)
}

/// Returns the number of replies of each of these tickets that has some.
pub async fn reply_counts(
    db: &mut MySqlConnection,
    tickets: impl Iterator<Item = i64>,
) -> sqlx::Result<HashMap<i64, usize>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT CAST(m.tid AS SIGNED), COUNT(*) FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
              JOIN tblticketreplies m ON m.tid = wanted.id GROUP BY m.tid",
    )
    .bind(id_list(tickets))
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(ticket, count)| (ticket, usize::try_from(count).unwrap_or_default())).collect())
}

/// A department that clients see.
#[derive(Debug)]
pub struct DepartmentRow {
    pub id: i64,
    pub name: String,
    pub email: String,
}

from_row!(DepartmentRow { id, name, email });

/// Which departments are returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departments {
    All,
    /// Those that are not hidden.
    Visible,
    /// Of these, those that take tickets of guests.
    ForGuests,
}

/// Returns departments in their order.
pub async fn departments(db: &mut MySqlConnection, which: Departments) -> sqlx::Result<Vec<DepartmentRow>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, name, email FROM tblticketdepartments \
         WHERE (? OR hidden NOT IN ('on', '1')) AND (? OR clientsonly NOT IN ('on', '1')) ORDER BY `order`, tblticketdepartments.id",
    )
    .bind(which == Departments::All)
    .bind(which != Departments::ForGuests)
    .fetch_all(db)
    .await
}

/// Finds a ticket of a guest by its number and its access code.
pub async fn guest_ticket(db: &mut MySqlConnection, number: &str, code: &str) -> sqlx::Result<Option<TicketId>> {
    let find = "SELECT CAST(id AS SIGNED) FROM tbltickets \
                WHERE tid = ? AND CAST(c AS BINARY) = CAST(? AS BINARY) AND c <> '' AND userid = 0 AND merged_ticket_id = 0 LIMIT 1";
    sqlx::query_scalar(find).bind(number).bind(code).fetch_optional(db).await
}

/// Returns name and e-mail address of the guest who has opened a ticket.
pub async fn opener(db: &mut MySqlConnection, id: TicketId) -> sqlx::Result<Option<(String, String)>> {
    sqlx::query_as("SELECT name, email FROM tbltickets WHERE id = ?").bind(id).fetch_optional(db).await
}
