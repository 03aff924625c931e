//! Services, addons, domains and billable items that are to be invoiced.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::ClientId;
use crate::domain::money::Money;

/// Conditions under which an item of the table `h` recurs. Those of its dates are added.
macro_rules! recurs {
    () => {
        "h.billingcycle IN ('Monthly', 'Quarterly', 'Semi-Annually', 'Annually', 'Biennially', 'Triennially')"
    };
}

/// Whether an open invoice has a line of these kinds for an item of the table `h`.
macro_rules! is_open {
    ($lines:literal) => {
        concat!(
            "EXISTS(SELECT 1 FROM tblinvoiceitems l JOIN tblinvoices i ON i.id = l.invoiceid \
                    WHERE l.userid = h.userid AND l.relid = h.id AND l.type IN (",
            $lines,
            ") \
                      AND i.status IN ('Draft', 'Unpaid', 'Payment Pending', 'Collections'))"
        )
    };
}

/// Whether an open invoice bills an item, and the due dates of those of its further terms that were invoiced: by a line of any
/// invoice, but of a renewal that was ordered, and whose invoice was cancelled.
macro_rules! billed {
    ($kind:literal, $lines:literal) => {
        concat!(
            is_open!($lines),
            " AS is_open, \
             CONCAT_WS(',', \
               (SELECT GROUP_CONCAT(b.due_date) FROM mod_whmcs_api_billed_terms b \
                WHERE b.kind = '",
            $kind,
            "' AND b.item_id = h.id AND b.due_date >= h.nextduedate), \
               (SELECT GROUP_CONCAT(l.duedate) FROM tblinvoiceitems l \
                WHERE l.userid = h.userid AND l.relid = h.id AND l.type IN (",
            $lines,
            ") AND l.duedate >= h.nextduedate \
                  AND NOT (l.type = 'Domain' AND EXISTS( \
                    SELECT 1 FROM tblinvoices i JOIN tblorders o ON o.invoiceid = i.id AND o.userid = i.userid \
                    WHERE i.id = l.invoiceid AND i.status = 'Cancelled')))) AS billed"
        )
    };
}

