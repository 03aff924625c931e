//! Affiliates (`tblaffiliates`), the services that they brought, and their commissions.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::id::{AffiliateId, ClientId, InvoiceId};
use crate::domain::money::Money;

const OF_CLIENT: &str = "SELECT CAST(id AS SIGNED) FROM tblaffiliates WHERE clientid = ? ORDER BY id LIMIT 1";
const CREATE: &str = "INSERT INTO tblaffiliates (date, clientid, visitors, paytype, payamount, onetime, balance, withdrawn, created_at, \
                                updated_at) \
     VALUES (?, ?, 0, '', 0.00, 0, ?, 0.00, ?, ?)";
const TERMS: &str = "SELECT CAST(a.relid AS SIGNED) AS service, CAST(a.id AS SIGNED) AS account, \
            CAST(f.id AS SIGNED) AS affiliate, f.paytype AS affiliate_pay, f.payamount AS affiliate_amount, \
            COALESCE(p.affiliatepaytype, '') AS product_pay, COALESCE(p.affiliatepayamount, 0.00) AS product_amount, \
            f.onetime <> 0 OR COALESCE(p.affiliateonetime, 0) <> 0 AS is_once, \
            CAST(COALESCE((SELECT MAX(y.invoice_id) FROM tblaffiliateshistory y \
                           WHERE y.affaccid = a.id AND y.amount > 0), \
                          (SELECT MAX(w.invoice_id) FROM tblaffiliatespending w WHERE w.affaccid = a.id), \
                          0) AS SIGNED) AS paid_invoice, \
            a.lastpaid <> '0000-00-00' AS was_paid, COALESCE(u.rate, 1.00000) AS rate \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblaffiliatesaccounts a ON a.relid = wanted.id \
     JOIN tblaffiliates f ON f.id = a.affiliateid \
     JOIN tblclients c ON c.id = f.clientid \
     JOIN tblhosting h ON h.id = a.relid \
     LEFT JOIN tblproducts p ON p.id = h.packageid \
     LEFT JOIN tblcurrencies u ON u.id = c.currency \
     ORDER BY a.id";
const GIVEN: &str = "SELECT CAST(MIN(invoice_id) AS SIGNED) AS invoice, CAST(line_id AS SIGNED) AS line, \
            CAST(affiliate_id AS SIGNED) AS affiliate, CAST(account_id AS SIGNED) AS account, SUM(paid) AS paid, \
            SUM(amount) AS amount \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN mod_whmcs_api_commissions m ON m.invoice_id = wanted.id \
     GROUP BY line_id, affiliate_id, account_id HAVING SUM(paid) > 0 ORDER BY line_id";
const ADD_COMMISSION: &str = "INSERT INTO mod_whmcs_api_commissions (entry_id, affiliate_id, account_id, invoice_id, line_id, paid, amount, \
                                            created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const CHANGE_BALANCE: &str = "UPDATE tblaffiliates SET balance = balance + ?, updated_at = ? WHERE id = ?";
const ADD_HISTORY: &str = "INSERT INTO tblaffiliateshistory (affiliateid, date, affaccid, invoice_id, description, amount, created_at, \
                                       updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const SET_LAST_PAID: &str = "UPDATE tblaffiliatesaccounts SET lastpaid = ?, updated_at = ? WHERE id = ?";
const ADD_PENDING: &str = "INSERT INTO tblaffiliatespending (affaccid, invoice_id, amount, clearingdate, created_at, updated_at) \
     VALUES (?, ?, ?, ?, ?, ?)";
const REDUCE_PENDING: &str = "UPDATE tblaffiliatespending SET amount = amount - ?, updated_at = ? \
     WHERE affaccid = ? AND invoice_id = ? AND amount >= ? LIMIT 1";
const DELETE_EMPTY_PENDING: &str =
    "DELETE FROM tblaffiliatespending WHERE affaccid = ? AND invoice_id = ? AND amount = 0";

/// Returns the affiliate that a client is.
pub async fn of_client(db: &mut MySqlConnection, client: ClientId) -> sqlx::Result<Option<AffiliateId>> {
    let id: Option<i64> = sqlx::query_scalar(OF_CLIENT).bind(client).fetch_optional(db).await?;
    Ok(id.map(AffiliateId))
}

