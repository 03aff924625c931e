//! Invoices with their lines, and transactions, as FOSSBilling's objects need them.

use chrono::NaiveDate;
use serde::Deserialize;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use crate::database::page::{ListStatement, Listed, Page};
use crate::database::sql::{like_contains, push_is, push_like};
use crate::database::values::from_row;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::domain::tax::Rate;
use crate::store::nested::{Nested, flag, money_text};

/// An invoice with the money that came in and went out for it, its lines, and what all invoices have in common.
#[derive(Debug, Clone)]
pub struct InvoiceRow {
    pub id: i64,
    pub client: i64,
    pub number: String,
    pub status: String,
    pub date: String,
    pub due_date: String,
    pub paid_at: String,
    pub created_at: String,
    pub updated_at: String,
    pub subtotal: Money,
    pub credit: Money,
    pub tax: Money,
    pub tax2: Money,
    pub rate: Rate,
    pub rate2: Rate,
    pub gateway: String,
    pub notes: String,
    pub currency: String,
    pub received: Money,
    pub refunded: Money,
    pub lines: Nested<LineRow>,
    /// The settings `CompanyName`, `InvoicePayTo` (the address, with line breaks) and `Email`.
    pub seller: String,
    pub pay_to: String,
    pub seller_email: String,
    /// With which the hashes of invoices are made; see [`super::keys::secret`].
    pub secret: Option<Vec<u8>>,
}

from_row!(InvoiceRow {
    id,
    client,
    number,
    status,
    date,
    due_date,
    paid_at,
    created_at,
    updated_at,
    subtotal,
    credit,
    tax,
    tax2,
    rate,
    rate2,
    gateway,
    notes,
    currency,
    received,
    refunded,
    lines,
    seller,
    pay_to,
    seller_email,
    secret
});

/// A line of an invoice.
#[derive(Debug, Clone, Deserialize)]
pub struct LineRow {
    pub id: i64,
    pub kind: String,
    pub related: i64,
    pub description: String,
    #[serde(deserialize_with = "money_text")]
    pub amount: Money,
    #[serde(deserialize_with = "flag")]
    pub taxed: bool,
}

/// Filter for invoices; all conditions must hold.
#[derive(Debug, Default)]
pub struct InvoiceFilter {
    pub client: Option<i64>,
    pub id: Option<i64>,
    pub number: Option<String>,
    /// Whether they are no drafts.
    pub approved: Option<bool>,
    /// One of these statuses.
    pub statuses: Option<&'static [&'static str]>,
    /// The code of the client's currency.
    pub currency: Option<String>,
    pub created: Option<NaiveDate>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub paid: Option<NaiveDate>,
    /// What the lines are for: types of lines, and the id of the service, domain or addon.
    pub related: Option<(&'static [&'static str], i64)>,
    /// An id or a number, or a part of the client's names.
    pub search: Option<String>,
}

impl InvoiceFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push(" WHERE TRUE");
        for (column, id) in [("i.userid", self.client), ("i.id", self.id)] {
            if let Some(id) = id {
                query.push(" AND ").push(column).push(" = ").push_bind(id);
            }
        }
        if let Some(number) = &self.number {
            query.push(" AND (i.id = ").push_bind(number.clone()).push(" OR ");
            push_is(query, "i.invoicenum", number);
            query.push(")");
        }
        match self.approved {
            Some(true) => drop(query.push(" AND i.status <> 'Draft'")),
            Some(false) => drop(query.push(" AND i.status = 'Draft'")),
            None => {}
        }
        if let Some(statuses) = self.statuses {
            push_any(query, "i.status", statuses);
        }
        if let Some(currency) = &self.currency {
            query.push(
                " AND EXISTS(SELECT 1 FROM tblclients c JOIN tblcurrencies m ON m.id = c.currency \
                             WHERE c.id = i.userid AND m.code = ",
            );
            query.push_bind(currency.clone()).push(")");
        }
        for (comparison, date) in [
            ("i.date = ", self.created),
            ("i.date >= ", self.from),
            ("i.date <= ", self.to),
            ("DATE(i.datepaid) = ", self.paid),
        ] {
            if let Some(date) = date {
                query.push(" AND ").push(comparison).push_bind(date);
            }
        }
        if let Some((kinds, related)) = self.related {
            query.push(" AND EXISTS(SELECT 1 FROM tblinvoiceitems x WHERE x.invoiceid = i.id AND x.relid = ");
            query.push_bind(related);
            push_any(query, "x.type", kinds);
            query.push(")");
        }
        if let Some(search) = &self.search {
            query.push(" AND (i.id = ").push_bind(search.clone()).push(" OR ");
            push_is(query, "i.invoicenum", search);
            query.push(" OR EXISTS(SELECT 1 FROM tblclients c WHERE c.id = i.userid AND ");
            push_like(query, &["CONCAT(c.firstname, ' ', c.lastname)", "c.companyname"], search, like_contains);
            query.push("))");
        }
    }
}