const CLIENTS: &str = concat!(
    "SELECT DISTINCT CAST(due.userid AS SIGNED) AS client FROM ( \
       SELECT h.userid FROM tblhosting h \
        WHERE h.nextduedate <= ? AND h.nextduedate > '0000-00-00' \
          AND h.domainstatus IN ('Pending', 'Active', 'Suspended') \
          AND NOT EXISTS(SELECT 1 FROM tblcancelrequests c WHERE c.relid = h.id) \
          AND (? OR NOT EXISTS(SELECT 1 FROM mod_whmcs_api_billed_terms b \
                               WHERE b.kind = 'Hosting' AND b.item_id = h.id AND b.due_date = h.nextduedate) \
                    AND NOT ",
    is_open!("'Hosting'"),
    ") AND ",
    recurs!(),
    " UNION ALL SELECT h.userid FROM tblhostingaddons h \
        WHERE h.nextduedate <= ? AND h.nextduedate > '0000-00-00' \
          AND h.status IN ('Pending', 'Active', 'Suspended') \
          AND NOT EXISTS(SELECT 1 FROM tblcancelrequests c WHERE c.relid = h.hostingid) \
          AND (? OR NOT EXISTS(SELECT 1 FROM mod_whmcs_api_billed_terms b \
                               WHERE b.kind = 'Addon' AND b.item_id = h.id AND b.due_date = h.nextduedate) \
                    AND NOT ",
    is_open!("'Addon'"),
    ") AND ",
    recurs!(),
    " UNION ALL SELECT h.userid FROM tbldomains h \
        WHERE h.nextduedate <= ? AND h.nextduedate > '0000-00-00' AND h.status IN ('Pending', 'Active') \
          AND h.donotrenew = 0 AND h.recurringamount > 0 \
          AND (? OR NOT EXISTS(SELECT 1 FROM mod_whmcs_api_billed_terms b \
                               WHERE b.kind = 'Domain' AND b.item_id = h.id AND b.due_date = h.nextduedate) \
                    AND NOT ",
    is_open!("'Domain', 'DomainRegister', 'DomainTransfer'"),
    ") \
       UNION ALL SELECT b.userid FROM tblbillableitems b \
        WHERE (b.invoiceaction = 1 AND b.invoicecount = 0) \
           OR (b.invoiceaction = 3 AND b.invoicecount = 0 AND b.duedate <= ?) \
           OR (b.invoiceaction = 4 AND b.duedate <= ? AND (b.recurfor = 0 OR b.invoicecount < b.recurfor)) \
     ) AS due JOIN tblclients ON tblclients.id = due.userid AND tblclients.status <> 'Closed' ORDER BY client"
);
const SERVICES: &str = concat!(
    "SELECT 'Hosting' AS kind, CAST(h.id AS SIGNED) AS id, CAST(h.id AS SIGNED) AS service, \
            COALESCE(p.name, '') AS name, h.domain, CAST(h.qty AS SIGNED) AS quantity, h.billingcycle AS cycle, \
            CAST(h.nextduedate AS CHAR) AS due, h.domainstatus = 'Pending' AS is_pending, \
            CAST(h.regdate AS CHAR) AS registered, h.amount, h.paymentmethod AS payment_method, \
            COALESCE(p.tax, 0) <> 0 AS is_taxed, COALESCE(p.proratabilling, 0) <> 0 AS is_prorated, \
            CAST(h.promoid AS SIGNED) AS promotion, CAST(COALESCE(h.promocount, 0) AS SIGNED) AS promotion_uses, \
            CAST(COALESCE(p.recurringcycles, 0) AS SIGNED) AS max_terms, \
            CAST(IF(COALESCE(p.recurringcycles, 0) > 0, \
                    (SELECT COUNT(*) FROM tblinvoiceitems l WHERE l.userid = h.userid AND l.relid = h.id \
                                                              AND l.type = 'Hosting'), 0) AS SIGNED) AS terms, \
            EXISTS(SELECT 1 FROM tblcancelrequests c WHERE c.relid = h.id) AS is_ending, ",
    billed!("Hosting", "'Hosting'"),
    " FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid \
      WHERE h.userid = ? AND h.nextduedate > '0000-00-00' AND h.domainstatus IN ('Pending', 'Active', 'Suspended') AND ",
    recurs!(),
    " ORDER BY h.id"
);
const ADDONS: &str = concat!(
    "SELECT 'Addon' AS kind, CAST(h.id AS SIGNED) AS id, CAST(h.hostingid AS SIGNED) AS service, \
            COALESCE(NULLIF(h.name, ''), d.name, '') AS name, COALESCE(s.domain, '') AS domain, \
            CAST(h.qty AS SIGNED) AS quantity, h.billingcycle AS cycle, \
            CAST(h.nextduedate AS CHAR) AS due, h.status = 'Pending' AS is_pending, \
            CAST(h.regdate AS CHAR) AS registered, h.recurring AS amount, h.paymentmethod AS payment_method, \
            h.tax NOT IN ('', '0') AS is_taxed, COALESCE(d.prorate, 0) <> 0 AS is_prorated, \
            CAST(0 AS SIGNED) AS promotion, CAST(0 AS SIGNED) AS promotion_uses, CAST(0 AS SIGNED) AS max_terms, \
            CAST(0 AS SIGNED) AS terms, EXISTS(SELECT 1 FROM tblcancelrequests c WHERE c.relid = h.hostingid) AS is_ending, ",
    billed!("Addon", "'Addon'"),
    " FROM tblhostingaddons h LEFT JOIN tbladdons d ON d.id = h.addonid LEFT JOIN tblhosting s ON s.id = h.hostingid \
      WHERE h.userid = ? AND h.nextduedate > '0000-00-00' AND h.status IN ('Pending', 'Active', 'Suspended') \
        AND (s.id IS NULL OR s.domainstatus IN ('Pending', 'Active', 'Suspended')) AND ",
    recurs!(),
    " ORDER BY h.id"
);
const DOMAINS: &str = concat!(
    "SELECT 'Domain' AS kind, CAST(h.id AS SIGNED) AS id, CAST(0 AS SIGNED) AS service, h.domain AS name, h.domain, \
            CAST(1 AS SIGNED) AS quantity, CONCAT(h.registrationperiod, 'Years') AS cycle, \
            CAST(h.nextduedate AS CHAR) AS due, h.status = 'Pending' AS is_pending, \
            CAST(h.registrationdate AS CHAR) AS registered, h.recurringamount AS amount, h.paymentmethod AS payment_method, \
            FALSE AS is_taxed, FALSE AS is_prorated, CAST(0 AS SIGNED) AS promotion, CAST(0 AS SIGNED) AS promotion_uses, \
            CAST(0 AS SIGNED) AS max_terms, CAST(0 AS SIGNED) AS terms, FALSE AS is_ending, ",
    billed!("Domain", "'Domain', 'DomainRegister', 'DomainTransfer'"),
    " FROM tbldomains h WHERE h.userid = ? AND h.nextduedate > '0000-00-00' AND h.status IN ('Pending', 'Active') \
        AND h.donotrenew = 0 AND h.recurringamount > 0 ORDER BY h.id"
);
const BILLABLE: &str = "SELECT CAST(id AS SIGNED) AS id, description, amount, CAST(recur AS SIGNED) AS every, recurcycle AS period, \
            CAST(recurfor AS SIGNED) AS times, CAST(invoiceaction AS SIGNED) AS action, \
            COALESCE(CAST(duedate AS CHAR), '0000-00-00') AS due, CAST(invoicecount AS SIGNED) AS count \
     FROM tblbillableitems \
     WHERE userid = ? AND ((invoiceaction IN (1, 2, 3) AND invoicecount = 0) \
                        OR (invoiceaction = 4 AND (recurfor = 0 OR invoicecount < recurfor))) ORDER BY id";