/// Makes a client an affiliate with this balance.
pub async fn create(tx: &mut Writer<'_>, client: ClientId, balance: Money) -> sqlx::Result<AffiliateId> {
    let (today, utc) = (tx.now.date(), tx.now.utc());
    let insert = sqlx::query(CREATE).bind(today).bind(client).bind(balance).bind(utc).bind(utc);
    Ok(AffiliateId(tx.insert(insert).await?))
}

/// What decides on the commissions for a service that an affiliate brought.
#[derive(Debug)]
pub struct TermsRow {
    pub service: i64,
    /// The row of `tblaffiliatesaccounts`.
    pub account: i64,
    pub affiliate: AffiliateId,
    pub affiliate_pay: String,
    pub affiliate_amount: Money,
    pub product_pay: String,
    pub product_amount: Money,
    pub is_once: bool,
    /// The latest invoice that has given a commission, or 0 if that is not known.
    pub paid_invoice: i64,
    /// Whether the service has ever given a commission.
    pub was_paid: bool,
    /// The exchange rate of the affiliate's currency to the default one.
    pub rate: Decimal,
}

from_row!(TermsRow {
    service,
    account,
    affiliate,
    affiliate_pay,
    affiliate_amount,
    product_pay,
    product_amount,
    is_once,
    paid_invoice,
    was_paid,
    rate
});

/// Returns the terms of those of these services that affiliates brought.
pub async fn terms(db: &mut MySqlConnection, services: impl Iterator<Item = i64>) -> sqlx::Result<Vec<TermsRow>> {
    sqlx::query_as(TERMS).bind(id_list(services)).fetch_all(db).await
}

/// The commission that a line of an invoice has given.
#[derive(Debug)]
pub struct GivenRow {
    pub invoice: InvoiceId,
    pub line: i64,
    pub affiliate: AffiliateId,
    pub account: i64,
    /// What was paid for the line.
    pub paid: Money,
    pub amount: Money,
}

from_row!(GivenRow { invoice, line, affiliate, account, paid, amount });

/// Returns the commissions that the lines of these invoices have given, less what was taken back.
pub async fn given(db: &mut MySqlConnection, invoices: impl Iterator<Item = InvoiceId>) -> sqlx::Result<Vec<GivenRow>> {
    sqlx::query_as(GIVEN).bind(id_list(invoices.map(|invoice| invoice.0))).fetch_all(db).await
}

/// A commission to insert, or to take back.
#[derive(Debug, Clone, Copy)]
pub struct NewCommission {
    /// The settlement entry that it belongs to.
    pub entry: i64,
    pub affiliate: AffiliateId,
    pub account: i64,
    pub invoice: InvoiceId,
    pub line: i64,
    /// What was paid for the line; negative if that was reversed.
    pub paid: Money,
    /// Negative if it is taken back.
    pub amount: Money,
}

/// Records a commission, without crediting it. It is an error if the entry has one already.
pub async fn add_commission(tx: &mut Writer<'_>, new: &NewCommission) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_COMMISSION)
        .bind(new.entry)
        .bind(new.affiliate)
        .bind(new.account)
        .bind(new.invoice)
        .bind(new.line)
        .bind(new.paid)
        .bind(new.amount)
        .bind(tx.now.utc());
    tx.execute(insert).await.map(|_| ())
}

/// Adds a commission to the affiliate's balance and history; one to take back is subtracted, even if the balance becomes
/// negative.
pub async fn credit(tx: &mut Writer<'_>, commission: &NewCommission, description: &str) -> sqlx::Result<()> {
    let (today, utc) = (tx.now.date(), tx.now.utc());
    let change = sqlx::query(CHANGE_BALANCE).bind(commission.amount).bind(utc).bind(commission.affiliate);
    tx.execute(change).await?;
    let insert = sqlx::query(ADD_HISTORY)
        .bind(commission.affiliate)
        .bind(today)
        .bind(commission.account)
        .bind(commission.invoice)
        .bind(description)
        .bind(commission.amount)
        .bind(utc)
        .bind(utc);
    tx.execute(insert).await.map(|_| ())
}

/// Records today as the day of an account's last commission.
pub async fn set_last_paid(tx: &mut Writer<'_>, account: i64) -> sqlx::Result<()> {
    let change = sqlx::query(SET_LAST_PAID).bind(tx.now.date()).bind(tx.now.utc()).bind(account);
    tx.execute(change).await.map(|_| ())
}

