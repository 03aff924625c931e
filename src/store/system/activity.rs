//! The activity log (`tblactivitylog`). The wording of its lines is this server's own.

use chrono::NaiveDate;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::TEXT_BYTES;
use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{like_contains, push_is, push_like};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::entities::floor_boundary;
use crate::domain::id::ClientId;
use crate::events::{About, Event};
use crate::store::webhooks::events::raise;

const LOG: &str = "INSERT INTO tblactivitylog (date, description, user, userid, user_id, admin_id, ipaddr) \
     VALUES (?, ?, ?, ?, 0, ?, ?)";

/// Adds a line to the log, about a client if one is given, cut to the length of the column.
pub async fn log(tx: &mut Writer<'_>, client: Option<ClientId>, description: &str) -> sqlx::Result<()> {
    let line = sqlx::query(LOG)
        .bind(tx.now.local())
        .bind(description[..floor_boundary(description, TEXT_BYTES)].to_owned())
        .bind(&tx.author.name)
        .bind(client.map_or(0, |client| client.0))
        .bind(tx.author.admin)
        .bind(&tx.author.address);
    tx.execute(line).await?;
    let author = tx.author;
    let event = Event::LogActivity { description, user: &author.name, client, address: &author.address };
    raise(tx, About::client(client), &event).await
}

/// A line of the activity log.
#[derive(Debug)]
pub struct ActivityRow {
    pub id: i64,
    /// 0 for none, as in the next two.
    pub client: i64,
    pub user: i64,
    pub admin: i64,
    pub date: String,
    pub description: String,
    pub name: String,
    pub address: String,
}

from_row!(ActivityRow { id, client, user, admin, date, description, name, address });

/// Filter for the activity log; all conditions must hold.
#[derive(Debug, Default)]
pub struct ActivityFilter {
    pub client: Option<ClientId>,
    /// The earliest day that can be represented stands for an invalid day.
    pub day: Option<NaiveDate>,
    /// A user name or full name of staff, or the e-mail address of staff, a client or a user.
    pub user: Option<String>,
    /// A part of the description.
    pub description: Option<String>,
    pub address: Option<String>,
}

/// Returns a page of lines, the latest first.
pub async fn list(db: &mut MySqlConnection, filter: &ActivityFilter, page: Page) -> sqlx::Result<Listed<ActivityRow>> {
    let statement = ListStatement {
        columns: "CAST(l.id AS SIGNED) AS id, CAST(l.userid AS SIGNED) AS client, CAST(l.user_id AS SIGNED) AS user, \
                  CAST(l.admin_id AS SIGNED) AS admin, COALESCE(CAST(l.date AS CHAR), '0000-00-00 00:00:00') AS date, \
                  l.description, l.user AS name, l.ipaddr AS address",
        table: "tblactivitylog l",
        joins: "",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY l.id DESC",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &ActivityFilter) {
    query.push(" WHERE TRUE");
    if let Some(client) = filter.client {
        query.push(" AND l.userid = ").push_bind(client);
    }
    match filter.day.map(|day| (day, day.and_hms_opt(23, 59, 59))) {
        Some((NaiveDate::MIN, _) | (_, None)) => {
            query.push(" AND FALSE");
        }
        Some((day, Some(end))) => {
            query.push(" AND l.date >= ").push_bind(day).push(" AND l.date <= ").push_bind(end);
        }
        None => {}
    }
    if let Some(user) = &filter.user {
        push_is(query.push(" AND ("), "l.user", user);
        push_is(query.push(" OR l.userid IN (SELECT id FROM tblclients WHERE "), "email", user);
        push_is(query.push(") OR l.user_id IN (SELECT id FROM tblusers WHERE "), "email", user);
        push_is(query.push(") OR l.admin_id IN (SELECT id FROM tbladmins WHERE "), "email", user);
        push_is(query.push(" OR "), "TRIM(CONCAT(firstname, ' ', lastname))", user);
        query.push("))");
    }
    if let Some(description) = &filter.description {
        push_like(query.push(" AND "), &["l.description"], description, like_contains);
    }
    if let Some(address) = &filter.address {
        query.push(" AND l.ipaddr = ").push_bind(address.clone());
    }
}
