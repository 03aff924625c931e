//! Projects (`mod_project`), their messages (`mod_projectmessages`) and their history (`mod_projectlog`).

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{like_contains, push_is, push_like};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, ClientId, ProjectId};

/// The columns of a project, which has the alias `p`.
macro_rules! columns {
    () => {
        "CAST(p.id AS SIGNED) AS id, CAST(p.userid AS SIGNED) AS client, p.title, p.ticketids AS tickets, \
         p.invoiceids AS invoices, p.notes, CAST(p.adminid AS SIGNED) AS staff, p.status, \
         COALESCE(CAST(p.created AS CHAR), '0000-00-00') AS created, \
         COALESCE(CAST(p.duedate AS CHAR), '0000-00-00') AS due, p.completed <> 0 AS is_completed, \
         COALESCE(CAST(p.lastmodified AS CHAR), '0000-00-00 00:00:00') AS changed, p.watchers"
    };
}

const FIND: &str = concat!("SELECT ", columns!(), " FROM mod_project p WHERE p.id = ?");
const EXISTS: &str = "SELECT COUNT(*) > 0 FROM mod_project WHERE id = ?";
const ADD: &str = "INSERT INTO mod_project (userid, title, ticketids, invoiceids, notes, adminid, status, created, duedate, \
                                completed, lastmodified, watchers) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')";
const UPDATE: &str = "UPDATE mod_project SET userid = COALESCE(?, userid), title = COALESCE(?, title), \
            ticketids = COALESCE(?, ticketids), invoiceids = COALESCE(?, invoiceids), notes = COALESCE(?, notes), \
            adminid = COALESCE(?, adminid), status = COALESCE(?, status), created = COALESCE(?, created), \
            duedate = COALESCE(?, duedate), completed = COALESCE(?, completed), lastmodified = ? WHERE id = ?";
const TOUCH: &str = "UPDATE mod_project SET lastmodified = ? WHERE id = ?";
const ADD_MESSAGE: &str = "INSERT INTO mod_projectmessages (projectid, `date`, message, adminid) VALUES (?, ?, ?, ?)";
const LOG: &str = "INSERT INTO mod_projectlog (projectid, `date`, msg, adminid) VALUES (?, ?, ?, ?)";

const COLUMNS: &str = columns!();

/// A project.
#[derive(Debug)]
pub struct ProjectRow {
    pub id: ProjectId,
    /// 0 if it is of no client.
    pub client: i64,
    pub title: String,
    /// Ids, separated by commas; also the next one.
    pub tickets: String,
    pub invoices: String,
    pub notes: String,
    pub staff: i64,
    pub status: String,
    pub created: String,
    pub due: String,
    pub is_completed: bool,
    pub changed: String,
    pub watchers: String,
}

from_row!(ProjectRow {
    id,
    client,
    title,
    tickets,
    invoices,
    notes,
    staff,
    status,
    created,
    due,
    is_completed,
    changed,
    watchers
});

/// Filter for projects; all conditions must hold.
#[derive(Debug, Default)]
pub struct ProjectFilter {
    pub client: Option<i64>,
    /// A part of the title; also the next one.
    pub title: Option<String>,
    pub notes: Option<String>,
    /// One of the project's tickets; also the next one.
    pub ticket: Option<String>,
    pub invoice: Option<String>,
    pub staff: Option<i64>,
    pub status: Option<String>,
    pub created: Option<NaiveDate>,
    pub due: Option<NaiveDate>,
    pub is_completed: Option<bool>,
    /// The day on which it was changed last.
    pub changed: Option<NaiveDate>,
}

