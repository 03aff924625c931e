//! Credit of clients: the balance (`tblclients.credit`) and its history (`tblcredit`), which always change together.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{AdminId, ClientId};
use crate::domain::money::Money;

const INSERT: &str =
    "INSERT INTO tblcredit (clientid, admin_id, date, description, amount, relid) VALUES (?, ?, ?, ?, ?, ?)";
const LOCK: &str = "SELECT credit FROM tblclients WHERE id = ? FOR UPDATE";
const CHANGE: &str =
    "UPDATE tblclients SET credit = credit + ?, updated_at = ? WHERE id = ? AND credit + ? >= LEAST(credit, 0)";

/// A change of a client's balance, with the history row to insert.
#[derive(Debug)]
pub struct CreditChange<'d> {
    pub client: ClientId,
    /// Negative if credit is taken.
    pub amount: Money,
    pub date: NaiveDate,
    pub description: &'d str,
    pub admin: AdminId,
    /// Id of the related row, such as an invoice; 0 for none.
    pub related: i64,
}

/// Locks a client with all that belongs to them until the transaction ends, and returns the balance; `None` if the client does
/// not exist.
pub async fn lock(db: &mut Lease, client: ClientId) -> sqlx::Result<Option<Money>> {
    sqlx::query_scalar(LOCK).bind(client).fetch_optional(db.lock(Subject::Client(client)).await?).await
}

/// Changes a balance and inserts the reason into the history. Returns `false`, with nothing written, if the balance
/// would fall below zero (or further below it, if it is negative already).
pub async fn change(tx: &mut Writer<'_>, change: &CreditChange<'_>) -> sqlx::Result<bool> {
    let balance = sqlx::query(CHANGE).bind(change.amount).bind(tx.now.utc()).bind(change.client).bind(change.amount);
    if !tx.change(balance).await? {
        return Ok(false);
    }
    let entry = sqlx::query(INSERT)
        .bind(change.client)
        .bind(change.admin)
        .bind(change.date)
        .bind(change.description)
        .bind(change.amount)
        .bind(change.related);
    tx.execute(entry).await?;
    Ok(true)
}

/// A row of the credit history.
#[derive(Debug)]
pub struct CreditRow {
    pub id: i64,
    /// `YYYY-MM-DD`.
    pub date: String,
    pub description: String,
    pub amount: Money,
    pub related: i64,
}

from_row!(CreditRow { id, date, description, amount, related });

/// Returns a client's credit history, oldest first, or `None` if the client does not exist.
pub async fn history(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<Vec<CreditRow>>> {
    let history = sqlx::query_as(
        "SELECT COALESCE(CAST(t.id AS SIGNED), 0) AS id, COALESCE(CAST(t.date AS CHAR), '') AS date, \
                COALESCE(t.description, '') AS description, COALESCE(t.amount, 0) AS amount, \
                COALESCE(CAST(t.relid AS SIGNED), 0) AS related \
         FROM tblclients c LEFT JOIN tblcredit t ON t.clientid = c.id WHERE c.id = ?",
    );
    let mut entries: Vec<CreditRow> = history.bind(client).fetch_all(db).await?;
    if entries.is_empty() {
        return Ok(None);
    }
    // The outer join returns one empty row for a client without history.
    entries.retain(|entry| entry.id != 0);
    entries.sort_unstable_by(|one, other| (&one.date, one.id).cmp(&(&other.date, other.id)));
    Ok(Some(entries))
}
