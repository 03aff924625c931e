//! Counts and sums over what a client has.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use chrono::NaiveDate;

/// Number and total of a client's invoices with one status.
#[derive(Debug)]
pub struct InvoiceStatistics {
    pub status: String,
    pub count: i64,
    pub total: Money,
    /// The unpaid part of the total.
    pub due: Money,
    /// Number of overdue invoices; `overdue` is the unpaid part of their total.
    pub overdue_count: i64,
    pub overdue: Money,
}

from_row!(InvoiceStatistics { status, count, total, due, overdue_count, overdue });

/// Returns a client's invoice statistics by status.
pub async fn invoices(
    db: &mut MySqlConnection,
    client: ClientId,
    today: NaiveDate,
) -> sqlx::Result<Vec<InvoiceStatistics>> {
    sqlx::query_as(
        "SELECT i.status, COUNT(*) AS `count`, SUM(i.total) AS total, SUM(i.total - COALESCE(p.paid, 0)) AS due, \
                COUNT(CASE WHEN i.duedate < ? THEN 1 END) AS overdue_count, \
                SUM(CASE WHEN i.duedate < ? THEN i.total - COALESCE(p.paid, 0) ELSE 0 END) AS overdue \
         FROM tblinvoices i \
         LEFT JOIN (SELECT a.invoiceid, SUM(a.amountin - a.amountout) AS paid \
                    FROM tblinvoices mine JOIN tblaccounts a ON a.invoiceid = mine.id \
                    WHERE mine.userid = ? GROUP BY a.invoiceid) AS p ON p.invoiceid = i.id \
         WHERE i.userid = ? GROUP BY i.status",
    )
    .bind(today)
    .bind(today)
    .bind(client)
    .bind(client)
    .fetch_all(db)
    .await
}

/// Numbers of a client's services of products of one kind.
#[derive(Debug)]
pub struct ServiceStatistics {
    /// `hostingaccount`, `reselleraccount`, `server` or `other`.
    pub kind: String,
    pub count: i64,
    pub active: i64,
}

from_row!(ServiceStatistics { kind, count, active });

/// Returns a client's service statistics by kind of product.
pub async fn services(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Vec<ServiceStatistics>> {
    sqlx::query_as(
        "SELECT COALESCE(p.type, 'other') AS kind, COUNT(*) AS `count`, \
                COUNT(CASE WHEN h.domainstatus = 'Active' THEN 1 END) AS active \
         FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.userid = ? \
         GROUP BY COALESCE(p.type, 'other')",
    )
    .bind(client)
    .fetch_all(db)
    .await
}

/// A client's statistics apart from invoices and services.
#[derive(Debug)]
pub struct OtherStatistics {
    pub money_in: Money,
    /// Refunds and gateway fees.
    pub expenses: Money,
    pub domains: i64,
    pub active_domains: i64,
    pub quotes: i64,
    pub accepted_quotes: i64,
    pub tickets: i64,
    pub active_tickets: i64,
    pub is_affiliate: bool,
}

from_row!(OtherStatistics {
    money_in,
    expenses,
    domains,
    active_domains,
    quotes,
    accepted_quotes,
    tickets,
    active_tickets,
    is_affiliate
});

/// Counts a client's domains, tickets and the like. Tables of old installations may differ in collation, so the
/// statement states one.
pub async fn others(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<OtherStatistics> {
    sqlx::query_as(
        "SELECT m.money_in, m.expenses, d.domains, d.active_domains, q.quotes, q.accepted_quotes, t.tickets, \
                t.active_tickets, EXISTS (SELECT 1 FROM tblaffiliates WHERE clientid = ?) AS is_affiliate \
         FROM (SELECT COALESCE(SUM(amountin), 0) AS money_in, COALESCE(SUM(fees + amountout), 0) AS expenses \
               FROM tblaccounts WHERE userid = ?) AS m \
         CROSS JOIN (SELECT COUNT(*) AS domains, COUNT(CASE WHEN status = 'Active' THEN 1 END) AS active_domains \
                     FROM tbldomains WHERE userid = ?) AS d \
         CROSS JOIN (SELECT COUNT(*) AS quotes, COUNT(CASE WHEN stage = 'Accepted' THEN 1 END) AS accepted_quotes \
                     FROM tblquotes WHERE userid = ?) AS q \
         CROSS JOIN (SELECT COUNT(*) AS tickets, COUNT(s.title) AS active_tickets FROM tbltickets t \
                     LEFT JOIN (SELECT DISTINCT title FROM tblticketstatuses WHERE showactive <> 0) AS s \
                               ON CONVERT(s.title USING utf8mb4) COLLATE utf8mb4_unicode_ci = t.status \
                     WHERE t.userid = ?) AS t",
    )
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .fetch_one(db)
    .await
}
