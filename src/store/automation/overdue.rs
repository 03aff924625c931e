//! Unpaid invoices by their due dates: what is charged, reminded of, raised by a fee, or cancelled.

use chrono::{NaiveDate, NaiveDateTime};
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::InvoiceId;

const DETAILS: &str = "SELECT COALESCE(CAST(i.date AS CHAR), '0000-00-00') AS date, COALESCE(CAST(i.duedate AS CHAR), '0000-00-00') AS due, \
            CAST(i.last_capture_attempt AS CHAR) AS charged_at, c.latefeeoveride <> 0 AS has_no_late_fees, \
            c.overideduenotices <> 0 AS has_no_overdue_notices, c.disableautocc <> 0 AS has_no_charges, \
            EXISTS(SELECT 1 FROM tblinvoiceitems l WHERE l.invoiceid = i.id AND l.type = 'LateFee') \
            OR EXISTS(SELECT 1 FROM mod_whmcs_api_notices n \
                      WHERE n.subject = 'invoice' AND n.subject_id = i.id AND n.notice = 'late_fee') AS has_late_fee, \
            EXISTS(SELECT 1 FROM tblinvoiceitems l \
                   WHERE l.invoiceid = i.id AND l.type IN ('AddFunds', 'Invoice')) AS moves_money, \
            EXISTS(SELECT 1 FROM mod_whmcs_api_charges h \
                   WHERE h.invoice_id = i.id AND h.state = 'pending' AND h.updated_at > ?) AS is_pending \
     FROM tblinvoices i JOIN tblclients c ON c.id = i.userid WHERE i.id = ?";
const WITHOUT_FEE: &str = "SELECT CAST(i.id AS SIGNED) FROM tblinvoices i JOIN tblclients c ON c.id = i.userid \
     WHERE i.status = 'Unpaid' AND i.duedate BETWEEN ? AND ? AND i.total > 0 AND c.latefeeoveride = 0 \
       AND NOT EXISTS(SELECT 1 FROM tblinvoiceitems l WHERE l.invoiceid = i.id AND l.type IN ('LateFee', 'AddFunds', 'Invoice')) \
       AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_notices n \
                      WHERE n.subject = 'invoice' AND n.subject_id = i.id AND n.notice = 'late_fee') \
     ORDER BY i.id";
const CHARGEABLE: &str = "SELECT CAST(i.id AS SIGNED) FROM tblinvoices i JOIN tblclients c ON c.id = i.userid \
     WHERE i.status = 'Unpaid' AND i.duedate BETWEEN ? AND ? AND i.total > 0 AND c.disableautocc = 0 \
       AND i.last_capture_attempt < ? AND (NOT ? OR i.last_capture_attempt = '0000-00-00 00:00:00') \
       AND EXISTS(SELECT 1 FROM tblpaymethods m \
                  WHERE m.userid = i.userid AND m.deleted_at IS NULL AND m.payment_type LIKE 'Remote%' \
                    AND m.gateway_name = CONVERT(i.paymentmethod USING utf8mb4) COLLATE utf8mb4_unicode_ci) \
       AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_charges h \
                      WHERE h.invoice_id = i.id AND h.state IN ('open', 'sent', 'unknown')) \
     ORDER BY i.id";
const WITHOUT_NOTICE: &str = "SELECT CAST(i.id AS SIGNED) FROM tblinvoices i JOIN tblclients c ON c.id = i.userid \
     WHERE i.status = 'Unpaid' AND i.duedate BETWEEN ? AND ? AND i.total > 0 \
       AND (? OR c.overideduenotices = 0) AND (NOT ? OR i.date <= DATE_SUB(i.duedate, INTERVAL ? DAY)) \
       AND NOT EXISTS(SELECT 1 FROM mod_whmcs_api_notices n \
                      WHERE n.subject = 'invoice' AND n.subject_id = i.id AND n.due_date = i.duedate \
                        AND n.notice IN (?, CONCAT(?, ':passed'), CONCAT(?, ':nobody'))) \
     ORDER BY i.id";
const UNPAID_UNTIL: &str = "SELECT CAST(id AS SIGNED) FROM tblinvoices \
     WHERE status = 'Unpaid' AND duedate BETWEEN '1000-01-01' AND ? AND credit = 0 \
       AND NOT EXISTS(SELECT 1 FROM tblaccounts a WHERE a.invoiceid = tblinvoices.id) ORDER BY id";

/// What decides on an unpaid invoice, besides its balance.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct UnpaidRow {
    /// The day of the invoice.
    pub date: String,
    pub due: String,
    /// When a charge was last attempted, in local time.
    pub charged_at: String,
    pub has_no_late_fees: bool,
    pub has_no_overdue_notices: bool,
    pub has_no_charges: bool,
    /// Whether it has a late fee, or had one that was removed.
    pub has_late_fee: bool,
    /// Whether it sells credit or pays other invoices.
    pub moves_money: bool,
    /// Whether a gateway has not told yet what becomes of a charge.
    pub is_pending: bool,
}

from_row!(UnpaidRow {
    date,
    due,
    charged_at,
    has_no_late_fees,
    has_no_overdue_notices,
    has_no_charges,
    has_late_fee,
    moves_money,
    is_pending
});

/// Reads an invoice whose client is locked. Charges that have been pending at their gateway since before `pending_since`, in UTC,
/// do not count.
pub async fn details(
    db: &mut MySqlConnection,
    id: InvoiceId,
    pending_since: NaiveDateTime,
) -> sqlx::Result<Option<UnpaidRow>> {
    sqlx::query_as(DETAILS).bind(pending_since).bind(id).fetch_optional(db).await
}

/// Returns the invoices with a due date from one day until another that may get a late fee.
pub async fn without_fee(db: &mut MySqlConnection, from: NaiveDate, until: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(WITHOUT_FEE).bind(from).bind(until).fetch_all(db).await
}

/// Returns the invoices with a due date from one day until another that may be charged: through a way to pay that their gateway has
/// stored, and without an attempt on this day, or ever.
pub async fn chargeable(
    db: &mut MySqlConnection,
    from: NaiveDate,
    until: NaiveDate,
    today: NaiveDate,
    only_once: bool,
) -> sqlx::Result<Vec<i64>> {
    let query = sqlx::query_scalar(CHARGEABLE).bind(from).bind(until);
    query.bind(today.and_time(chrono::NaiveTime::MIN)).bind(only_once).fetch_all(db).await
}

/// A notice about invoices that may be due.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub notice: &'static str,
    /// The due dates of the invoices that it is for.
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// Whether clients without overdue notices get it, too.
    pub is_for_all: bool,
    /// The number of days before the due date on which the invoice must have been there.
    pub days_before: Option<u64>,
}

/// Returns the invoices that may be due for a notice.
pub async fn without_notice(db: &mut MySqlConnection, wanted: Wanted) -> sqlx::Result<Vec<i64>> {
    let Wanted { notice, from, until, is_for_all, days_before } = wanted;
    let query = sqlx::query_scalar(WITHOUT_NOTICE).bind(from).bind(until).bind(is_for_all);
    let query = query.bind(days_before.is_some()).bind(days_before.unwrap_or_default());
    query.bind(notice).bind(notice).bind(notice).fetch_all(db).await
}

/// Returns the unpaid invoices with a due date until this day that no money belongs to.
pub async fn unpaid_until(db: &mut MySqlConnection, until: NaiveDate) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(UNPAID_UNTIL).bind(until).fetch_all(db).await
}
