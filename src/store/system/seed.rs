//! What seeding reads of the shop, and how it inserts many rows.

use sqlx::{AssertSqlSafe, MySqlConnection, QueryBuilder};

use crate::domain::money::Money;
use crate::domain::tax::Rate;

use crate::database::values::from_row;

/// Numbers of rows per INSERT: the largest that still fits is used, so that few statements are prepared, each once.
const ROWS: [usize; 3] = [64, 8, 1];

/// Inserts rows, many with each statement.
pub async fn insert(
    db: &mut MySqlConnection,
    table: &'static str,
    columns: &[&'static str],
    rows: &[Vec<String>],
) -> sqlx::Result<()> {
    let columns = columns.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
    let mut left = rows;
    for count in ROWS {
        let chunks = left.chunks_exact(count);
        left = chunks.remainder();
        for some in chunks {
            let mut query = QueryBuilder::new(format!("INSERT INTO {table} ({columns}) "));
            query.push_values(some, |mut values, row| {
                for value in row {
                    values.push_bind(value);
                }
            });
            query.build().execute(&mut *db).await?;
        }
    }
    Ok(())
}

/// The next free id of each table whose rows others refer to.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    pub client: i64,
    pub user: i64,
    pub order: i64,
    pub service: i64,
    pub addon: i64,
    pub domain: i64,
    pub invoice: i64,
    pub payment: i64,
    pub ticket: i64,
}

from_row!(Ids { client, user, order, service, addon, domain, invoice, payment, ticket });

/// Reads the first free id of each table.
pub async fn free_ids(db: &mut MySqlConnection) -> sqlx::Result<Ids> {
    sqlx::query_as(
        "SELECT (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblclients) AS client, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblusers) AS user, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblorders) AS `order`, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblhosting) AS service, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblhostingaddons) AS addon, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tbldomains) AS domain, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblinvoices) AS invoice, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tblaccounts) AS payment, \
                (SELECT CAST(COALESCE(MAX(id), 0) + 1 AS SIGNED) FROM tbltickets) AS ticket",
    )
    .fetch_one(db)
    .await
}

/// Lets columns that are not named get the empty value of their type, as WHMCS does.
pub async fn allow_defaults(db: &mut MySqlConnection) -> sqlx::Result<()> {
    sqlx::query("SET SESSION sql_mode = ''").execute(db).await.map(drop)
}

/// Returns a client whose e-mail address may be real, if there is one: domains reserved by RFC 2606 are not.
pub async fn client_with_real_address(db: &mut MySqlConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT email FROM tblclients WHERE email NOT LIKE '%.example' AND email NOT LIKE '%.test' \
           AND email NOT LIKE '%.invalid' AND email NOT REGEXP '[@.]example[.](com|net|org)$' ORDER BY id LIMIT 1",
    )
    .fetch_optional(db)
    .await
}

/// Returns a setting of WHMCS, such as its address.
pub async fn setting(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT value FROM tblconfiguration WHERE setting = ? ORDER BY id LIMIT 1")
        .bind(name)
        .fetch_optional(db)
        .await
}

/// Returns the currencies: id, code, prefix, suffix, rate.
pub async fn currencies(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String, String, String, Rate)>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED), code, prefix, suffix, rate FROM tblcurrencies ORDER BY `default` DESC, id",
    )
    .fetch_all(db)
    .await
}

/// Returns the tax rules: level, country, state, rate.
pub async fn taxes(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String, String, Rate)>> {
    sqlx::query_as("SELECT CAST(level AS SIGNED), country, state, taxrate FROM tbltax ORDER BY id").fetch_all(db).await
}

/// A recurring product that is for sale.
#[derive(Debug)]
pub struct Product {
    pub id: i64,
    pub name: String,
    pub kind: String,
    pub module: String,
    pub taxed: i64,
}

from_row!(Product { id, name, kind, module, taxed });