const OPTIONS: &str = "SELECT CAST(v.relid AS SIGNED), SUBSTRING_INDEX(o.optionname, '|', -1), \
            CONCAT_WS(' x ', IF(o.optiontype = '4', CAST(v.qty AS CHAR), NULL), SUBSTRING_INDEX(c.optionname, '|', -1)) \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblhostingconfigoptions v ON v.relid = wanted.id JOIN tblproductconfigoptions o ON o.id = v.configid \
     LEFT JOIN tblproductconfigoptionssub c ON c.id = v.optionid \
     WHERE o.optiontype NOT IN ('3', '4') OR v.qty > 0 ORDER BY v.relid, o.`order`, o.id";
const PAYER: &str = "SELECT c.separateinvoices <> 0 OR COALESCE(g.separateinvoices, '') NOT IN ('', '0') AS is_separate, \
            COALESCE(g.discountpercent, 0.00) AS discount, c.status = 'Closed' AS is_closed \
     FROM tblclients c LEFT JOIN tblclientgroups g ON g.id = c.groupid WHERE c.id = ?";
const SET_NEXT_INVOICE_OF_SERVICE: &str = "UPDATE tblhosting SET nextinvoicedate = ?, amount = ?, promocount = promocount + ?, \
                                      promoid = IF(?, 0, promoid), updated_at = ? WHERE id = ?";
const SET_NEXT_INVOICE_OF_ADDON: &str = "UPDATE tblhostingaddons SET nextinvoicedate = ?, updated_at = ? WHERE id = ?";
const SET_NEXT_INVOICE_OF_DOMAIN: &str = "UPDATE tbldomains SET nextinvoicedate = ?, updated_at = ? WHERE id = ?";
const COMPLETE: &str = "UPDATE tblhosting SET domainstatus = 'Completed', completed_date = ?, updated_at = ? \
     WHERE id = ? AND domainstatus IN ('Active', 'Suspended')";
const COUNT_BILLABLE: &str = "UPDATE tblbillableitems SET invoicecount = invoicecount + 1, duedate = COALESCE(?, duedate) \
     WHERE id = ? AND invoicecount = ?";

/// Returns the clients who have something that may be due until these days, each once.
pub async fn clients(
    db: &mut MySqlConnection,
    items_until: NaiveDate,
    domains_until: NaiveDate,
    today: NaiveDate,
    is_continuous: bool,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(CLIENTS)
        .bind(items_until)
        .bind(is_continuous)
        .bind(items_until)
        .bind(is_continuous)
        .bind(domains_until)
        .bind(is_continuous)
        .bind(today)
        .bind(items_until)
        .fetch_all(db)
        .await
}

/// A service, an addon or a domain of a client, with what its next invoice depends on.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct DueItem {
    /// `Hosting`, `Addon` or `Domain`.
    pub kind: String,
    pub id: i64,
    /// The service, also of an addon; 0 for domains.
    pub service: i64,
    pub name: String,
    pub domain: String,
    pub quantity: i64,
    /// The billing cycle, or the number of years as in `2Years`.
    pub cycle: String,
    pub due: String,
    pub registered: String,
    pub amount: Money,
    pub payment_method: String,
    pub is_taxed: bool,
    pub is_prorated: bool,
    /// The promotion, or 0.
    pub promotion: i64,
    pub promotion_uses: i64,
    /// The number of terms after which it is complete, or 0.
    pub max_terms: i64,
    /// How many were invoiced; only counted if there is a maximum.
    pub terms: i64,
    /// Whether its cancellation was requested.
    pub is_ending: bool,
    /// Whether an open invoice bills it.
    pub is_open: bool,
    /// Whether it was ordered, and is not active yet.
    pub is_pending: bool,
    /// The due dates of the terms from the next one on that were invoiced, separated by commas.
    pub billed: String,
}

