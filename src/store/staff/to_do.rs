//! The to-do list of staff (`tbltodolist`).

use chrono::NaiveDate;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, ToDoItemId};
use crate::domain::staff::to_do::COMPLETED;

const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tbltodolist WHERE id = ?";
const UPDATE: &str = "UPDATE tbltodolist SET admin = COALESCE(?, admin), status = COALESCE(?, status), date = COALESCE(?, date), \
         title = COALESCE(?, title), description = COALESCE(?, description), duedate = COALESCE(?, duedate) \
     WHERE id = ?";

/// A row of the list.
#[derive(Debug)]
pub struct ItemRow {
    pub id: i64,
    pub date: String,
    pub title: String,
    pub description: String,
    /// The member of staff, or 0 for nobody.
    pub admin: i64,
    pub status: String,
    pub due: String,
}

from_row!(ItemRow { id, date, title, description, admin, status, due });

/// The items to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemFilter {
    All,
    /// All but those that are completed.
    Incomplete,
    Status(String),
}

/// Returns a page of items, those that are due first at the front.
pub async fn list(db: &mut MySqlConnection, filter: &ItemFilter, page: Page) -> sqlx::Result<Listed<ItemRow>> {
    let statement = ListStatement {
        columns: "CAST(id AS SIGNED) AS id, COALESCE(CAST(date AS CHAR), '0000-00-00') AS date, title, description, \
                  CAST(admin AS SIGNED) AS admin, status, COALESCE(CAST(duedate AS CHAR), '0000-00-00') AS due",
        table: "tbltodolist",
        joins: "",
        filter: &|query| apply(filter, query),
        order: "ORDER BY tbltodolist.duedate, tbltodolist.id",
    };
    statement.read(db, page).await
}

fn apply(filter: &ItemFilter, query: &mut QueryBuilder<MySql>) {
    match filter {
        ItemFilter::All => {}
        ItemFilter::Incomplete => {
            query.push(" WHERE status <> ").push_bind(COMPLETED);
        }
        ItemFilter::Status(status) => {
            query.push(" WHERE status = ").push_bind(status.clone());
        }
    }
}

/// The number of items in a status.
#[derive(Debug)]
pub struct StatusCount {
    pub status: String,
    pub items: i64,
    /// How many of them were due before today and are not completed.
    pub overdue: i64,
}

from_row!(StatusCount { status, items, overdue });

/// Counts the items by status.
pub async fn count_by_status(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<Vec<StatusCount>> {
    sqlx::query_as(
        "SELECT status, COUNT(*) AS items, \
                CAST(SUM(duedate < ? AND duedate >= '1000-01-01' AND status <> ?) AS SIGNED) AS overdue \
         FROM tbltodolist GROUP BY status",
    )
    .bind(today)
    .bind(COMPLETED)
    .fetch_all(db)
    .await
}

pub async fn exists(db: &mut MySqlConnection, id: ToDoItemId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// The fields of an item to set; others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemChanges {
    /// 0 for nobody.
    pub admin: Option<AdminId>,
    pub status: Option<&'static str>,
    /// `0000-00-00` for none, as in `due`.
    pub date: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub due: Option<String>,
}

/// Changes an item. Returns `false` if it does not exist.
pub async fn update(tx: &mut Writer<'_>, id: ToDoItemId, changes: &ItemChanges) -> sqlx::Result<bool> {
    let update = sqlx::query(UPDATE)
        .bind(changes.admin)
        .bind(changes.status)
        .bind(changes.date.clone())
        .bind(changes.title.clone())
        .bind(changes.description.clone())
        .bind(changes.due.clone())
        .bind(id);
    tx.change(update).await
}
