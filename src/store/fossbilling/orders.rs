//! Services, domains and addons as one list, which FOSSBilling calls orders.

use chrono::NaiveDate;
use sqlx::{MySql, MySqlConnection, QueryBuilder};

use super::invoices::push_any;
use crate::database::page::{Listed, Page};
use crate::database::sql::{id_list, like_contains, push_like};
use crate::database::values::from_row;
use crate::domain::money::Money;

/// A service, a domain or an addon of a service.
#[derive(Debug, Clone)]
pub struct OrderRow {
    /// Four times its own id, plus 0 for a service, 1 for a domain and 2 for an addon.
    pub id: i64,
    pub client: i64,
    /// The order with which it was placed; 0 for none.
    pub group: i64,
    /// The product; 0 for a domain or an addon.
    pub product: i64,
    /// The type of the product; `domain` or `addon`.
    pub kind: String,
    /// The name of the product or addon; empty for a domain.
    pub name: String,
    pub domain: String,
    /// The name of the billing cycle; empty for a domain.
    pub cycle: String,
    /// The period of a domain; else 0.
    pub years: i64,
    pub quantity: i64,
    pub first_amount: Money,
    pub recurring: Money,
    pub status: String,
    pub reason: String,
    pub notes: String,
    pub promotion: i64,
    pub expires: String,
    pub activated: String,
    pub ended: String,
    pub created_at: String,
    pub updated_at: String,
    pub currency: String,
    pub unpaid_invoice: i64,
    pub tickets: i64,
    pub module: String,
    /// Whether it is a domain that was transferred to here.
    pub is_transfer: bool,
}

from_row!(OrderRow {
    id,
    client,
    group,
    product,
    kind,
    name,
    domain,
    cycle,
    years,
    quantity,
    first_amount,
    recurring,
    status,
    reason,
    notes,
    promotion,
    expires,
    activated,
    ended,
    created_at,
    updated_at,
    currency,
    unpaid_invoice,
    tickets,
    module,
    is_transfer
});

/// How many ids a filter may have: as many as a page has rows.
const MOST_IDS: usize = 500;

/// Filter for orders; all conditions must hold.
#[derive(Debug, Default)]
pub struct OrderFilter {
    pub client: Option<i64>,
    /// Only these ids, the first `MOST_IDS` of each kind.
    pub ids: Option<Vec<i64>>,
    pub product: Option<i64>,
    pub promotion: Option<i64>,
    /// The order with which they were placed.
    pub group: Option<i64>,
    /// One status of each of these lists.
    pub statuses: Vec<&'static [&'static str]>,
    /// `domain`, `hosting` or `custom`.
    pub kind: Option<String>,
    pub period: Option<Period>,
    pub created: Option<NaiveDate>,
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// The last day on which it ends.
    pub expires_by: Option<NaiveDate>,
    /// Parts of the name or domain.
    pub texts: Vec<String>,
    pub hides_addons: bool,
    /// Whether nothing can match.
    pub is_impossible: bool,
}

/// How long something is paid for at a time.
#[derive(Debug)]
pub struct Period {
    /// The name of the billing cycle of a service or addon.
    pub cycle: Option<&'static str>,
    /// The years of a domain.
    pub years: Option<i64>,
}

/// The three tables.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    Services,
    Domains,
    Addons,
}

impl Table {
    const ALL: [Table; 3] = [Table::Services, Table::Domains, Table::Addons];

    fn number(self) -> i64 {
        match self {
            Table::Services => 0,
            Table::Domains => 1,
            Table::Addons => 2,
        }
    }

