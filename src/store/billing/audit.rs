//! Reading for an audit of the books, a range of ids at a time, so that each statement is short.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::money::Money;
use crate::domain::tax::{Rate, Rates};

/// Returns the numbers of clients, of entries in the credit history, and of payments.
pub async fn counts(db: &mut MySqlConnection) -> sqlx::Result<(i64, i64, i64)> {
    sqlx::query_as(
        "SELECT (SELECT COUNT(*) FROM tblclients), (SELECT COUNT(*) FROM tblcredit), (SELECT COUNT(*) FROM tblaccounts)",
    )
    .fetch_one(db)
    .await
}

/// Returns the highest client id and the highest invoice id.
pub async fn last_ids(db: &mut MySqlConnection) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT COALESCE((SELECT CAST(MAX(id) AS SIGNED) FROM tblclients), 0), \
                COALESCE((SELECT CAST(MAX(id) AS SIGNED) FROM tblinvoices), 0)",
    )
    .fetch_one(db)
    .await
}

/// Returns the clients whose balance is negative or differs from the sum of its history: id, balance, sum.
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

/// Returns the clients who still have credit whose payment was reversed: id, amount reversed, amount that staff have
/// removed.
pub async fn reversed_credit(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<(i64, Money, Money)>> {
    sqlx::query_as(
        "SELECT client, reversed, removed FROM ( \
           SELECT CAST(s.client_id AS SIGNED) AS client, SUM(s.credited - s.amount) AS reversed, \
                  COALESCE((SELECT -SUM(c.amount) FROM tblcredit c WHERE c.clientid = s.client_id AND c.amount < 0 \
                              AND c.relid = 0 AND c.description NOT LIKE 'Credit Applied to Invoice #%'), 0.00) AS removed \
           FROM mod_whmcs_api_settlements s \
           WHERE s.client_id BETWEEN ? AND ? AND s.kind IN ('AddFunds', 'Invoice', 'Overpayment') \
           GROUP BY s.client_id) AS reversals \
         WHERE reversed > removed ORDER BY client",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// An invoice with the amounts that were paid for it and that it gave.
#[derive(Debug)]
pub struct AuditedInvoice {
    pub id: i64,
    pub status: String,
    pub subtotal: Money,
    pub tax: Money,
    pub tax2: Money,
    pub credit: Money,
    pub total: Money,
    pub rate: Rate,
    pub rate2: Rate,
    pub received: Money,
    pub refunded: Money,
    /// The amount left to pay when somebody set the status to Paid.
    pub waived: Money,
    /// The amount paid beyond the total, which became credit.
    pub overpaid: Money,
    /// The credit that its add-funds lines gave.
    pub funds: Money,
    /// The credit that its lines for other invoices gave (mass payment).
    pub mass_payment: Money,
}

from_row!(AuditedInvoice {
    id,
    status,
    subtotal,
    tax,
    tax2,
    credit,
    total,
    rate,
    rate2,
    received,
    refunded,
    waived,
    overpaid,
    funds,
    mass_payment
});

impl AuditedInvoice {
    pub fn rates(&self) -> Rates {
        Rates { first: self.rate, second: self.rate2 }
    }
}

/// Which of our own tables exist. Without them, the books can be audited, too.
#[derive(Debug, Clone, Copy)]
pub struct OwnTables {
    pub settlements: bool,
    /// Those of quotes and commissions.
    pub sales: bool,
    /// That of sequential invoice numbers.
    pub numbers: bool,
}

impl OwnTables {
    pub async fn find(db: &mut MySqlConnection) -> sqlx::Result<OwnTables> {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT CAST(table_name AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE() \
               AND table_name IN ('mod_whmcs_api_settlements', 'mod_whmcs_api_commissions', 'mod_whmcs_api_invoice_numbers')",
        )
        .fetch_all(db)
        .await?;
        let has = |table: &str| tables.iter().any(|found| found.eq_ignore_ascii_case(table));
        Ok(OwnTables {
            settlements: has("mod_whmcs_api_settlements"),
            sales: has("mod_whmcs_api_settlements") && has("mod_whmcs_api_commissions"),
            numbers: has("mod_whmcs_api_invoice_numbers"),
        })
    }
}

macro_rules! select_invoices {
    ($settlements:literal) => {
        concat!(
            "SELECT CAST(i.id AS SIGNED) AS id, i.status, i.subtotal, i.tax, i.tax2, i.credit, i.total, \
                    i.taxrate AS rate, i.taxrate2 AS rate2, \
                    COALESCE(p.received, 0.00) AS received, COALESCE(p.refunded, 0.00) AS refunded, \
                    COALESCE(s.waived, 0.00) AS waived, \
                    COALESCE(s.overpaid, 0.00) + GREATEST(0.00, COALESCE((SELECT SUM(c.amount) FROM tblcredit c \
                       WHERE c.clientid = i.userid AND c.relid = i.id AND c.amount > 0 \
                         AND c.description LIKE 'Overpayment of Invoice #%'), 0.00) \
                       - COALESCE(s.overpayment_credited, 0.00)) AS overpaid, \
                    COALESCE(s.funds, 0.00) + GREATEST(0.00, COALESCE((SELECT SUM(c.amount) FROM tblcredit c \
                       WHERE c.clientid = i.userid AND c.amount > 0 AND c.description LIKE 'Add Funds Invoice #%' \
                         AND (c.relid = i.id OR c.description = CONCAT('Add Funds Invoice #', i.id))), 0.00) \
                       - COALESCE(s.funds_credited, 0.00)) AS funds, \
                    COALESCE(s.mass_payment, 0.00) AS mass_payment \
             FROM tblinvoices i \
             LEFT JOIN (SELECT invoiceid, SUM(amountin) AS received, SUM(amountout) AS refunded FROM tblaccounts \
                        WHERE invoiceid BETWEEN ? AND ? GROUP BY invoiceid) p ON p.invoiceid = i.id \
             LEFT JOIN (SELECT invoice_id, SUM(CASE kind WHEN 'Waiver' THEN amount END) AS waived, \
                               SUM(CASE kind WHEN 'Overpayment' THEN amount END) AS overpaid, \
                               SUM(CASE WHEN kind = 'Overpayment' AND credited > 0 THEN credited END) \
                                 AS overpayment_credited, \
                               SUM(CASE kind WHEN 'AddFunds' THEN amount END) AS funds, \
                               SUM(CASE WHEN kind = 'AddFunds' AND credited > 0 THEN credited END) AS funds_credited, \
                               SUM(CASE kind WHEN 'Invoice' THEN amount END) AS mass_payment \
                        FROM ",
            $settlements,
            " WHERE invoice_id BETWEEN ? AND ? GROUP BY invoice_id) s ON s.invoice_id = i.id \
             WHERE i.id BETWEEN ? AND ? ORDER BY i.id"
        )
    };
}

const INVOICES: &str = select_invoices!("mod_whmcs_api_settlements");
const INVOICES_WITHOUT_SETTLEMENTS: &str = select_invoices!(
    "(SELECT id AS invoice_id, '' AS kind, 0.00 AS amount, 0.00 AS credited FROM tblinvoices WHERE FALSE) none"
);

/// Returns the invoices. What they gave without writing settlement entries is read from the credit history.
pub async fn invoices(
    db: &mut MySqlConnection,
    from: i64,
    to: i64,
    has_settlements: bool,
) -> sqlx::Result<Vec<AuditedInvoice>> {
    let select = if has_settlements { INVOICES } else { INVOICES_WITHOUT_SETTLEMENTS };
    let mut query = sqlx::query_as(select);
    for _ in 0..3 {
        query = query.bind(from).bind(to);
    }
    query.fetch_all(db).await
}

/// A line of an invoice.
#[derive(Debug, Clone)]
pub struct Line {
    pub invoice: i64,
    pub kind: String,
    pub amount: Money,
    pub taxed: i64,
    /// Whether the line should pay another invoice of the same client that is still to be paid and got no credit.
    pub is_unpaid_child: bool,
}

from_row!(Line { invoice, kind, amount, taxed, is_unpaid_child });

/// Returns the lines of these invoices, ordered by invoice.
pub async fn lines(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as(
        "SELECT CAST(l.invoiceid AS SIGNED) AS invoice, l.type AS kind, l.amount, CAST(l.taxed AS SIGNED) AS taxed, \
                l.type = 'Invoice' AND EXISTS(SELECT 1 FROM tblinvoices i JOIN tblinvoices c ON c.userid = i.userid \
                   WHERE i.id = l.invoiceid AND c.id = l.relid AND c.id <> i.id AND c.credit = 0 \
                     AND c.status IN ('Unpaid', 'Collections', 'Payment Pending')) AS is_unpaid_child \
         FROM tblinvoiceitems l WHERE l.invoiceid BETWEEN ? AND ? ORDER BY l.invoiceid, l.id",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// Returns the payments that are booked more than once: invoice, gateway, transaction id, number of times.
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

/// Returns the promotions with more uses than their limit: code, uses, limit.
pub async fn promotions(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, i64, i64)>> {
    sqlx::query_as(
        "SELECT code, CAST(uses AS SIGNED), CAST(maxuses AS SIGNED) FROM tblpromotions \
         WHERE maxuses > 0 AND uses > maxuses ORDER BY id",
    )
    .fetch_all(db)
    .await
}

/// Returns the payments of which more was refunded than was paid: id, amount, refunded.
pub async fn refunds(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, Money, Money)>> {
    sqlx::query_as(
        "SELECT CAST(p.id AS SIGNED), p.amountin, SUM(r.amountout) FROM tblaccounts r JOIN tblaccounts p ON p.id = r.refundid \
         WHERE r.refundid > 0 GROUP BY p.id, p.amountin HAVING SUM(r.amountout) > p.amountin ORDER BY 1",
    )
    .fetch_all(db)
    .await
}

/// Returns the stored ways to pay with a number in clear. Old databases have none of these tables.
pub async fn clear_numbers(db: &mut MySqlConnection) -> sqlx::Result<Vec<i64>> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT COUNT(*) FROM information_schema.tables \
         WHERE table_schema = DATABASE() AND table_name IN ('tblcreditcards', 'tblbankaccts')",
    )
    .fetch_one(&mut *db)
    .await?;
    if tables < 2 {
        return Ok(Vec::new());
    }
    sqlx::query_scalar(
        "SELECT CAST(pay_method_id AS SIGNED) FROM tblcreditcards WHERE CONVERT(card_data USING latin1) REGEXP '^[0-9 -]{8,}$' \
         UNION SELECT CAST(pay_method_id AS SIGNED) FROM tblbankaccts WHERE CONVERT(bank_data USING latin1) REGEXP '^[0-9 -]{8,}$' \
         ORDER BY 1",
    )
    .fetch_all(db)
    .await
}

/// Returns the quotes whose invoices are not what they should be: quote, number of invoices that are not cancelled, number of
/// those that belong to another client. What a deleted invoice was is not known.
pub async fn quotes(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, i64, i64)>> {
    sqlx::query_as(
        "SELECT CAST(q.id AS SIGNED), COUNT(*), CAST(SUM(i.userid <> q.userid) AS SIGNED) \
         FROM mod_whmcs_api_quote_invoices m JOIN tblquotes q ON q.id = m.quote_id \
         JOIN tblinvoices i ON i.id = m.invoice_id AND i.status <> 'Cancelled' \
         GROUP BY q.id HAVING COUNT(*) > 1 OR SUM(i.userid <> q.userid) > 0 ORDER BY q.id",
    )
    .fetch_all(db)
    .await
}

/// Returns the upgrades that were paid for and not carried out: invoice, upgrade.
pub async fn upgrades(db: &mut MySqlConnection, from: i64, to: i64) -> sqlx::Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "SELECT CAST(MIN(s.invoice_id) AS SIGNED), CAST(u.id AS SIGNED) \
         FROM mod_whmcs_api_settlements s JOIN tblupgrades u ON u.id = s.related_id \
         WHERE s.invoice_id BETWEEN ? AND ? AND s.kind = 'Upgrade' AND u.paid <> 'Y' AND u.status = 'Pending' \
         GROUP BY u.id HAVING SUM(s.amount) > 0 ORDER BY 1, 2",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// Returns the invoices with a line whose commissions do not belong to what was paid for it: invoice, commission, the amount that
/// it was for, the amount that was paid.
pub async fn commissions(
    db: &mut MySqlConnection,
    from: i64,
    to: i64,
) -> sqlx::Result<Vec<(i64, Money, Money, Money)>> {
    sqlx::query_as(
        "SELECT invoice, commission, base, paid FROM ( \
           SELECT CAST(MIN(m.invoice_id) AS SIGNED) AS invoice, m.line_id, SUM(m.amount) AS commission, SUM(m.paid) AS base, \
                  COALESCE((SELECT SUM(s.amount) FROM mod_whmcs_api_settlements s \
                            WHERE s.invoice_id = MIN(m.invoice_id) AND s.line_id = m.line_id AND s.kind = 'Hosting'), 0.00) AS paid \
           FROM mod_whmcs_api_commissions m WHERE m.invoice_id BETWEEN ? AND ? GROUP BY m.invoice_id, m.line_id) AS given \
         WHERE commission < 0 OR base > paid OR (paid <= 0 AND commission <> 0) ORDER BY invoice, line_id",
    )
    .bind(from)
    .bind(to)
    .fetch_all(db)
    .await
}

/// Returns the sequential numbers that break the sequence: the invoice, its number, and the one before it, which no invoice
/// has been given.
pub async fn number_gaps(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, i64, i64)>> {
    sqlx::query_as(
        "SELECT CAST(n.invoice_id AS SIGNED), n.number, n.follows FROM mod_whmcs_api_invoice_numbers n \
         LEFT JOIN mod_whmcs_api_invoice_numbers p ON p.series = n.series AND p.number = n.follows \
         WHERE n.follows > 0 AND p.number IS NULL ORDER BY n.invoice_id",
    )
    .fetch_all(db)
    .await
}

/// Returns the invoices whose number is not the one that they were given: id, number, given number.
pub async fn changed_numbers(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String, String)>> {
    sqlx::query_as(
        "SELECT CAST(i.id AS SIGNED), i.invoicenum, n.written FROM mod_whmcs_api_invoice_numbers n \
         JOIN tblinvoices i ON i.id = n.invoice_id \
         WHERE BINARY CONVERT(i.invoicenum USING utf8mb4) <> BINARY n.written ORDER BY i.id",
    )
    .fetch_all(db)
    .await
}

/// Returns the numbers that several invoices have: the first of these, the number, how many they are.
pub async fn double_numbers(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String, i64)>> {
    sqlx::query_as(
        "SELECT CAST(MIN(id) AS SIGNED) AS first, MIN(invoicenum), COUNT(*) FROM tblinvoices WHERE invoicenum <> '' \
         GROUP BY invoicenum HAVING COUNT(*) > 1 ORDER BY first",
    )
    .fetch_all(db)
    .await
}