/// Records a commission that is to be credited on this day.
pub async fn add_pending(tx: &mut Writer<'_>, commission: &NewCommission, clears_on: NaiveDate) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    let insert = sqlx::query(ADD_PENDING)
        .bind(commission.account)
        .bind(commission.invoice)
        .bind(commission.amount)
        .bind(clears_on)
        .bind(utc)
        .bind(utc);
    tx.execute(insert).await.map(|_| ())
}

/// Takes an amount from a commission that is still to be credited. Returns `false`, with nothing written, if there is none of
/// that much.
pub async fn reduce_pending(tx: &mut Writer<'_>, commission: &NewCommission, amount: Money) -> sqlx::Result<bool> {
    let reduce = sqlx::query(REDUCE_PENDING)
        .bind(amount)
        .bind(tx.now.utc())
        .bind(commission.account)
        .bind(commission.invoice)
        .bind(amount);
    if !tx.change(reduce).await? {
        return Ok(false);
    }
    let delete = sqlx::query(DELETE_EMPTY_PENDING).bind(commission.account).bind(commission.invoice);
    tx.execute(delete).await.map(|_| true)
}

/// An affiliate of the list. Times are `0000-00-00 00:00:00` if there is none.
#[derive(Debug)]
pub struct AffiliateRow {
    pub id: i64,
    pub date: String,
    pub client: i64,
    pub visitors: i64,
    pub pay: String,
    pub pay_amount: Money,
    pub is_once: i64,
    pub balance: Money,
    pub withdrawn: Money,
    pub created_at: String,
    pub updated_at: String,
}

from_row!(AffiliateRow {
    id,
    date,
    client,
    visitors,
    pay,
    pay_amount,
    is_once,
    balance,
    withdrawn,
    created_at,
    updated_at
});

/// Filter for affiliates; all conditions must hold.
#[derive(Debug, Default)]
pub struct AffiliateFilter {
    /// Whether there is a condition that no affiliate meets.
    pub matches_none: bool,
    pub client: Option<ClientId>,
    pub visitors: Option<u32>,
    pub pay: Option<String>,
    pub pay_amount: Option<Money>,
    pub is_once: Option<u32>,
    pub balance: Option<Money>,
    pub withdrawn: Option<Money>,
}

/// Returns a page of affiliates, ordered by id.
pub async fn list(
    db: &mut MySqlConnection,
    filter: &AffiliateFilter,
    page: Page,
) -> sqlx::Result<Listed<AffiliateRow>> {
    let statement = ListStatement {
        columns: "CAST(f.id AS SIGNED) AS id, COALESCE(CAST(f.date AS CHAR), '0000-00-00') AS date, \
                  CAST(f.clientid AS SIGNED) AS client, CAST(f.visitors AS SIGNED) AS visitors, f.paytype AS pay, \
                  f.payamount AS pay_amount, CAST(f.onetime AS SIGNED) AS is_once, f.balance, f.withdrawn, \
                  COALESCE(CAST(f.created_at AS CHAR), '0000-00-00 00:00:00') AS created_at, \
                  COALESCE(CAST(f.updated_at AS CHAR), '0000-00-00 00:00:00') AS updated_at",
        table: "tblaffiliates f",
        joins: "",
        filter: &|query| apply_filter(query, filter),
        order: "ORDER BY f.id",
    };
    statement.read(db, page).await
}

fn apply_filter(query: &mut QueryBuilder<MySql>, filter: &AffiliateFilter) {
    query.push(if filter.matches_none { " WHERE FALSE" } else { " WHERE TRUE" });
    if let Some(client) = filter.client {
        query.push(" AND f.clientid = ").push_bind(client);
    }
    if let Some(visitors) = filter.visitors {
        query.push(" AND f.visitors = ").push_bind(visitors);
    }
    if let Some(pay) = &filter.pay {
        query.push(" AND f.paytype = ").push_bind(pay.clone());
    }
    if let Some(is_once) = filter.is_once {
        query.push(" AND f.onetime = ").push_bind(is_once);
    }
    let amounts = [
        (" AND f.payamount = ", filter.pay_amount),
        (" AND f.balance = ", filter.balance),
        (" AND f.withdrawn = ", filter.withdrawn),
    ];
    for (condition, amount) in amounts {
        if let Some(amount) = amount {
            query.push(condition).push_bind(amount);
        }
    }
}
