//! Bans of network addresses (`tblbannedips`).

use std::net::IpAddr;

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::writer::Writer;

const ADD: &str = "INSERT INTO tblbannedips (ip, reason, expires) VALUES (?, ?, ?)";
/// An IPv6 address can be written in many ways.
const CANDIDATES: &str = "SELECT ip FROM tblbannedips \
     WHERE expires > ? AND (ip = ? OR ip LIKE '%*%' OR ip LIKE '%:%')";

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
