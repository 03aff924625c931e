//! Services that are to be suspended, unsuspended or ended.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ServiceId;
use crate::domain::module::Command;
use crate::store::webhooks::each::{self, Addons, only_of_service};

/// Conditions for services `h` that are late since a day: by their next due date, and with an invoice that is not paid and not
/// being charged.
macro_rules! is_late {
    ($statuses:literal) => {
        concat!(
            "h.domainstatus IN (", $statuses, ") AND h.nextduedate <= ? AND h.nextduedate > '0000-00-00' \
             AND h.billingcycle IN ('Monthly', 'Quarterly', 'Semi-Annually', 'Annually', 'Biennially', 'Triennially') \
             AND h.amount > 0 AND (h.overideautosuspend = 0 OR h.overidesuspenduntil < ?) \
             AND NOT EXISTS(SELECT 1 FROM tblclients c JOIN tblclientgroups g ON g.id = c.groupid \
                            WHERE c.id = h.userid AND COALESCE(g.susptermexempt, '') NOT IN ('', '0')) \
             AND EXISTS(SELECT 1 FROM tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid \
                        WHERE l.userid = h.userid AND l.type = 'Hosting' AND l.relid = h.id \
                          AND i.status IN ('Unpaid', 'Collections') AND i.duedate <= ?) \
             AND NOT EXISTS(SELECT 1 FROM tblinvoiceitems l \
                            JOIN mod_whmcs_api_charges x ON x.invoice_id = l.invoiceid \
                            WHERE l.userid = h.userid AND l.type = 'Hosting' AND l.relid = h.id \
                              AND x.state IN ('open', 'sent', 'unknown', 'pending'))"
        )
    };
}

/// The columns of [`EndingService`].
macro_rules! select_service {
    ($($rest:tt)+) => {
        concat!(
            "SELECT CAST(h.id AS SIGNED) AS id, CAST(h.userid AS SIGNED) AS client, h.domainstatus AS status, \
                    COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS due, h.suspendreason AS suspend_reason, \
                    COALESCE(p.servertype, '') AS module, \
                    EXISTS(SELECT 1 FROM tblclients c WHERE c.id = h.userid AND c.overideduenotices <> 0) AS has_no_notices \
             FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid ",
            $($rest)+
        )
    };
}

const TO_SUSPEND: &str =
    concat!("SELECT CAST(h.id AS SIGNED) FROM tblhosting h WHERE ", is_late!("'Active'"), " ORDER BY h.id");
const TO_TERMINATE: &str = concat!(
    "SELECT CAST(h.id AS SIGNED) FROM tblhosting h WHERE ",
    is_late!("'Active', 'Suspended'"),
    " ORDER BY h.id"
);
const IS_LATE: &str =
    concat!("SELECT EXISTS(SELECT 1 FROM tblhosting h WHERE h.id = ? AND ", is_late!("'Active', 'Suspended'"), ")");
const TO_UNSUSPEND: &str = "SELECT CAST(id AS SIGNED) FROM tblhosting \
     WHERE domainstatus = 'Suspended' AND nextduedate > ? AND suspendreason = ? ORDER BY id";
const TO_CANCEL: &str = "SELECT CAST(r.id AS SIGNED) FROM tblcancelrequests r JOIN tblhosting h ON h.id = r.relid \
     WHERE h.domainstatus IN ('Pending', 'Active', 'Suspended') \
       AND (r.type = 'Immediate' OR h.nextduedate IS NULL OR h.nextduedate <= ?) ORDER BY r.id";
const REQUEST: &str = "SELECT CAST(relid AS SIGNED) AS service, type AS kind FROM tblcancelrequests WHERE id = ?";
const FIXED_TERMS: &str = "SELECT CAST(h.id AS SIGNED) FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid \
     WHERE p.autoterminatedays > 0 AND h.domainstatus IN ('Active', 'Suspended') \
       AND h.regdate > '0000-00-00' AND DATE_ADD(h.regdate, INTERVAL p.autoterminatedays DAY) <= ? ORDER BY h.id";
const IS_FIXED_TERM_OVER: &str = "SELECT EXISTS(SELECT 1 FROM tblhosting h JOIN tblproducts p ON p.id = h.packageid \
     WHERE h.id = ? AND p.autoterminatedays > 0 AND h.domainstatus IN ('Active', 'Suspended') \
       AND h.regdate > '0000-00-00' AND DATE_ADD(h.regdate, INTERVAL p.autoterminatedays DAY) <= ?)";
const FIND: &str = select_service!("WHERE h.id = ?");
const SUSPEND: &str = "UPDATE tblhosting SET domainstatus = 'Suspended', suspendreason = ?, updated_at = ? \
     WHERE id = ? AND domainstatus = 'Active'";
const END: &str = "UPDATE tblhosting SET domainstatus = ?, termination_date = ?, updated_at = ? \
     WHERE id = ? AND domainstatus IN ('Pending', 'Active', 'Suspended')";
const END_ADDONS: &str = "UPDATE tblhostingaddons SET status = ?, termination_date = ?, updated_at = ? \
     WHERE hostingid = ? AND status IN ('Pending', 'Active', 'Suspended')";