/// Requires that a column has one of these texts.
pub(super) fn push_any(query: &mut QueryBuilder<MySql>, column: &str, texts: &[&'static str]) {
    query.push(" AND ").push(column).push(" IN (''");
    for text in texts {
        query.push(", ").push_bind(*text);
    }
    query.push(")");
}

/// Returns a page of invoices, the newest first.
pub async fn list(db: &mut MySqlConnection, filter: &InvoiceFilter, page: Page) -> sqlx::Result<Listed<InvoiceRow>> {
    let statement = ListStatement {
        columns: "CAST(i.id AS SIGNED) AS id, CAST(i.userid AS SIGNED) AS client, i.invoicenum AS number, i.status, \
                  COALESCE(CAST(i.date AS CHAR), '') AS date, COALESCE(CAST(i.duedate AS CHAR), '') AS due_date, \
                  COALESCE(CAST(i.datepaid AS CHAR), '') AS paid_at, CAST(i.created_at AS CHAR) AS created_at, \
                  CAST(i.updated_at AS CHAR) AS updated_at, i.subtotal, i.credit, i.tax, i.tax2, i.taxrate AS rate, \
                  i.taxrate2 AS rate2, i.paymentmethod AS gateway, i.notes, \
                  COALESCE((SELECT m.code FROM tblclients c JOIN tblcurrencies m ON m.id = c.currency WHERE c.id = i.userid), '') \
                  AS currency, \
                  COALESCE((SELECT SUM(a.amountin) FROM tblaccounts a WHERE a.invoiceid = i.id), 0.00) AS received, \
                  COALESCE((SELECT SUM(a.amountout) FROM tblaccounts a WHERE a.invoiceid = i.id), 0.00) AS refunded, \
                  COALESCE((SELECT CAST(JSON_ARRAYAGG(JSON_ARRAY(CAST(x.id AS SIGNED), x.type, CAST(x.relid AS SIGNED), \
                                                                 x.description, CAST(x.amount AS CHAR), \
                                                                 CAST(x.taxed <> 0 AS SIGNED))) AS CHAR) \
                            FROM tblinvoiceitems x WHERE x.invoiceid = i.id), '[]') AS `lines`, \
                  COALESCE((SELECT TRIM(value) FROM tblconfiguration WHERE setting = 'CompanyName' LIMIT 1), '') AS seller, \
                  COALESCE((SELECT TRIM(value) FROM tblconfiguration WHERE setting = 'InvoicePayTo' LIMIT 1), '') AS pay_to, \
                  COALESCE((SELECT TRIM(value) FROM tblconfiguration WHERE setting = 'Email' LIMIT 1), '') AS seller_email, \
                  (SELECT secret FROM mod_whmcs_api_fossbilling_secrets WHERE id = 1) AS secret",
        table: "tblinvoices i",
        joins: "",
        filter: &|query| filter.apply_to(query),
        order: "ORDER BY i.id DESC",
    };
    let mut listed: Listed<InvoiceRow> = statement.read(db, page).await?;
    for row in &mut listed.rows {
        row.lines.0.sort_unstable_by_key(|line| line.id);
    }
    Ok(listed)
}

/// Returns one invoice.
pub async fn find(db: &mut MySqlConnection, filter: &InvoiceFilter) -> sqlx::Result<Option<InvoiceRow>> {
    Ok(list(db, filter, Page { start: 0, length: 1 }).await?.rows.pop())
}

/// A transaction.
#[derive(Debug)]
pub struct TransactionRow {
    pub id: i64,
    /// 0 for none.
    pub invoice: i64,
    pub transaction: String,
    pub gateway: String,
    pub amount_in: Money,
    pub amount_out: Money,
    pub currency: String,
    pub description: String,
    pub date: String,
}

from_row!(TransactionRow { id, invoice, transaction, gateway, amount_in, amount_out, currency, description, date });

/// Filter for transactions; all conditions must hold.
#[derive(Debug, Default)]
pub struct TransactionFilter {
    pub id: Option<i64>,
    pub client: Option<i64>,
    pub invoice: Option<i64>,
    /// The gateway's name.
    pub gateway: Option<String>,
    pub transaction: Option<String>,
    /// The code of the currency.
    pub currency: Option<String>,
    /// Whether more went out than came in.
    pub is_refund: Option<bool>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    pub search: Option<String>,
    /// Whether nothing can match.
    pub is_impossible: bool,
}

impl TransactionFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>) {
        query.push(if self.is_impossible { " WHERE FALSE" } else { " WHERE TRUE" });
        for (column, id) in [("a.id", self.id), ("a.userid", self.client), ("a.invoiceid", self.invoice)] {
            if let Some(id) = id {
                query.push(" AND ").push(column).push(" = ").push_bind(id);
            }
        }
        for (column, text) in [("a.gateway", &self.gateway), ("a.transid", &self.transaction)] {
            if let Some(text) = text {
                push_is(query.push(" AND "), column, text);
            }
        }
        if let Some(currency) = &self.currency {
            push_is(query.push(" AND "), TRANSACTION_CURRENCY, currency);
        }
        if let Some(is_refund) = self.is_refund {
            query.push(if is_refund { " AND a.amountin < a.amountout" } else { " AND a.amountin >= a.amountout" });
        }
        for (comparison, date) in [("DATE(a.date) >= ", self.from), ("DATE(a.date) <= ", self.to)] {
            if let Some(date) = date {
                query.push(" AND ").push(comparison).push_bind(date);
            }
        }
        if let Some(search) = &self.search {
            push_like(query.push(" AND "), &["a.transid", "a.description"], search, like_contains);
        }
    }
}

