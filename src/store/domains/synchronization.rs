//! Which domains are to be compared with what their registrars know (`tbldomains.synced`).

use sqlx::MySqlConnection;

use super::registered::{Registered, select_registered};
use crate::database::writer::Writer;
use crate::domain::domains::registrar::DomainChanges;
use crate::domain::id::DomainId;

/// Begins the selection of domains: nothing that is done at their registrars may be on its way.
macro_rules! select_idle {
    ($rest:literal) => {
        select_registered!(
            "WHERE NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = d.id \
                                 AND e.kind = 'registrar' AND e.state IN ('pending', 'running', 'unknown')) AND ",
            $rest
        )
    };
}

const ONE: &str = select_idle!("d.id = ? AND d.status IN ('Active', 'Pending Registration', 'Pending Transfer')");
const TRANSFERS: &str = select_idle!("d.status = 'Pending Transfer' HAVING FIND_IN_SET(registrar, ?) ORDER BY id");
const NEXT: &str = select_idle!(
    "d.status IN ('Active', 'Pending Registration') AND d.synced = 0 HAVING FIND_IN_SET(registrar, ?) ORDER BY id LIMIT ?"
);
const RESTART: &str =
    "UPDATE tbldomains SET synced = 0 WHERE synced <> 0 AND status IN ('Active', 'Pending Registration')";
const MARK: &str = "UPDATE tbldomains SET synced = 1 WHERE id = ?";
const CHANGE: &str = "UPDATE tbldomains SET status = COALESCE(?, status), expirydate = COALESCE(?, expirydate), \
             nextinvoicedate = COALESCE(?, nextinvoicedate), nextduedate = COALESCE(?, nextduedate), updated_at = ? \
         WHERE id = ? AND status = ? AND COALESCE(CAST(expirydate AS CHAR), '0000-00-00') = ? \
           AND COALESCE(CAST(nextduedate AS CHAR), '0000-00-00') = ?";

/// Returns a domain if it is registered or about to be, whenever it was asked about.
pub async fn one(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<Vec<Registered>> {
    sqlx::query_as(ONE).bind(id).fetch_all(db).await
}

/// Returns all domains at these registrars whose transfer is pending.
pub async fn transfers(db: &mut MySqlConnection, registrars: &[&str]) -> sqlx::Result<Vec<Registered>> {
    sqlx::query_as(TRANSFERS).bind(registrars.join(",")).fetch_all(db).await
}

/// Returns the domains at these registrars that were not asked about since the last [`restart`]. Each round goes by the ids, so
/// those come first that were asked about least recently.
pub async fn next(db: &mut MySqlConnection, registrars: &[&str], limit: u32) -> sqlx::Result<Vec<Registered>> {
    sqlx::query_as(NEXT).bind(registrars.join(",")).bind(limit).fetch_all(db).await
}

/// Begins a round: no domain was asked about yet.
pub async fn restart(db: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::query(RESTART).execute(db).await.map(|_| ())
}

/// Notes that a domain was asked about.
pub async fn mark(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<()> {
    sqlx::query(MARK).bind(id).execute(db).await.map(|_| ())
}

/// Changes a domain to what its registrar reported, unless it has changed since it was read.
pub async fn change(tx: &mut Writer<'_>, domain: &Registered, changes: &DomainChanges) -> sqlx::Result<bool> {
    let change = sqlx::query(CHANGE)
        .bind(&changes.status)
        .bind(changes.expires)
        .bind(changes.next_due)
        .bind(changes.next_due)
        .bind(tx.now.utc())
        .bind(domain.id)
        .bind(&domain.status)
        .bind(&domain.expires)
        .bind(&domain.next_due);
    tx.change(change).await
}