from_row!(DueItem {
    kind,
    id,
    service,
    name,
    domain,
    quantity,
    cycle,
    due,
    registered,
    amount,
    payment_method,
    is_taxed,
    is_prorated,
    promotion,
    promotion_uses,
    max_terms,
    terms,
    is_ending,
    is_open,
    is_pending,
    billed,
});

/// Returns what a client has that recurs: services, then addons, then domains.
pub async fn items(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<DueItem>> {
    let mut items = Vec::new();
    for statement in [SERVICES, ADDONS, DOMAINS] {
        let rows: Vec<DueItem> = sqlx::query_as(statement).bind(client).fetch_all(&mut *db).await?;
        items.extend(rows);
    }
    Ok(items)
}

/// A billable item that is not invoiced as often as it is to be.
#[derive(Debug, Clone)]
pub struct BillableRow {
    pub id: i64,
    pub description: String,
    pub amount: Money,
    pub every: i64,
    pub period: String,
    pub times: i64,
    /// As in [`crate::domain::billable_item::InvoiceAction::number`].
    pub action: i64,
    pub due: String,
    /// How often it was invoiced.
    pub count: i64,
}

from_row!(BillableRow { id, description, amount, every, period, times, action, due, count });

pub async fn billable(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<BillableRow>> {
    sqlx::query_as(BILLABLE).bind(client).fetch_all(db).await
}

/// Returns the configurable options of services: service, option and choice, in the words of an order's invoice. What was answered
/// with no, and quantities of 0, are left out.
pub async fn options(
    db: &mut MySqlConnection,
    services: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<(i64, String, String)>> {
    sqlx::query_as(OPTIONS).bind(id_list(services)).fetch_all(db).await
}

/// How a client is invoiced.
#[derive(Debug, Clone)]
pub struct Payer {
    /// Whether each item has an invoice of its own.
    pub is_separate: bool,
    /// The discount of the client's group, a percentage.
    pub discount: Decimal,
    pub is_closed: bool,
}

from_row!(Payer { is_separate, discount, is_closed });

pub async fn payer(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<Payer>> {
    sqlx::query_as(PAYER).bind(client).fetch_optional(db).await
}

/// The changes of a service whose term is invoiced.
#[derive(Debug, Clone, Copy)]
pub struct InvoicedService {
    pub id: i64,
    pub next_invoice: NaiveDate,
    /// The recurring amount, which changes when a promotion ends.
    pub amount: Money,
    /// Whether its promotion was applied.
    pub is_promoted: bool,
    pub ends_promotion: bool,
}

pub async fn set_service_invoiced(tx: &mut Writer<'_>, service: InvoicedService) -> sqlx::Result<()> {
    let update = sqlx::query(SET_NEXT_INVOICE_OF_SERVICE)
        .bind(service.next_invoice)
        .bind(service.amount)
        .bind(i64::from(service.is_promoted))
        .bind(service.ends_promotion)
        .bind(tx.now.utc())
        .bind(service.id);
    tx.execute(update).await.map(|_| ())
}

pub async fn set_addon_invoiced(tx: &mut Writer<'_>, id: i64, next_invoice: NaiveDate) -> sqlx::Result<()> {
    let update = sqlx::query(SET_NEXT_INVOICE_OF_ADDON).bind(next_invoice).bind(tx.now.utc()).bind(id);
    tx.execute(update).await.map(|_| ())
}

pub async fn set_domain_invoiced(tx: &mut Writer<'_>, id: i64, next_invoice: NaiveDate) -> sqlx::Result<()> {
    let update = sqlx::query(SET_NEXT_INVOICE_OF_DOMAIN).bind(next_invoice).bind(tx.now.utc()).bind(id);
    tx.execute(update).await.map(|_| ())
}

/// Ends a service that was invoiced as often as its product says.
pub async fn complete(tx: &mut Writer<'_>, service: i64) -> sqlx::Result<bool> {
    tx.change(sqlx::query(COMPLETE).bind(tx.now.date()).bind(tx.now.utc()).bind(service)).await
}

/// Counts a billable item as invoiced once more, with the next due date of one that recurs. Returns `false` if it was counted
/// meanwhile.
pub async fn count_billable(
    tx: &mut Writer<'_>,
    item: &BillableRow,
    next_due: Option<NaiveDate>,
) -> sqlx::Result<bool> {
    tx.change(sqlx::query(COUNT_BILLABLE).bind(next_due).bind(item.id).bind(item.count)).await
}