const CANCEL_INVOICES: &str = concat!(
    "UPDATE tblinvoices i SET i.status = 'Cancelled', i.date_cancelled = ?, i.updated_at = ? WHERE ",
    only_of_service!()
);
const IS_COMMANDED: &str = "SELECT EXISTS(SELECT 1 FROM mod_whmcs_api_outbox_entries \
     WHERE subject = 'service' AND subject_id = ? AND kind = 'module' AND summary = ? AND state IN ('pending', 'running'))";
const WITHDRAW: &str = "UPDATE mod_whmcs_api_outbox_entries SET state = 'superseded', payload = '' \
     WHERE subject = 'service' AND subject_id = ? AND kind = 'module' AND state = 'pending' \
       AND payload LIKE '%\"is_for_lateness\":true%'";

/// A service that is to be suspended, unsuspended or ended.
#[derive(Debug, Clone)]
pub struct EndingService {
    pub id: i64,
    pub client: i64,
    pub status: String,
    pub due: String,
    pub suspend_reason: String,
    /// The module's name, or empty.
    pub module: String,
    /// Whether its client gets no notices that invoices are overdue.
    pub has_no_notices: bool,
}

from_row!(EndingService { id, client, status, due, suspend_reason, module, has_no_notices });

pub async fn find(db: &mut MySqlConnection, service: i64) -> sqlx::Result<Option<EndingService>> {
    sqlx::query_as(FIND).bind(service).fetch_optional(db).await
}

/// Returns the active services whose next due date is this day or an earlier one, and that nothing exempts.
pub async fn to_suspend(db: &mut MySqlConnection, late: NaiveDate, today: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(TO_SUSPEND).bind(late).bind(today).bind(late).fetch_all(db).await
}

/// As [`to_suspend`], with those that are suspended.
pub async fn to_terminate(db: &mut MySqlConnection, late: NaiveDate, today: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(TO_TERMINATE).bind(late).bind(today).bind(late).fetch_all(db).await
}

/// Whether [`to_terminate`] returns this service.
pub async fn is_late(db: &mut MySqlConnection, service: i64, late: NaiveDate, today: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_LATE).bind(service).bind(late).bind(today).bind(late).fetch_one(db).await
}

/// Returns the services that were suspended for this reason and are due only after this day.
pub async fn to_unsuspend(db: &mut MySqlConnection, late: NaiveDate, reason: &str) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(TO_UNSUSPEND).bind(late).bind(reason.to_owned()).fetch_all(db).await
}

/// Returns the requests to cancel services that are to be carried out by this day.
pub async fn to_cancel(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(TO_CANCEL).bind(today).fetch_all(db).await
}

/// Returns the service of a request and its kind.
pub async fn request(db: &mut MySqlConnection, id: i64) -> sqlx::Result<Option<(i64, String)>> {
    sqlx::query_as(REQUEST).bind(id).fetch_optional(db).await
}

/// Returns the services whose products end them after a fixed number of days.
pub async fn fixed_terms(db: &mut MySqlConnection, today: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(FIXED_TERMS).bind(today).fetch_all(db).await
}

/// Whether [`fixed_terms`] returns this service.
pub async fn is_fixed_term_over(db: &mut MySqlConnection, service: i64, today: NaiveDate) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_FIXED_TERM_OVER).bind(service).bind(today).fetch_one(db).await
}

/// Suspends a service that has no module.
pub async fn suspend(tx: &mut Writer<'_>, service: i64, reason: &str) -> sqlx::Result<bool> {
    tx.change(sqlx::query(SUSPEND).bind(reason.to_owned()).bind(tx.now.utc()).bind(service)).await
}

/// Ends a service: its status becomes `Terminated` or `Cancelled`.
pub async fn end(tx: &mut Writer<'_>, service: i64, status: &str) -> sqlx::Result<bool> {
    let end = sqlx::query(END).bind(status.to_owned()).bind(tx.now.date()).bind(tx.now.utc()).bind(service);
    tx.change(end).await
}

pub async fn end_addons(tx: &mut Writer<'_>, service: i64, status: &str) -> sqlx::Result<()> {
    each::addons_changed(tx, Addons::OfService(ServiceId(service)), status).await?;
    let end = sqlx::query(END_ADDONS).bind(status.to_owned()).bind(tx.now.date()).bind(tx.now.utc()).bind(service);
    tx.execute(end).await.map(|_| ())
}

/// Cancels the unpaid invoices of a service that are for nothing else, and to which no money belongs. Returns how many.
pub async fn cancel_invoices(tx: &mut Writer<'_>, service: i64) -> sqlx::Result<u64> {
    each::invoices_of_service_cancelled(tx, service).await?;
    let cancel = sqlx::query(CANCEL_INVOICES).bind(tx.now.local()).bind(tx.now.utc());
    let cancel = cancel.bind(service).bind(service).bind(service).bind(service);
    Ok(tx.execute(cancel).await?.rows_affected())
}

/// Whether the service's module is to get this command, or is being asked.
pub async fn is_commanded(db: &mut MySqlConnection, service: i64, command: Command) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_COMMANDED).bind(service).bind(command.title()).fetch_one(db).await
}

/// Withdraws the commands that were queued because the service was late.
pub async fn withdraw(tx: &mut Writer<'_>, service: i64) -> sqlx::Result<()> {
    tx.execute(sqlx::query(WITHDRAW).bind(service)).await.map(|_| ())
}
