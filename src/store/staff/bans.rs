//! Bans of network addresses (`tblbannedips`).

use std::net::IpAddr;

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;

const ADD: &str = "INSERT INTO tblbannedips (ip, reason, expires) VALUES (?, ?, ?)";
/// An IPv6 address can be written in many ways.
const CANDIDATES: &str = "SELECT ip FROM tblbannedips \
     WHERE expires > ? AND (ip = ? OR ip LIKE '%*%' OR ip LIKE '%:%')";

const LIST: &str = "SELECT CAST(id AS SIGNED) AS id, ip AS address, reason, CAST(expires AS CHAR) AS `end` FROM tblbannedips \
     WHERE expires > ? ORDER BY expires, id";
const LIFT: &str = "DELETE FROM tblbannedips WHERE id = ?";

/// A ban of an address or a block.
#[derive(Debug)]
pub struct Ban {
    pub id: i64,
    /// As it is written.
    pub address: String,
    pub reason: String,
    /// On the operator's clock.
    pub end: String,
}

from_row!(Ban { id, address, reason, end });

/// Adds a ban until a time on the operator's clock, and returns its id.
pub async fn add(tx: &mut Writer<'_>, address: &str, reason: &str, end: NaiveDateTime) -> sqlx::Result<i64> {
    tx.insert(sqlx::query(ADD).bind(address.to_owned()).bind(reason.to_owned()).bind(end)).await
}

/// Returns the bans at this time that may concern an address, as they are written.
pub async fn candidates(db: &mut MySqlConnection, address: IpAddr, now: NaiveDateTime) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(CANDIDATES).bind(now).bind(address.to_canonical().to_string()).fetch_all(db).await
}

/// Returns all bans at this time, as they are written.
pub async fn active(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT ip FROM tblbannedips WHERE expires > ?").bind(now).fetch_all(db).await
}

/// Returns all bans at this time with their reasons, the next one to end first.
pub async fn list(db: &mut MySqlConnection, now: NaiveDateTime) -> sqlx::Result<Vec<Ban>> {
    sqlx::query_as(LIST).bind(now).fetch_all(db).await
}

/// Ends a ban. Returns whether it was still there.
pub async fn lift(db: &mut MySqlConnection, id: i64) -> sqlx::Result<bool> {
    Ok(sqlx::query(LIFT).bind(id).execute(db).await?.rows_affected() == 1)
}
