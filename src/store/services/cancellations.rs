//! Requests to end services (`tblcancelrequests`).

use sqlx::MySqlConnection;

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ServiceId;
use crate::domain::service::CancellationKind;

const EXISTS: &str = "SELECT EXISTS(SELECT 1 FROM tblcancelrequests WHERE relid = ?)";
const ADD: &str =
    "INSERT INTO tblcancelrequests (date, relid, reason, type, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)";

/// Whether there is a request for this service, carried out or not.
pub async fn exists(db: &mut MySqlConnection, service: ServiceId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(service).fetch_one(db).await
}

/// Inserts a request of now.
pub async fn add(tx: &mut Writer<'_>, service: ServiceId, kind: CancellationKind, reason: &str) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD).bind(tx.now.local()).bind(service).bind(reason).bind(kind.name()).bind(utc).bind(utc);
    tx.execute(insert).await.map(|_| ())
}

/// A request of the list. Times are `0000-00-00 00:00:00` if there is none.
#[derive(Debug)]
pub struct CancellationRow {
    pub id: i64,
    pub date: String,
    pub service: i64,
    pub reason: String,
    pub kind: String,
    pub created_at: String,
    pub updated_at: String,
}

from_row!(CancellationRow { id, date, service, reason, kind, created_at, updated_at });

/// Returns a page of all requests, ordered by id.
pub async fn list(db: &mut MySqlConnection, page: Page) -> sqlx::Result<Listed<CancellationRow>> {
    let statement = ListStatement {
        columns: "CAST(r.id AS SIGNED) AS id, COALESCE(CAST(r.date AS CHAR), '0000-00-00 00:00:00') AS date, \
                  CAST(r.relid AS SIGNED) AS service, r.reason, r.type AS kind, \
                  COALESCE(CAST(r.created_at AS CHAR), '0000-00-00 00:00:00') AS created_at, \
                  COALESCE(CAST(r.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated_at",
        table: "tblcancelrequests r",
        joins: "",
        filter: &|_| {},
        order: "ORDER BY r.id",
    };
    statement.read(db, page).await
}
