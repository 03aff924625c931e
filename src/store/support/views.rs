//! Lists of tickets (`tbltickets`). See also [`super::ticket_details`] and [`super::overview`].

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{Direction, ListStatement, Listed, Page};
use crate::database::sql::{changed_since, like_contains, push_is, push_like};
use crate::database::values::from_row;
use crate::domain::entities::forms;
use crate::domain::id::{AdminId, ClientId, DepartmentId, TicketId};
use crate::domain::ticket::{Authors, Departments};

from_row!(Authors {
    client_name,
    client_email,
    user_name,
    user_email,
    user_is_owner,
    contact_name,
    contact_email,
    guest_name,
    guest_email
});

/// The columns of [`Authors`], for a table with the alias `m`. For those of `m` itself a collation is stated, as this may
/// be any of several tables.
pub(in crate::store) const AUTHORS: &str = "COALESCE(TRIM(CONCAT(c.firstname, ' ', c.lastname)), '') AS client_name, \
         COALESCE(c.email, '') AS client_email, \
         COALESCE(TRIM(CONCAT(u.first_name, ' ', u.last_name)), '') AS user_name, COALESCE(u.email, '') AS user_email, \
         EXISTS(SELECT 1 FROM tblusers_clients l \
                WHERE l.auth_user_id = m.requestor_id AND l.client_id = m.userid AND l.owner <> 0) AS user_is_owner, \
         COALESCE(TRIM(CONCAT(n.firstname, ' ', n.lastname)), '') AS contact_name, \
         COALESCE(n.email, '') AS contact_email, \
         CONVERT(m.name USING utf8mb4) COLLATE utf8mb4_unicode_ci AS guest_name, \
         CONVERT(m.email USING utf8mb4) COLLATE utf8mb4_unicode_ci AS guest_email";

/// The joins that [`AUTHORS`] needs.
pub(in crate::store) const AUTHORS_FROM: &str = "LEFT JOIN tblclients c ON c.id = m.userid \
         LEFT JOIN tblusers u ON u.id = m.requestor_id \
         LEFT JOIN tblcontacts n ON n.id = m.contactid";

/// A row with the names of everybody who may have written it.
#[derive(Debug)]
pub struct WithAuthors<T> {
    pub row: T,
    pub authors: Authors,
}

impl<'r, T: FromRow<'r, MySqlRow>> FromRow<'r, MySqlRow> for WithAuthors<T> {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        Ok(WithAuthors { row: T::from_row(row)?, authors: Authors::from_row(row)? })
    }
}

/// A ticket without its replies.
#[derive(Debug)]
pub struct TicketRow {
    pub id: TicketId,
    /// The number that clients see.
    pub number: String,
    /// The code with which a guest can read the ticket.
    pub access_code: String,
    pub department: DepartmentId,
    /// Empty if the department was deleted.
    pub department_name: String,
    /// 0 if a guest opened it.
    pub client: i64,
    pub contact: i64,
    pub copy_to: String,
    /// This and the other time are `0000-00-00 00:00:00` if there is none.
    pub date: String,
    pub subject: String,
    pub status: String,
    pub priority: String,
    /// The name of the member of staff who opened it, or empty.
    pub staff: String,
    pub attachment: String,
    pub attachments_removed: bool,
    pub last_reply: String,
    /// The member of staff to whom it is flagged, or 0.
    pub flag: i64,
    pub service: String,
    /// Empty in lists, which do not read it.
    pub message: String,
}

from_row!(TicketRow {
    id,
    number,
    access_code,
    department,
    department_name,
    client,
    contact,
    copy_to,
    date,
    subject,
    status,
    priority,
    staff,
    attachment,
    attachments_removed,
    last_reply,
    flag,
    service,
    message
});

/// The columns of a ticket without the message.
pub(in crate::store) const TICKET: &str = "CAST(m.id AS SIGNED) AS id, COALESCE(m.tid, '') AS number, m.c AS access_code, \
         CAST(m.did AS SIGNED) AS department, \
         COALESCE(d.name, '') AS department_name, CAST(m.userid AS SIGNED) AS client, \
         CAST(m.contactid AS SIGNED) AS contact, m.cc AS copy_to, \
         COALESCE(CAST(m.date AS CHAR), '0000-00-00 00:00:00') AS `date`, m.title AS subject, m.status, \
         m.urgency AS priority, m.admin AS staff, m.attachment, m.attachments_removed <> 0 AS attachments_removed, \
         COALESCE(CAST(m.lastreply AS CHAR), '0000-00-00 00:00:00') AS last_reply, CAST(m.flag AS SIGNED) AS flag, \
         m.service";

/// The join that [`TICKET`] needs.
pub(in crate::store) const DEPARTMENT: &str = "LEFT JOIN tblticketdepartments d ON d.id = m.did";

/// Filter for tickets. Tickets that were merged into others are never listed.
#[derive(Debug)]
pub struct TicketFilter {
    pub departments: Departments,
    pub department: Option<DepartmentId>,
    pub client: Option<ClientId>,
    /// The e-mail address of a guest.
    pub email: Option<String>,
    /// Only tickets with one of these statuses.
    pub statuses: Option<Vec<String>>,
    /// Only tickets that are flagged to this member of staff.
    pub flag: Option<AdminId>,
    /// A part of the subject.
    pub subject: Option<String>,
    /// Only tickets that have changed since then, in UTC.
    pub updated_since: Option<NaiveDateTime>,
    pub more: MoreTicketFilters,
}

