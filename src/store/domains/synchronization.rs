//! Which domains are to be compared with what their registrars know (`tbldomains.synced`).

use sqlx::MySqlConnection;

use super::registered::{Registered, select_registered};
use crate::database::writer::Writer;
use crate::domain::id::DomainId;
use crate::domain::registrar::DomainChanges;

const LIST: &str = select_registered!(
    "WHERE ((d.status IN ('Active', 'Pending Registration') AND (? <> 0 OR d.synced = 0)) OR d.status = 'Pending Transfer') \
         AND (? = 0 OR d.id = ?) \
         AND NOT EXISTS (SELECT 1 FROM mod_whmcs_api_outbox_entries e WHERE e.subject = 'domain' AND e.subject_id = d.id \
                           AND e.kind = 'registrar' AND e.state IN ('pending', 'running')) \
         ORDER BY d.status = 'Pending Transfer' DESC, d.id LIMIT ?"
);
const RESTART: &str =
    "UPDATE tbldomains SET synced = 0 WHERE synced <> 0 AND status IN ('Active', 'Pending Registration')";
const MARK: &str = "UPDATE tbldomains SET synced = 1 WHERE id = ?";
const CHANGE: &str = "UPDATE tbldomains SET status = COALESCE(?, status), expirydate = COALESCE(?, expirydate), \
             nextinvoicedate = COALESCE(?, nextinvoicedate), nextduedate = COALESCE(?, nextduedate), synced = 1, updated_at = ? \
         WHERE id = ? AND status = ? AND COALESCE(CAST(expirydate AS CHAR), '0000-00-00') = ?";

/// Which domains to read.
#[derive(Debug, Clone, Copy)]
pub struct Selection {
    /// Only this one, whenever it was synchronized.
    pub domain: Option<DomainId>,
    pub limit: u32,
}

/// Returns the domains to synchronize: all whose transfer is pending, and of the others those that were not synchronized since
/// the last [`restart`], the oldest first.
pub async fn list(db: &mut MySqlConnection, selection: Selection) -> sqlx::Result<Vec<Registered>> {
    let only = selection.domain.map_or(0, |domain| domain.0);
    sqlx::query_as(LIST).bind(only).bind(only).bind(only).bind(selection.limit).fetch_all(db).await
}

/// Makes all domains ones that were not synchronized yet.
pub async fn restart(db: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::query(RESTART).execute(db).await.map(|_| ())
}

/// Notes that a domain was synchronized, and is as its registrar told.
pub async fn mark(db: &mut MySqlConnection, id: DomainId) -> sqlx::Result<()> {
    sqlx::query(MARK).bind(id).execute(db).await.map(|_| ())
}

/// Changes a domain to what its registrar told, unless it has changed since it was read.
pub async fn change(tx: &mut Writer<'_>, domain: &Registered, changes: &DomainChanges) -> sqlx::Result<bool> {
    let change = sqlx::query(CHANGE)
        .bind(&changes.status)
        .bind(changes.expires)
        .bind(changes.next_due)
        .bind(changes.next_due)
        .bind(tx.now.utc())
        .bind(domain.id)
        .bind(&domain.status)
        .bind(&domain.expires);
    tx.change(change).await
}