    /// Columns and tables; the row has the alias `o`.
    fn select(self) -> (&'static str, &'static str) {
        match self {
            Table::Services => (
                "CAST(o.id AS SIGNED) * 4 AS id, CAST(o.userid AS SIGNED) AS client, CAST(o.orderid AS SIGNED) AS `group`, \
                 CAST(o.packageid AS SIGNED) AS product, COALESCE(p.type, 'other') AS kind, COALESCE(p.name, '') AS name, \
                 o.domain, o.billingcycle AS cycle, 0 AS years, CAST(o.qty AS SIGNED) AS quantity, \
                 o.firstpaymentamount AS first_amount, o.amount AS recurring, o.domainstatus AS status, \
                 o.suspendreason AS reason, o.notes, CAST(o.promoid AS SIGNED) AS promotion, \
                 COALESCE(CAST(o.nextduedate AS CHAR), '') AS expires, COALESCE(CAST(o.regdate AS CHAR), '') AS activated, \
                 COALESCE(CAST(o.termination_date AS CHAR), '') AS ended, CAST(o.created_at AS CHAR) AS created_at, \
                 CAST(o.updated_at AS CHAR) AS updated_at, COALESCE(p.servertype, '') AS module, FALSE AS is_transfer",
                "tblhosting o LEFT JOIN tblproducts p ON p.id = o.packageid",
            ),
            Table::Domains => (
                "CAST(o.id AS SIGNED) * 4 + 1, CAST(o.userid AS SIGNED), CAST(o.orderid AS SIGNED), 0, 'domain', '', o.domain, '', \
                 CAST(o.registrationperiod AS SIGNED), 1, o.firstpaymentamount, o.recurringamount, o.status, '', \
                 o.additionalnotes, CAST(o.promoid AS SIGNED), COALESCE(CAST(o.expirydate AS CHAR), ''), \
                 COALESCE(CAST(o.registrationdate AS CHAR), ''), '', CAST(o.created_at AS CHAR), CAST(o.updated_at AS CHAR), \
                 o.registrar, o.type = 'Transfer'",
                "tbldomains o",
            ),
            Table::Addons => (
                "CAST(o.id AS SIGNED) * 4 + 2, CAST(h.userid AS SIGNED), CAST(o.orderid AS SIGNED), 0, 'addon', \
                 IF(o.name = '', COALESCE(a.name, ''), o.name), COALESCE(h.domain, ''), o.billingcycle, 0, CAST(o.qty AS SIGNED), \
                 o.firstpaymentamount, o.recurring, o.status, '', o.notes, 0, COALESCE(CAST(o.nextduedate AS CHAR), ''), \
                 COALESCE(CAST(o.regdate AS CHAR), ''), COALESCE(CAST(o.termination_date AS CHAR), ''), \
                 CAST(o.created_at AS CHAR), CAST(o.updated_at AS CHAR), '', FALSE",
                "tblhostingaddons o JOIN tblhosting h ON h.id = o.hostingid LEFT JOIN tbladdons a ON a.id = o.addonid",
            ),
        }
    }

    /// The columns of client, status, name and domain.
    fn columns(self) -> [&'static str; 4] {
        match self {
            Table::Services => ["o.userid", "o.domainstatus", "p.name", "o.domain"],
            Table::Domains => ["o.userid", "o.status", "o.domain", "o.domain"],
            Table::Addons => ["h.userid", "o.status", "o.name", "h.domain"],
        }
    }

    /// The columns of the days on which it was activated and will end.
    fn days(self) -> [&'static str; 2] {
        match self {
            Table::Services | Table::Addons => ["o.regdate", "o.nextduedate"],
            Table::Domains => ["o.registrationdate", "o.expirydate"],
        }
    }
}

impl OrderFilter {
    fn apply_to(&self, query: &mut QueryBuilder<MySql>, table: Table) {
        let [client, status, name, domain] = table.columns();
        query.push(if self.excludes(table) { " WHERE FALSE" } else { " WHERE TRUE" });
        if let Some(id) = self.client {
            query.push(" AND ").push(client).push(" = ").push_bind(id);
        }
        if let Some(group) = self.group {
            query.push(" AND o.orderid = ").push_bind(group);
        }
        if let Some(ids) = &self.ids {
            let mut own = ids.iter().filter(|id| *id % 4 == table.number()).map(|id| id / 4).take(MOST_IDS);
            match ids.as_slice() {
                [_] => drop(query.push(" AND o.id = ").push_bind(own.next().unwrap_or_default())),
                _ => {
                    query.push(" AND o.id IN (SELECT w.id FROM JSON_TABLE(").push_bind(id_list(own));
                    query.push(", '$[*]' COLUMNS (id BIGINT PATH '$')) AS w)");
                }
            }
        }
        if let Some(promotion) = self.promotion.filter(|_| table != Table::Addons) {
            query.push(" AND o.promoid = ").push_bind(promotion);
        }
        if let (Some(product), Table::Services) = (self.product, table) {
            query.push(" AND o.packageid = ").push_bind(product);
        }
        if let (Some(kind), Table::Services) = (self.kind.as_deref(), table) {
            let hosting: &[&str] = &["hostingaccount", "reselleraccount"];
            match kind {
                "hosting" => push_any(query, "p.type", hosting),
                _ => drop(query.push(" AND COALESCE(p.type, 'other') NOT IN ('hostingaccount', 'reselleraccount')")),
            }
        }
        for statuses in &self.statuses {
            push_any(query, status, statuses);
        }
        match (self.period.as_ref(), table) {
            (None, _) => {}
            (Some(period), Table::Domains) => {
                query.push(" AND GREATEST(o.registrationperiod, 1) = ").push_bind(period.years);
            }
            (Some(period), _) => drop(query.push(" AND o.billingcycle = ").push_bind(period.cycle)),
        }
        self.apply_days_to(query, table);
        for text in &self.texts {
            push_like(query.push(" AND "), &[name, domain], text, like_contains);
        }
    }

    fn apply_days_to(&self, query: &mut QueryBuilder<MySql>, table: Table) {
        let [activated, expires] = table.days();
        for (comparison, day) in [(" = ", self.created), (" >= ", self.from), (" <= ", self.to)] {
            if let Some(day) = day {
                // Rows of old installations do not have the time at which they were created.
                query.push(" AND DATE(IF(o.created_at > '1971-01-01', o.created_at, ").push(activated).push("))");
                query.push(comparison).push_bind(day);
            }
        }
        if let Some(day) = self.expires_by {
            query.push(" AND ").push(expires).push(" BETWEEN '1000-01-01' AND ").push_bind(day);
        }
    }