/// The code of a transaction's currency: its client's, or else its own.
const TRANSACTION_CURRENCY: &str = "COALESCE((SELECT m.code FROM tblcurrencies m LEFT JOIN tblclients c ON c.id = a.userid \
                                              WHERE m.id = COALESCE(c.currency, a.currency)), '')";

/// Returns a page of transactions, the newest first.
pub async fn transactions(
    db: &mut MySqlConnection,
    filter: &TransactionFilter,
    page: Page,
) -> sqlx::Result<Listed<TransactionRow>> {
    let statement = ListStatement {
        columns: &format!(
            "CAST(a.id AS SIGNED) AS id, CAST(a.invoiceid AS SIGNED) AS invoice, a.transid AS transaction, a.gateway, \
             a.amountin AS amount_in, a.amountout AS amount_out, {TRANSACTION_CURRENCY} AS currency, a.description, \
             COALESCE(CAST(a.date AS CHAR), '') AS date"
        ),
        table: "tblaccounts a",
        joins: "",
        filter: &|query| filter.apply_to(query),
        order: "ORDER BY a.id DESC",
    };
    statement.read(db, page).await
}

/// Whether an invoice is of a client and no draft.
pub async fn is_visible(db: &mut MySqlConnection, id: InvoiceId, client: i64) -> sqlx::Result<bool> {
    let found = "SELECT COUNT(*) > 0 FROM tblinvoices WHERE id = ? AND userid = ? AND status <> 'Draft'";
    sqlx::query_scalar(found).bind(id).bind(client).fetch_one(db).await
}

/// Returns the invoice of a line.
pub async fn of_line(db: &mut MySqlConnection, line: i64) -> sqlx::Result<Option<InvoiceId>> {
    let find = "SELECT CAST(invoiceid AS SIGNED) FROM tblinvoiceitems WHERE id = ? AND invoiceid > 0";
    sqlx::query_scalar(find).bind(line).fetch_optional(db).await
}
