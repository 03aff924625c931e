//! Counts and sums over what a client has.

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::ClientId;
use crate::domain::money::Money;

/// What a client has, counted and summed up.
#[derive(Debug, Default)]
pub struct ClientStatistics {
    /// By status.
    pub invoices: Vec<InvoiceStatistics>,
    /// By kind of product.
    pub services: Vec<ServiceStatistics>,
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

/// Numbers of a client's services of products of one kind.
#[derive(Debug)]
pub struct ServiceStatistics {
    /// `hostingaccount`, `reselleraccount`, `server` or `other`.
    pub kind: String,
    pub count: i64,
    pub active: i64,
}

/// A row of the statement. What its numbers mean depends on its part.
struct Figures {
    part: String,
    name: String,
    count: i64,
    special: i64,
    total: Money,
    due: Money,
    overdue: Money,
}

from_row!(Figures { part, name, count, special, total, due, overdue });

/// Reads a client's statistics. Tables of old installations may differ in collation, so the statement states one.
pub async fn read(db: &mut MySqlConnection, client: ClientId, today: NaiveDate) -> sqlx::Result<ClientStatistics> {
    let rows: Vec<Figures> = sqlx::query_as(
        "SELECT 'invoices' AS part, CONVERT(i.status USING utf8mb4) COLLATE utf8mb4_unicode_ci AS name, \
                COUNT(*) AS `count`, COUNT(CASE WHEN i.duedate < ? THEN 1 END) AS special, SUM(i.total) AS total, \
                SUM(i.total - COALESCE(p.paid, 0)) AS due, \
                SUM(CASE WHEN i.duedate < ? THEN i.total - COALESCE(p.paid, 0) ELSE 0 END) AS overdue \
         FROM tblinvoices i \
         LEFT JOIN (SELECT a.invoiceid, SUM(a.amountin - a.amountout) AS paid \
                    FROM tblinvoices mine JOIN tblaccounts a ON a.invoiceid = mine.id \
                    WHERE mine.userid = ? GROUP BY a.invoiceid) AS p ON p.invoiceid = i.id \
         WHERE i.userid = ? GROUP BY i.status \
         UNION ALL \
         SELECT 'services', COALESCE(p.type, 'other'), COUNT(*), COUNT(CASE WHEN h.domainstatus = 'Active' THEN 1 END), \
                0, 0, 0 \
         FROM tblhosting h LEFT JOIN tblproducts p ON p.id = h.packageid WHERE h.userid = ? \
         GROUP BY COALESCE(p.type, 'other') \
         UNION ALL \
         SELECT 'payments', '', 0, 0, COALESCE(SUM(amountin), 0), COALESCE(SUM(fees + amountout), 0), 0 \
         FROM tblaccounts WHERE userid = ? \
         UNION ALL \
         SELECT 'domains', '', COUNT(*), COUNT(CASE WHEN status = 'Active' THEN 1 END), 0, 0, 0 \
         FROM tbldomains WHERE userid = ? \
         UNION ALL \
         SELECT 'quotes', '', COUNT(*), COUNT(CASE WHEN stage = 'Accepted' THEN 1 END), 0, 0, 0 \
         FROM tblquotes WHERE userid = ? \
         UNION ALL \
         SELECT 'tickets', '', COUNT(*), COUNT(s.title), 0, 0, 0 FROM tbltickets t \
         LEFT JOIN (SELECT DISTINCT title FROM tblticketstatuses WHERE showactive <> 0) AS s \
                   ON CONVERT(s.title USING utf8mb4) COLLATE utf8mb4_unicode_ci = t.status \
         WHERE t.userid = ? \
         UNION ALL \
         SELECT 'affiliates', '', COUNT(*), 0, 0, 0, 0 FROM tblaffiliates WHERE clientid = ?",
    )
    .bind(today)
    .bind(today)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .bind(client)
    .fetch_all(db)
    .await?;
    let mut statistics = ClientStatistics::default();
    for row in rows {
        statistics.add(row);
    }
    Ok(statistics)
}

impl ClientStatistics {
    fn add(&mut self, row: Figures) {
        let Figures { part, name, count, special, total, due, overdue } = row;
        match part.as_str() {
            "invoices" => self.invoices.push(InvoiceStatistics {
                status: name,
                count,
                total,
                due,
                overdue_count: special,
                overdue,
            }),
            "services" => self.services.push(ServiceStatistics { kind: name, count, active: special }),
            "payments" => (self.money_in, self.expenses) = (total, due),
            "domains" => (self.domains, self.active_domains) = (count, special),
            "quotes" => (self.quotes, self.accepted_quotes) = (count, special),
            "tickets" => (self.tickets, self.active_tickets) = (count, special),
            _ => self.is_affiliate = count > 0,
        }
    }
}
