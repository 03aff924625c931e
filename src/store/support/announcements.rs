//! Announcements (`tblannouncements`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::AnnouncementId;

const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblannouncements WHERE id = ?";
const FIND: &str = "SELECT COALESCE(CAST(`date` AS CHAR), '0000-00-00 00:00:00') AS `date`, title, announcement AS text, \
            published <> 0 AS is_published \
     FROM tblannouncements WHERE id = ?";
const ADD: &str = "INSERT INTO tblannouncements (`date`, title, announcement, published, parentid, language, created_at, updated_at) \
     VALUES (?, ?, ?, ?, 0, '', ?, ?)";
const UPDATE: &str = "UPDATE tblannouncements SET `date` = COALESCE(?, `date`), title = COALESCE(?, title), \
            announcement = COALESCE(?, announcement), published = COALESCE(?, published), updated_at = ? WHERE id = ?";
const DELETE: &str = "DELETE FROM tblannouncements WHERE id = ? OR parentid = ?";

/// An announcement in the operator's default language.
#[derive(Debug)]
pub struct AnnouncementRow {
    pub id: AnnouncementId,
    pub date: String,
    pub title: String,
    /// HTML.
    pub text: String,
    pub is_published: bool,
    pub parent: i64,
    pub language: String,
    pub created: String,
    pub updated: String,
}

from_row!(AnnouncementRow { id, date, title, text, is_published, parent, language, created, updated });

/// Returns a page of announcements, the newest first, without translations.
pub async fn list(
    db: &mut MySqlConnection,
    includes_unpublished: bool,
    page: Page,
) -> sqlx::Result<Listed<AnnouncementRow>> {
    let statement = ListStatement {
        columns: "CAST(a.id AS SIGNED) AS id, COALESCE(CAST(a.date AS CHAR), '0000-00-00 00:00:00') AS `date`, a.title, \
                  a.announcement AS text, a.published <> 0 AS is_published, CAST(a.parentid AS SIGNED) AS parent, a.language, \
                  COALESCE(CAST(a.created_at AS CHAR), '0000-00-00 00:00:00') AS created, \
                  COALESCE(CAST(a.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated",
        table: "tblannouncements a",
        joins: "",
        filter: &|query| {
            query.push(" WHERE a.parentid = 0");
            if !includes_unpublished {
                query.push(" AND a.published <> 0");
            }
        },
        order: "ORDER BY a.date DESC, a.id DESC",
    };
    statement.read(db, page).await
}

pub async fn exists(db: &mut MySqlConnection, id: AnnouncementId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// What an announcement says.
#[derive(Debug)]
pub struct AnnouncementText {
    pub date: String,
    pub title: String,
    /// HTML.
    pub text: String,
    pub is_published: bool,
}

from_row!(AnnouncementText { date, title, text, is_published });

pub async fn find(db: &mut MySqlConnection, id: AnnouncementId) -> sqlx::Result<Option<AnnouncementText>> {
    sqlx::query_as(FIND).bind(id).fetch_optional(db).await
}

/// An announcement to insert.
#[derive(Debug)]
pub struct NewAnnouncement {
    pub date: NaiveDateTime,
    pub title: String,
    /// HTML.
    pub text: String,
    pub is_published: bool,
}

/// Inserts an announcement and returns its id.
pub async fn add(tx: &mut Writer<'_>, new: &NewAnnouncement) -> sqlx::Result<AnnouncementId> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD)
        .bind(new.date)
        .bind(&new.title)
        .bind(&new.text)
        .bind(i32::from(new.is_published))
        .bind(utc)
        .bind(utc);
    tx.insert(insert).await.map(AnnouncementId)
}

/// Changes to an announcement; `None` leaves a field as it is.
#[derive(Debug, Default)]
pub struct AnnouncementChanges {
    pub date: Option<NaiveDateTime>,
    pub title: Option<String>,
    pub text: Option<String>,
    pub is_published: Option<bool>,
}

pub async fn update(tx: &mut Writer<'_>, id: AnnouncementId, changes: &AnnouncementChanges) -> sqlx::Result<()> {
    let change = sqlx::query(UPDATE)
        .bind(changes.date)
        .bind(&changes.title)
        .bind(&changes.text)
        .bind(changes.is_published.map(i32::from))
        .bind(tx.now.utc())
        .bind(id);
    tx.execute(change).await.map(|_| ())
}

/// Deletes an announcement with its translations.
pub async fn delete(tx: &mut Writer<'_>, id: AnnouncementId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(DELETE).bind(id).bind(id)).await.map(|_| ())
}