    /// Whether no row of a table can match.
    fn excludes(&self, table: Table) -> bool {
        let of_kind = match self.kind.as_deref() {
            None => true,
            Some("domain") => table == Table::Domains,
            Some("hosting") => table == Table::Services,
            Some("custom") => table != Table::Domains,
            Some(_) => false,
        };
        let of_product = self.product.is_none() || table == Table::Services;
        let of_promotion = self.promotion.is_none() || table != Table::Addons;
        let is_hidden = self.hides_addons && table == Table::Addons;
        self.is_impossible || is_hidden || !(of_kind && of_product && of_promotion)
    }
}

/// Returns a page of orders, the latest ids first. Each table gives no more rows than the page needs; of a later page, only the
/// ids of those before it are read.
pub async fn list(db: &mut MySqlConnection, filter: &OrderFilter, page: Page) -> sqlx::Result<Listed<OrderRow>> {
    let rows = match page.start {
        0 => rows(db, filter, page.length).await?,
        _ => {
            let ids = OrderFilter { ids: Some(ids(db, filter, page).await?), ..OrderFilter::default() };
            rows(db, &ids, page.length).await?
        }
    };
    let mut count = QueryBuilder::<MySql>::new("SELECT ");
    for (at, table) in Table::ALL.into_iter().enumerate() {
        count.push(if at == 0 { "(SELECT COUNT(*) FROM " } else { " + (SELECT COUNT(*) FROM " }).push(table.select().1);
        filter.apply_to(&mut count, table);
        count.push(")");
    }
    let is_whole = page.start == 0 && rows.len() < page.length as usize;
    let total = match is_whole {
        true => i64::try_from(rows.len()).unwrap_or(i64::MAX),
        false => count.build_query_scalar().fetch_one(db).await?,
    };
    Ok(Listed { total, rows })
}

/// Returns the ids of a page.
async fn ids(db: &mut MySqlConnection, filter: &OrderFilter, page: Page) -> sqlx::Result<Vec<i64>> {
    let end = page.start.saturating_add(page.length);
    let mut query = QueryBuilder::<MySql>::new("SELECT o.id FROM (");
    for (at, table) in Table::ALL.into_iter().enumerate() {
        query.push(if at == 0 { "(SELECT " } else { " UNION ALL (SELECT " });
        query.push("CAST(o.id AS SIGNED) * 4 + ").push(table.number()).push(" AS id FROM ").push(table.select().1);
        filter.apply_to(&mut query, table);
        query.push(" ORDER BY o.id DESC LIMIT ").push_bind(end).push(")");
    }
    query.push(") AS o ORDER BY o.id DESC LIMIT ").push_bind(page.length).push(" OFFSET ").push_bind(page.start);
    query.build_query_scalar().fetch_all(db).await
}

/// Returns the first orders, the latest ids first.
async fn rows(db: &mut MySqlConnection, filter: &OrderFilter, length: u32) -> sqlx::Result<Vec<OrderRow>> {
    let mut query = QueryBuilder::<MySql>::new(
        "SELECT o.*, COALESCE((SELECT m.code FROM tblclients c JOIN tblcurrencies m ON m.id = c.currency \
                               WHERE c.id = o.client), '') AS currency, \
                COALESCE((SELECT CAST(MAX(i.id) AS SIGNED) FROM tblinvoices i JOIN tblinvoiceitems x ON x.invoiceid = i.id \
                          WHERE i.userid = o.client AND i.status = 'Unpaid' AND x.relid = o.id DIV 4 \
                            AND FIND_IN_SET(x.type, ELT(o.id MOD 4 + 1, 'Hosting,Setup', \
                                'Domain,DomainRegister,DomainTransfer', 'Addon')) > 0), 0) AS unpaid_invoice, \
                (SELECT COUNT(*) FROM tbltickets t WHERE t.userid = o.client AND t.status <> 'Closed' \
                   AND t.service = CONCAT(ELT(o.id MOD 4 + 1, 'S', 'D', 'A'), o.id DIV 4)) AS tickets \
         FROM (",
    );
    for (at, table) in Table::ALL.into_iter().enumerate() {
        let (columns, tables) = table.select();
        query.push(if at == 0 { "(SELECT " } else { " UNION ALL (SELECT " }).push(columns).push(" FROM ").push(tables);
        filter.apply_to(&mut query, table);
        query.push(" ORDER BY o.id DESC LIMIT ").push_bind(length).push(")");
    }
    query.push(") AS o ORDER BY o.id DESC LIMIT ").push_bind(length);
    query.build_query_as().fetch_all(db).await
}

/// Whether what was ordered together is pending.
pub async fn is_pending(db: &mut MySqlConnection, order: i64) -> sqlx::Result<bool> {
    let pending = "SELECT COUNT(*) > 0 FROM tblorders WHERE id = ? AND status = 'Pending'";
    sqlx::query_scalar(pending).bind(order).fetch_one(db).await
}
