//! What an audit of the books reads: a range of ids at a time, so that no statement takes long.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::money::Money;
use crate::domain::tax::{Rate, Rates};

/// The highest id of clients, and of invoices.
pub async fn last_ids(db: &mut MySqlConnection) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT COALESCE((SELECT CAST(MAX(id) AS SIGNED) FROM tblclients), 0), \
                COALESCE((SELECT CAST(MAX(id) AS SIGNED) FROM tblinvoices), 0)",
    )
    .fetch_one(db)
    .await
}

/// The clients whose balance is below zero or not the sum of its history: id, balance, sum.
pub async fn balances(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<(i64, Money, Money)>> {
    sqlx::query_as(
        "SELECT CAST(c.id AS SIGNED), c.credit, COALESCE(s.total, 0.00) \
         FROM tblclients c \
         LEFT JOIN (SELECT clientid, SUM(amount) AS total FROM tblcredit WHERE clientid BETWEEN ? AND ? GROUP BY clientid) s \
              ON s.clientid = c.id \
         WHERE c.id BETWEEN ? AND ? AND (c.credit < 0 OR c.credit <> COALESCE(s.total, 0.00)) ORDER BY c.id",
    )
    .bind(from)
    .bind(to)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// An invoice with what was paid for it.
#[derive(Debug)]
pub struct Invoice {
    pub id: i64,
    pub status: String,
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub credit: Money,
    pub total: Money,
    pub rate: Rate,
    pub rate2: Rate,
    /// What came in for it.
    pub received: Money,
    /// How often its lines that sell credit became credit.
    pub times_funds_were_added: i64,
}

from_row!(Invoice { id, status, subtotal, tax, tax2, credit, total, rate, rate2, received, times_funds_were_added });

impl Invoice {
    pub fn rates(&self) -> Rates {
        Rates { first: self.rate, second: self.rate2 }
    }
}

pub async fn invoices(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<Invoice>> {
    sqlx::query_as(
        "SELECT CAST(i.id AS SIGNED) AS id, i.status, i.subtotal, i.tax, i.tax2, i.credit, i.total, \
                i.taxrate AS rate, i.taxrate2 AS rate2, COALESCE(p.received, 0.00) AS received, \
                (SELECT COUNT(*) FROM tblcredit c WHERE c.clientid = i.userid AND c.relid = i.id \
                   AND c.description LIKE 'Add Funds Invoice #%') AS times_funds_were_added \
         FROM tblinvoices i \
         LEFT JOIN (SELECT invoiceid, SUM(amountin) AS received FROM tblaccounts \
                    WHERE invoiceid BETWEEN ? AND ? GROUP BY invoiceid) p ON p.invoiceid = i.id \
         WHERE i.id BETWEEN ? AND ? ORDER BY i.id",
    )
    .bind(from)
    .bind(to)
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// The lines of these invoices: invoice, amount, whether it is taxed. Ordered by invoice.
pub async fn lines(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<(i64, Money, i64)>> {
    sqlx::query_as(
        "SELECT CAST(invoiceid AS SIGNED), amount, CAST(taxed AS SIGNED) FROM tblinvoiceitems \
         WHERE invoiceid BETWEEN ? AND ? ORDER BY invoiceid, id",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// Payments that are booked more than once: invoice, gateway, the gateway's own id, how often.
pub async fn duplicates(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<(i64, String, String, i64)>> {
    sqlx::query_as(
        "SELECT CAST(invoiceid AS SIGNED), MIN(gateway), MIN(transid), COUNT(*) FROM tblaccounts \
         WHERE invoiceid BETWEEN ? AND ? AND transid <> '' AND amountin > 0 \
         GROUP BY invoiceid, gateway, BINARY transid HAVING COUNT(*) > 1 ORDER BY 1",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// Promotions that were used more often than they may be: code, uses, limit.
pub async fn promotions(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, i64, i64)>> {
    sqlx::query_as(
        "SELECT code, CAST(uses AS SIGNED), CAST(maxuses AS SIGNED) FROM tblpromotions \
         WHERE maxuses > 0 AND uses > maxuses ORDER BY id",
    )
    .fetch_all(db)
    .await
}
