//! Terms of services, addons and domains: which were invoiced (`mod_whmcs_api_billed_terms`), and which lines have moved the next
//! due date (`mod_whmcs_api_renewals`).

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::InvoiceId;
use crate::domain::renewal::ItemKind;
use crate::store::webhooks::each::{self, Addons};

/// The columns of [`TermItem`] from this table.
macro_rules! select_items {
    ($columns:literal, $from:literal) => {
        concat!(
            "SELECT CAST(h.id AS SIGNED) AS id, COALESCE(CAST(h.nextduedate AS CHAR), '0000-00-00') AS due, \
                    COALESCE(CAST(h.nextinvoicedate AS CHAR), '0000-00-00') AS next_invoice, ",
            $columns,
            " FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted ",
            $from
        )
    };
}

const SERVICES: &str = select_items!(
    "h.billingcycle AS cycle, CAST(h.regdate AS CHAR) AS registered, h.domainstatus AS status, \
     h.suspendreason AS suspend_reason, COALESCE(p.servertype, '') AS module, COALESCE(p.autosetup, '') AS set_up, \
     COALESCE(p.proratabilling, 0) <> 0 AS is_prorated",
    "JOIN tblhosting h ON h.id = wanted.id LEFT JOIN tblproducts p ON p.id = h.packageid"
);
const ADDONS: &str = select_items!(
    "h.billingcycle AS cycle, CAST(h.regdate AS CHAR) AS registered, h.status, '' AS suspend_reason, '' AS module, \
     COALESCE(d.autoactivate, '') AS set_up, COALESCE(d.prorate, 0) <> 0 AS is_prorated",
    "JOIN tblhostingaddons h ON h.id = wanted.id LEFT JOIN tbladdons d ON d.id = h.addonid"
);
const DOMAINS: &str = select_items!(
    "CONCAT(h.registrationperiod, 'Years') AS cycle, CAST(h.registrationdate AS CHAR) AS registered, h.status, \
     '' AS suspend_reason, '' AS module, '' AS set_up, FALSE AS is_prorated",
    "JOIN tbldomains h ON h.id = wanted.id"
);
const RENEWED: &str = "SELECT CAST(r.line_id AS SIGNED), CAST(COUNT(*) AS SIGNED) \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN mod_whmcs_api_renewals r ON r.line_id = wanted.id GROUP BY r.line_id";
const ADD_RENEWAL: &str = "INSERT INTO mod_whmcs_api_renewals (line_id, repetition, kind, item_id, invoice_id, due_date, \
                                              next_due_date, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const MOVE_SERVICE: &str = "UPDATE tblhosting SET nextduedate = ?, nextinvoicedate = ?, updated_at = ? \
     WHERE id = ? AND COALESCE(nextduedate, '0000-00-00') = ?";
const MOVE_ADDON: &str = "UPDATE tblhostingaddons SET nextduedate = ?, nextinvoicedate = ?, updated_at = ? \
     WHERE id = ? AND COALESCE(nextduedate, '0000-00-00') = ?";
const MOVE_DOMAIN: &str =
    "UPDATE tbldomains SET nextduedate = ?, nextinvoicedate = ?, updated_at = ? WHERE id = ? AND nextduedate = ?";
const ACTIVATE_ADDON: &str =
    "UPDATE tblhostingaddons SET status = 'Active', updated_at = ? WHERE id = ? AND status = ?";
const UNSUSPEND_SERVICE: &str = "UPDATE tblhosting SET domainstatus = 'Active', suspendreason = '', updated_at = ? \
     WHERE id = ? AND domainstatus = 'Suspended'";
const ADD_BILLED: &str = "INSERT INTO mod_whmcs_api_billed_terms (kind, item_id, due_date, next_due_date, invoice_id, created_at) \
     VALUES (?, ?, ?, ?, ?, ?)";
const BILLED: &str = "SELECT CAST(b.invoice_id AS SIGNED) AS invoice, b.kind, CAST(b.item_id AS SIGNED) AS item, b.due_date AS due, \
            b.next_due_date AS next_due \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN mod_whmcs_api_billed_terms b ON b.invoice_id = wanted.id";
const FORGET_BILLED: &str = "DELETE FROM mod_whmcs_api_billed_terms WHERE invoice_id = ?";

/// What renewals need to know of a service, an addon or a domain.
#[derive(Debug, Clone)]
pub struct TermItem {
    pub id: i64,
    /// The first day that is not paid for; `0000-00-00` for none, as the next one.
    pub due: String,
    /// The first day of the term that is invoiced next.
    pub next_invoice: String,
    /// The billing cycle, or the number of years as in `2Years`.
    pub cycle: String,
    pub registered: String,
    pub status: String,
    pub suspend_reason: String,
    /// The module of a service, or empty.
    pub module: String,
    /// When it is set up: `payment`, `order`, `on` (when the order is accepted) or empty.
    pub set_up: String,
    pub is_prorated: bool,
}