/// Returns a page of projects by id.
pub async fn list(db: &mut MySqlConnection, filter: &ProjectFilter, page: Page) -> sqlx::Result<Listed<ProjectRow>> {
    let statement = ListStatement {
        columns: COLUMNS,
        table: "mod_project p",
        joins: "",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY p.id",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &ProjectFilter) {
    query.push(" WHERE TRUE");
    for (column, id) in [("p.userid", filter.client), ("p.adminid", filter.staff)] {
        if let Some(id) = id {
            query.push(" AND ").push(column).push(" = ").push_bind(id);
        }
    }
    for (column, part) in [("p.title", &filter.title), ("p.notes", &filter.notes)] {
        if let Some(part) = part {
            push_like(query.push(" AND "), &[column], part, like_contains);
        }
    }
    for (column, id) in [("p.ticketids", &filter.ticket), ("p.invoiceids", &filter.invoice)] {
        if let Some(id) = id {
            query
                .push(" AND FIND_IN_SET(")
                .push_bind(id.clone())
                .push(", REPLACE(")
                .push(column)
                .push(", ' ', '')) > 0");
        }
    }
    if let Some(status) = &filter.status {
        push_is(query.push(" AND "), "p.status", status);
    }
    let days = [("p.created", filter.created), ("p.duedate", filter.due), ("DATE(p.lastmodified)", filter.changed)];
    for (column, day) in days {
        match day {
            // The earliest day that can be represented stands for an invalid day.
            Some(NaiveDate::MIN) => {
                query.push(" AND FALSE");
            }
            Some(day) => {
                query.push(" AND ").push(column).push(" = ").push_bind(day);
            }
            None => {}
        }
    }
    if let Some(is_completed) = filter.is_completed {
        query.push(if is_completed { " AND p.completed <> 0" } else { " AND p.completed = 0" });
    }
}

pub async fn find(db: &mut MySqlConnection, id: ProjectId) -> sqlx::Result<Option<ProjectRow>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

pub async fn exists(db: &mut MySqlConnection, id: ProjectId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// A project to insert.
#[derive(Debug)]
pub struct NewProject {
    pub client: Option<ClientId>,
    pub title: String,
    /// Ids, separated by commas; also the next one.
    pub tickets: String,
    pub invoices: String,
    pub notes: String,
    pub staff: AdminId,
    pub status: String,
    pub created: NaiveDate,
    pub due: NaiveDate,
    pub is_completed: bool,
}

/// Inserts a project and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewProject) -> sqlx::Result<ProjectId> {
    let insert = sqlx::query(ADD)
        .bind(new.client.map_or(0, |client| client.0))
        .bind(&new.title)
        .bind(&new.tickets)
        .bind(&new.invoices)
        .bind(&new.notes)
        .bind(new.staff)
        .bind(&new.status)
        .bind(new.created)
        .bind(new.due)
        .bind(i32::from(new.is_completed))
        .bind(tx.now.local());
    tx.insert(insert).await.map(ProjectId)
}

/// Changes to a project; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct ProjectChanges {
    /// 0 for no client.
    pub client: Option<ClientId>,
    pub title: Option<String>,
    pub tickets: Option<String>,
    pub invoices: Option<String>,
    pub notes: Option<String>,
    pub staff: Option<AdminId>,
    pub status: Option<String>,
    pub created: Option<NaiveDate>,
    pub due: Option<NaiveDate>,
    pub is_completed: Option<bool>,
}

pub async fn update(tx: &mut Writer<'_>, id: ProjectId, changes: &ProjectChanges) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(changes.client)
        .bind(&changes.title)
        .bind(&changes.tickets)
        .bind(&changes.invoices)
        .bind(&changes.notes)
        .bind(changes.staff)
        .bind(&changes.status)
        .bind(changes.created)
        .bind(changes.due)
        .bind(changes.is_completed.map(i32::from))
        .bind(tx.now.local())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Updates a project's time of change, after a change of something that belongs to it.
pub async fn touch(tx: &mut Writer<'_>, id: ProjectId) -> sqlx::Result<()> {
    let now = tx.now.local();
    tx.execute(sqlx::query(TOUCH).bind(now).bind(id)).await.map(|_| ())
}

/// Adds a line to the project's own history.
pub async fn log(tx: &mut Writer<'_>, id: ProjectId, line: &str) -> sqlx::Result<()> {
    let insert = sqlx::query(LOG).bind(id).bind(tx.now.local()).bind(line.to_owned()).bind(tx.author.admin);
    tx.execute(insert).await.map(|_| ())
}

/// A message of a project.
#[derive(Debug)]
pub struct ProjectMessage {
    pub id: i64,
    pub date: String,
    pub message: String,
    pub staff: i64,
}

from_row!(ProjectMessage { id, date, message, staff });

/// Returns the messages of a project by id.
pub async fn messages(db: &mut MySqlConnection, project: ProjectId) -> sqlx::Result<Vec<ProjectMessage>> {
    let statement = "SELECT CAST(m.id AS SIGNED) AS id, COALESCE(CAST(m.date AS CHAR), '0000-00-00 00:00:00') AS `date`, \
                            m.message, CAST(m.adminid AS SIGNED) AS staff \
                     FROM mod_projectmessages m WHERE m.projectid = ? ORDER BY m.id";
    sqlx::query_as(statement).bind(project).fetch_all(db).await
}

/// Inserts a message and returns its id.
pub async fn add_message(tx: &mut Writer<'_>, project: ProjectId, staff: AdminId, message: &str) -> sqlx::Result<i64> {
    let now: NaiveDateTime = tx.now.local();
    tx.insert(sqlx::query(ADD_MESSAGE).bind(project).bind(now).bind(message.to_owned()).bind(staff)).await
}