/// What FOSSBilling's lists are filtered by besides.
#[derive(Debug, Default)]
pub struct MoreTicketFilters {
    pub id: Option<i64>,
    pub priority: Option<&'static str>,
    /// Whether a client has opened it.
    pub is_of_client: Option<bool>,
    /// A part of the name of the client or guest.
    pub name: Option<String>,
    /// A part of a message.
    pub content: Option<String>,
    /// The service or domain that it is about, as the column has it.
    pub service: Option<String>,
    /// The days between which it was opened.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// An id, or a part of the subject.
    pub search: Option<String>,
    /// Whether nothing can match.
    pub is_impossible: bool,
}

/// The column by which tickets are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketSort {
    Id,
    Number,
    Opened,
    LastReply,
    Department,
    Subject,
    Status,
    Priority,
}

/// Returns a page of tickets. Those with equal values are sorted by id, in the same direction.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &TicketFilter,
    order: TicketSort,
    direction: Direction,
    page: Page,
) -> sqlx::Result<Listed<WithAuthors<TicketRow>>> {
    let column = match order {
        TicketSort::Id => "m.id",
        TicketSort::Number => "m.tid",
        TicketSort::Opened => "m.date",
        TicketSort::LastReply => "m.lastreply",
        TicketSort::Department => "m.did",
        TicketSort::Subject => "m.title",
        TicketSort::Status => "m.status",
        TicketSort::Priority => "FIELD(m.urgency, 'Low', 'Medium', 'High')",
    };
    let direction = match direction {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    let statement = ListStatement {
        columns: &format!("{TICKET}, '' AS message, {AUTHORS}"),
        table: "tbltickets m",
        joins: &format!("{DEPARTMENT} {AUTHORS_FROM}"),
        filter: &|query| apply_filter(query, filter),
        order: &format!("ORDER BY {column} {direction}, m.id {direction}"),
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &TicketFilter) {
    query.push(" WHERE m.merged_ticket_id = 0");
    if let Departments::Only(ids) = &filter.departments {
        one_of(query, " AND m.did IN (", ids.iter().copied());
    }
    if let Some(department) = filter.department {
        query.push(" AND m.did = ").push_bind(department);
    }
    if let Some(client) = filter.client {
        query.push(" AND m.userid = ").push_bind(client);
    }
    if let Some(email) = &filter.email {
        push_is(query.push(" AND "), "m.email", email);
    }
    if let Some(statuses) = &filter.statuses {
        one_of(query, " AND m.status IN (", statuses.iter().flat_map(|status| forms(status)));
    }
    if let Some(flag) = filter.flag {
        query.push(" AND m.flag = ").push_bind(flag);
    }
    if let Some(subject) = &filter.subject {
        push_like(query.push(" AND "), &["m.title"], subject, like_contains);
    }
    if let Some(time) = filter.updated_since {
        query.push(" AND m.updated_at >= ").push_bind(changed_since(time));
    }
    filter.more.apply_to(query);
}

impl MoreTicketFilters {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        if self.is_impossible {
            query.push(" AND FALSE");
        }
        if let Some(id) = self.id {
            query.push(" AND m.id = ").push_bind(id);
        }
        if let Some(is_of_client) = self.is_of_client {
            query.push(if is_of_client { " AND m.userid <> 0" } else { " AND m.userid = 0" });
        }
        for (column, text) in [("m.urgency", self.priority), ("m.service", self.service.as_deref())] {
            if let Some(text) = text {
                push_is(query.push(" AND "), column, text);
            }
        }
        for (comparison, day) in [("DATE(m.date) >= ", self.from), ("DATE(m.date) <= ", self.to)] {
            if let Some(day) = day {
                query.push(" AND ").push(comparison).push_bind(day);
            }
        }
        if let Some(name) = &self.name {
            push_like(query.push(" AND ("), &["m.name"], name, like_contains);
            query.push(" OR EXISTS(SELECT 1 FROM tblclients k WHERE k.id = m.userid AND ");
            push_like(query, &["CONCAT(k.firstname, ' ', k.lastname)"], name, like_contains);
            query.push("))");
        }
        if let Some(content) = &self.content {
            push_like(query.push(" AND ("), &["m.message"], content, like_contains);
            query.push(" OR EXISTS(SELECT 1 FROM tblticketreplies r WHERE r.tid = m.id AND ");
            push_like(query, &["r.message"], content, like_contains);
            query.push("))");
        }
        if let Some(search) = &self.search {
            query.push(" AND (m.id = ").push_bind(search.clone()).push(" OR ");
            push_like(query, &["m.title"], search, like_contains);
            query.push(")");
        }
    }
}

fn one_of<'v, T>(query: &mut QueryBuilder<MySql>, start: &str, values: impl Iterator<Item = T>)
where
    T: 'v + sqlx::Encode<'v, MySql> + sqlx::Type<MySql>,
{
    query.push(start);
    let mut list = query.separated(", ");
    // An empty list is a syntax error in SQL.
    list.push("NULL");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}