pub async fn products(db: &mut MySqlConnection) -> sqlx::Result<Vec<Product>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, name, type AS kind, servertype AS module, CAST(tax AS SIGNED) AS taxed \
         FROM tblproducts WHERE paytype = 'recurring' AND hidden = 0 AND retired = 0 AND stockcontrol = 0 ORDER BY id",
    )
    .fetch_all(db)
    .await
}

/// Returns the addons: id, name, comma-separated product ids, whether taxed.
pub async fn addons(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String, String, i64)>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED), name, packages, CAST(tax <> '' AND tax <> '0' AS SIGNED) FROM tbladdons \
         WHERE billingcycle = 'recurring' ORDER BY id",
    )
    .fetch_all(db)
    .await
}

/// The price of an item in a currency for a month, a quarter, one year and two, if it has no set-up fee.
#[derive(Debug)]
pub struct Price {
    pub item: i64,
    pub currency: i64,
    pub monthly: Money,
    pub quarterly: Money,
    pub annually: Money,
    pub biennially: Money,
}

from_row!(Price { item, currency, monthly, quarterly, annually, biennially });

pub async fn prices(db: &mut MySqlConnection, kind: &str) -> sqlx::Result<Vec<Price>> {
    sqlx::query_as(
        "SELECT CAST(relid AS SIGNED) AS item, CAST(currency AS SIGNED) AS currency, \
                IF(msetupfee > 0, -1.00, monthly) AS monthly, IF(qsetupfee > 0, -1.00, quarterly) AS quarterly, \
                IF(asetupfee > 0, -1.00, annually) AS annually, IF(bsetupfee > 0, -1.00, biennially) AS biennially \
         FROM tblpricing WHERE type = ? ORDER BY id",
    )
    .bind(kind)
    .fetch_all(db)
    .await
}

/// Returns the domain extensions with their prices for one year: extension, registrar, currency, first price, renewal
/// price.
pub async fn extensions(db: &mut MySqlConnection) -> sqlx::Result<Vec<(String, String, i64, Money, Money)>> {
    sqlx::query_as(
        "SELECT e.extension, e.autoreg, CAST(first.currency AS SIGNED), first.msetupfee, again.msetupfee \
         FROM tbldomainpricing e \
         JOIN tblpricing first ON first.type = 'domainregister' AND first.relid = e.id AND first.tsetupfee = 0 \
         JOIN tblpricing again ON again.type = 'domainrenew' AND again.relid = e.id AND again.tsetupfee = 0 \
           AND again.currency = first.currency \
         WHERE first.msetupfee >= 0 AND again.msetupfee >= 0 ORDER BY e.`order`, e.id, first.id",
    )
    .fetch_all(db)
    .await
}

/// Returns the enabled servers: id and module.
pub async fn servers(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as("SELECT CAST(id AS SIGNED), type FROM tblservers WHERE disabled = 0 ORDER BY id").fetch_all(db).await
}

/// Returns the gateways that clients see.
pub async fn gateways(db: &mut MySqlConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT DISTINCT gateway FROM tblpaymentgateways WHERE setting = 'visible' AND value = 'on' ORDER BY gateway",
    )
    .fetch_all(db)
    .await
}

/// Returns the active staff: id and name.
pub async fn staff(db: &mut MySqlConnection) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED), CONCAT(firstname, ' ', lastname) FROM tbladmins WHERE disabled = 0 ORDER BY id",
    )
    .fetch_all(db)
    .await
}

pub async fn departments(db: &mut MySqlConnection) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("SELECT CAST(id AS SIGNED) FROM tblticketdepartments ORDER BY `order`, id").fetch_all(db).await
}

/// Returns those of these titles that are missing in a table of statuses.
pub async fn missing_statuses(
    db: &mut MySqlConnection,
    table: &'static str,
    titles: &[&'static str],
) -> sqlx::Result<Vec<&'static str>> {
    let statement = format!("SELECT title FROM {table}");
    let there: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement)).fetch_all(db).await?;
    Ok(titles.iter().copied().filter(|title| !there.iter().any(|other| other == title)).collect())
}