from_row!(TermItem { id, due, next_invoice, cycle, registered, status, suspend_reason, module, set_up, is_prorated });

/// Reads items of a kind by their ids.
pub async fn items(
    db: &mut MySqlConnection,
    kind: ItemKind,
    ids: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<TermItem>> {
    let statement = match kind {
        ItemKind::Service => SERVICES,
        ItemKind::Addon => ADDONS,
        ItemKind::Domain => DOMAINS,
    };
    sqlx::query_as(statement).bind(id_list(ids)).fetch_all(db).await
}

/// Returns how often each of these lines has moved a due date, by the line.
pub async fn renewed(db: &mut MySqlConnection, lines: impl Iterator<Item = i64>) -> sqlx::Result<HashMap<i64, i64>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(RENEWED).bind(id_list(lines)).fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

/// A line that moves the next due date of its item.
#[derive(Debug, Clone, Copy)]
pub struct Renewal {
    pub line: i64,
    /// How often the line has moved it before.
    pub repetition: i64,
    pub kind: ItemKind,
    pub item: i64,
    pub invoice: InvoiceId,
    pub due: NaiveDate,
    pub next_due: NaiveDate,
    /// The first day of the term that is invoiced next.
    pub next_invoice: NaiveDate,
}

/// Records that a line has moved the next due date of its item.
pub async fn add_renewal(tx: &mut Writer<'_>, renewal: Renewal) -> sqlx::Result<()> {
    let Renewal { line, repetition, kind, item, invoice, due, next_due, .. } = renewal;
    let insert = sqlx::query(ADD_RENEWAL)
        .bind(line)
        .bind(repetition)
        .bind(kind.name())
        .bind(item)
        .bind(invoice)
        .bind(due)
        .bind(next_due)
        .bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Moves the next due date of an item. Returns `false` if it is not what it was when it was read.
pub async fn renew(tx: &mut Writer<'_>, renewal: Renewal) -> sqlx::Result<bool> {
    add_renewal(tx, renewal).await?;
    let Renewal { kind, item, due, next_due, next_invoice, .. } = renewal;
    let statement = match kind {
        ItemKind::Service => MOVE_SERVICE,
        ItemKind::Addon => MOVE_ADDON,
        ItemKind::Domain => MOVE_DOMAIN,
    };
    tx.change(sqlx::query(statement).bind(next_due).bind(next_invoice).bind(tx.now.utc()).bind(item).bind(due)).await
}

/// Activates an addon that has this status.
pub async fn activate_addon(tx: &mut Writer<'_>, addon: i64, from: &str) -> sqlx::Result<bool> {
    each::addons_changed(tx, Addons::WithStatus(addon, from), "Active").await?;
    tx.change(sqlx::query(ACTIVATE_ADDON).bind(tx.now.utc()).bind(addon).bind(from.to_owned())).await
}

/// Activates a suspended service that has no module.
pub async fn unsuspend_service(tx: &mut Writer<'_>, service: i64) -> sqlx::Result<bool> {
    tx.change(sqlx::query(UNSUSPEND_SERVICE).bind(tx.now.utc()).bind(service)).await
}

/// A term that was invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BilledTerm {
    pub kind: ItemKind,
    pub item: i64,
    pub due: NaiveDate,
    pub next_due: NaiveDate,
}

/// Returns the terms that these invoices bill.
pub async fn billed(
    db: &mut MySqlConnection,
    invoices: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<(InvoiceId, BilledTerm)>> {
    let rows: Vec<(i64, String, i64, NaiveDate, NaiveDate)> =
        sqlx::query_as(BILLED).bind(id_list(invoices)).fetch_all(db).await?;
    let term = |(invoice, kind, item, due, next_due): (i64, String, i64, NaiveDate, NaiveDate)| {
        let kind = ItemKind::ALL.into_iter().find(|of| of.name() == kind)?;
        Some((InvoiceId(invoice), BilledTerm { kind, item, due, next_due }))
    };
    Ok(rows.into_iter().filter_map(term).collect())
}

/// Records that a term was invoiced. An error if it was before, so that the transaction ends.
pub async fn add_billed(tx: &mut Writer<'_>, term: BilledTerm, invoice: InvoiceId) -> sqlx::Result<()> {
    let BilledTerm { kind, item, due, next_due } = term;
    let insert =
        sqlx::query(ADD_BILLED).bind(kind.name()).bind(item).bind(due).bind(next_due).bind(invoice).bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Forgets what a deleted invoice was for, so that it can be invoiced again.
pub async fn forget_billed(tx: &mut Writer<'_>, invoice: InvoiceId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(FORGET_BILLED).bind(invoice)).await.map(|_| ())
}
