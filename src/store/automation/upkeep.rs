//! Tickets that nobody answers, commissions that clear, and clients with nothing active.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AffiliateId, ClientId, InvoiceId, TicketId};
use crate::domain::money::Money;

/// Tickets whose last message is by staff and older than a time, in a status that is closed by itself.
macro_rules! inactive {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(t.id AS SIGNED) FROM tbltickets t JOIN tblticketstatuses s ON s.title = t.status \
             LEFT JOIN tblclients c ON c.id = t.userid \
             WHERE s.autoclose <> 0 AND t.status <> 'Closed' AND t.lastreply > '0000-00-00 00:00:00' AND t.lastreply <= ? \
               AND t.merged_ticket_id = 0 AND t.prevent_client_closure = 0 AND COALESCE(c.overrideautoclose, 0) = 0 \
               AND COALESCE((SELECT r.admin FROM tblticketreplies r WHERE r.tid = t.id ORDER BY r.date DESC, r.id DESC LIMIT 1), \
                            t.admin) <> '' ",
            $rest
        )
    };
}

/// Whether a client has something active, or an invoice that is not paid.
macro_rules! is_busy {
    () => {
        "(EXISTS(SELECT 1 FROM tblhosting h WHERE h.userid = c.id AND h.domainstatus IN ('Pending', 'Active', 'Suspended')) \
          OR EXISTS(SELECT 1 FROM tblhostingaddons a WHERE a.userid = c.id AND a.status IN ('Pending', 'Active', 'Suspended')) \
          OR EXISTS(SELECT 1 FROM tbldomains d WHERE d.userid = c.id AND d.status IN \
                    ('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption')) \
          OR EXISTS(SELECT 1 FROM tblinvoices i WHERE i.userid = c.id AND i.status IN ('Unpaid', 'Payment Pending', 'Collections')))"
    };
}

const INACTIVE: &str = inactive!("ORDER BY t.id");
const IS_INACTIVE: &str = inactive!("AND t.id = ?");
const CLEARING: &str = "SELECT CAST(id AS SIGNED) FROM tblaffiliatespending WHERE clearingdate <= ? ORDER BY id";
const PAYER_OF: &str = "SELECT CAST(COALESCE(h.userid, f.clientid) AS SIGNED) FROM tblaffiliatespending p \
     JOIN tblaffiliatesaccounts a ON a.id = p.affaccid JOIN tblaffiliates f ON f.id = a.affiliateid \
     LEFT JOIN tblhosting h ON h.id = a.relid WHERE p.id = ?";
const PENDING: &str = "SELECT CAST(p.id AS SIGNED) AS id, CAST(a.id AS SIGNED) AS account, CAST(a.affiliateid AS SIGNED) AS affiliate, \
            CAST(p.invoice_id AS SIGNED) AS invoice, p.amount, COALESCE(CAST(p.clearingdate AS CHAR), '0000-00-00') AS clears_on, \
            COALESCE(h.domainstatus, '') = 'Active' AS is_active \
     FROM tblaffiliatespending p JOIN tblaffiliatesaccounts a ON a.id = p.affaccid \
     LEFT JOIN tblhosting h ON h.id = a.relid WHERE p.id = ?";
const DELETE_PENDING: &str = "DELETE FROM tblaffiliatespending WHERE id = ? AND amount = ?";
const TO_CHANGE: &str = concat!(
    "SELECT CAST(c.id AS SIGNED) FROM tblclients c \
     WHERE (c.status = 'Active' AND NOT ",
    is_busy!(),
    ") OR (c.status = 'Inactive' AND ",
    is_busy!(),
    ") ORDER BY c.id"
);
const IS_BUSY: &str = concat!("SELECT c.status, ", is_busy!(), " AS is_busy FROM tblclients c WHERE c.id = ?");
const SET_STATUS: &str = "UPDATE tblclients SET status = ?, updated_at = ? WHERE id = ? AND status = ?";

/// Returns the tickets whose last answer, by staff, is not after this local time, and that are closed by themselves.
pub async fn inactive_tickets(db: &mut MySqlConnection, until: NaiveDateTime) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(INACTIVE).bind(until).fetch_all(db).await
}

/// Whether [`inactive_tickets`] would return a ticket.
pub async fn is_inactive(db: &mut MySqlConnection, id: TicketId, until: NaiveDateTime) -> sqlx::Result<bool> {
    let found: Option<i64> = sqlx::query_scalar(IS_INACTIVE).bind(until).bind(id).fetch_optional(db).await?;
    Ok(found.is_some())
}

/// Returns the commissions that clear until this day.
pub async fn clearing(db: &mut MySqlConnection, until: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(CLEARING).bind(until).fetch_all(db).await
}

/// Returns the client who has the service for which a commission is to be credited, or the affiliate if that is gone.
pub async fn payer_of(db: &mut MySqlConnection, pending: i64) -> sqlx::Result<Option<ClientId>> {
    let client: Option<i64> = sqlx::query_scalar(PAYER_OF).bind(pending).fetch_optional(db).await?;
    Ok(client.map(ClientId))
}

/// A commission that is to be credited.
#[derive(Debug, Clone)]
pub struct PendingCommission {
    pub id: i64,
    pub account: i64,
    pub affiliate: AffiliateId,
    pub invoice: InvoiceId,
    pub amount: Money,
    pub clears_on: String,
    /// Whether the service for which it was given is active.
    pub is_active: bool,
}

from_row!(PendingCommission { id, account, affiliate, invoice, amount, clears_on, is_active });

/// Reads a commission that is to be credited.
pub async fn pending(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<PendingCommission>> {
    sqlx::query_as(PENDING).bind(id).fetch_optional(db).await
}

/// Deletes a commission that is not to be credited any more. Returns `false` if it has changed.
pub async fn delete_pending(tx: &mut Writer<'_>, pending: &PendingCommission) -> sqlx::Result<bool> {
    tx.change(sqlx::query(DELETE_PENDING).bind(pending.id).bind(pending.amount)).await
}

/// Returns the clients who are Active with nothing active, or Inactive with something.
pub async fn clients_to_change(db: &mut MySqlConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(TO_CHANGE).fetch_all(db).await
}

/// Returns the status of a client, and whether they have something active or an unpaid invoice.
pub async fn client_status(db: &mut MySqlConnection, id: ClientId) -> sqlx::Result<Option<(String, bool)>> {
    sqlx::query_as(IS_BUSY).bind(id).fetch_optional(db).await
}

/// Sets the status of a client. Returns `false`, with nothing written, if it was changed meanwhile.
pub async fn set_client_status(tx: &mut Writer<'_>, id: ClientId, from: &str, to: &'static str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SET_STATUS).bind(to).bind(tx.now.utc()).bind(id).bind(from.to_owned())).await
}
