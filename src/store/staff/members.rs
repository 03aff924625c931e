//! The members of staff (`tbladmins`) as others see them, and who is online (`tbladminlog`).

use chrono::NaiveDateTime;
use sqlx::{MySqlConnection, QueryBuilder};

use crate::database::sql::{like_contains, push_like};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AdminId, AdminRoleId};

const SET_NOTES: &str = "UPDATE tbladmins SET notes = ?, updated_at = ? WHERE id = ?";

/// A member of staff, without anything that is secret.
#[derive(Debug)]
pub struct MemberRow {
    pub id: i64,
    pub uuid: String,
    pub role: i64,
    pub user_name: String,
    /// The module of the second factor; empty for none.
    pub second_factor: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub signature: String,
    pub notes: String,
    pub template: String,
    pub language: String,
    pub disabled: i64,
    pub login_attempts: i64,
    /// Department ids, separated by commas, as in the next.
    pub departments: String,
    pub notified_departments: String,
    pub widgets: String,
    pub hidden_widgets: String,
    pub created: String,
    pub updated: String,
}

from_row!(MemberRow {
    id,
    uuid,
    role,
    user_name,
    second_factor,
    first_name,
    last_name,
    email,
    signature,
    notes,
    template,
    language,
    disabled,
    login_attempts,
    departments,
    notified_departments,
    widgets,
    hidden_widgets,
    created,
    updated
});

/// Filter for members of staff; all conditions must hold.
#[derive(Debug)]
pub struct MemberFilter {
    pub role: Option<AdminRoleId>,
    /// A part of the e-mail address.
    pub email: Option<String>,
    pub with_disabled: bool,
}

/// Returns the members of staff in the order of their ids.
pub async fn list(db: &mut MySqlConnection, filter: &MemberFilter) -> sqlx::Result<Vec<MemberRow>> {
    let mut query = QueryBuilder::new(
        "SELECT CAST(id AS SIGNED) AS id, uuid, CAST(roleid AS SIGNED) AS role, username AS user_name, \
                authmodule AS second_factor, firstname AS first_name, lastname AS last_name, email, signature, notes, \
                template, language, CAST(disabled AS SIGNED) AS disabled, \
                CAST(loginattempts AS SIGNED) AS login_attempts, supportdepts AS departments, \
                ticketnotifications AS notified_departments, homewidgets AS widgets, hidden_widgets, \
                COALESCE(CAST(created_at AS CHAR), '0000-00-00 00:00:00') AS created, \
                COALESCE(CAST(updated_at AS CHAR), '0000-00-00 00:00:00') AS updated \
         FROM tbladmins WHERE TRUE",
    );
    if !filter.with_disabled {
        query.push(" AND disabled = 0");
    }
    if let Some(role) = filter.role {
        query.push(" AND roleid = ").push_bind(role);
    }
    if let Some(email) = &filter.email {
        push_like(query.push(" AND "), &["email"], email, like_contains);
    }
    query.push(" ORDER BY id").build_query_as().fetch_all(db).await
}

/// Replaces the notes of a member of staff. Returns `false` if they do not exist.
pub async fn set_notes(tx: &mut Writer<'_>, id: AdminId, notes: &str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_NOTES).bind(notes.to_owned()).bind(tx.now.utc()).bind(id)).await
}

/// A member of staff who is online.
#[derive(Debug)]
pub struct OnlineRow {
    pub user_name: String,
    pub since: String,
    pub address: String,
    pub last_visit: String,
}

from_row!(OnlineRow { user_name, since, address, last_visit });

/// Returns the latest log-in of each member of staff who has not logged out and was seen since a time on the operator's
/// clock; the latest first.
pub async fn online(db: &mut MySqlConnection, seen_since: NaiveDateTime) -> sqlx::Result<Vec<OnlineRow>> {
    sqlx::query_as(
        "SELECT l.adminusername AS user_name, COALESCE(CAST(l.logintime AS CHAR), '') AS since, \
                l.ipaddress AS address, COALESCE(CAST(l.lastvisit AS CHAR), '') AS last_visit \
         FROM tbladminlog l \
         WHERE l.id IN (SELECT MAX(id) FROM tbladminlog \
                        WHERE lastvisit >= ? AND (logouttime IS NULL OR logouttime < '1970-01-02') \
                        GROUP BY adminusername) \
         ORDER BY l.id DESC",
    )
    .bind(seen_since)
    .fetch_all(db)
    .await
}
