//! Closes clients: cancels and terminates what they have, and deletes nothing.

use crate::database::writer::Writer;
use crate::domain::id::ClientId;
use crate::store::webhooks::each::{self, Addons};

const INVOICES: &str = "UPDATE tblinvoices SET status = 'Cancelled', date_cancelled = ?, updated_at = ? WHERE userid = ? AND status = 'Unpaid'";
const SERVICES: &str = "UPDATE tblhosting \
     SET termination_date = CASE domainstatus WHEN 'Pending' THEN termination_date ELSE ? END, updated_at = ?, \
         domainstatus = CASE domainstatus WHEN 'Pending' THEN 'Cancelled' ELSE 'Terminated' END \
     WHERE userid = ? AND domainstatus IN ('Pending', 'Active', 'Suspended')";
const ADDONS: &str = "UPDATE tblhosting h JOIN tblhostingaddons a ON a.hostingid = h.id \
     SET a.status = 'Cancelled', a.termination_date = ?, a.updated_at = ? \
     WHERE h.userid = ? AND a.status IN ('Pending', 'Active', 'Suspended')";
const DOMAINS: &str = "UPDATE tbldomains SET status = 'Cancelled', updated_at = ? WHERE userid = ? AND status IN \
     ('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption')";
const CLIENT: &str = "UPDATE tblclients SET status = 'Closed', updated_at = ? WHERE id = ?";

// `domainstatus` is assigned last: MySQL assigns from left to right, and the other columns depend on its old value.

/// Closes a client: cancels or terminates whatever is unpaid, pending or active.
pub async fn close(tx: &mut Writer<'_>, client: ClientId) -> sqlx::Result<()> {
    each::unpaid_invoices_cancelled(tx, client).await?;
    each::addons_changed(tx, Addons::OfClient(client), "Cancelled").await?;
    let (local, today, utc) = (tx.now.local(), tx.now.date(), tx.now.utc());
    for change in [
        sqlx::query(INVOICES).bind(local).bind(utc).bind(client),
        sqlx::query(SERVICES).bind(today).bind(utc).bind(client),
        sqlx::query(ADDONS).bind(today).bind(utc).bind(client),
        sqlx::query(DOMAINS).bind(utc).bind(client),
        sqlx::query(CLIENT).bind(utc).bind(client),
    ] {
        tx.execute(change).await?;
    }
    Ok(())
}
