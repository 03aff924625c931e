//! What an order form offers: products with their configurable options and custom fields, addons, and domain
//! extensions.

use std::collections::HashMap;

use sqlx::MySqlConnection;
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, Row};

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::domain::id::ProductId;
use crate::domain::order::price::PriceList;
use crate::store::catalog::pricing::PriceKind;

statements! {
    PRODUCTS = "SELECT CAST(p.id AS SIGNED) AS id, p.name, p.paytype AS pay_type, \
                CAST(p.allowqty AS SIGNED) AS quantity_mode, p.tax <> 0 AS is_taxed, p.proratabilling <> 0 AS is_pro_rata \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tblproducts p ON p.id = wanted.id";
    CUSTOM_FIELDS = "SELECT CAST(f.relid AS SIGNED), CAST(f.id AS SIGNED) \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblcustomfields f ON f.relid = wanted.id AND f.type = 'product'";
    ADDONS = "SELECT CAST(a.id AS SIGNED) AS id, a.name, a.billingcycle AS cycle, \
                CAST(a.allowqty AS SIGNED) AS quantity_mode, a.tax <> 0 AS is_taxed \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tbladdons a ON a.id = wanted.id";
    EXTENSION = "SELECT CAST(id AS SIGNED) AS id, extension AS name, dnsmanagement <> 0 AS offers_dns_management, \
                emailforwarding <> 0 AS offers_email_forwarding, idprotection <> 0 AS offers_id_protection \
         FROM tbldomainpricing WHERE extension = ? ORDER BY tbldomainpricing.id";
    PRICES = "SELECT CAST(p.relid AS SIGNED) AS priced, p.msetupfee, p.qsetupfee, p.ssetupfee, p.asetupfee, \
                p.bsetupfee, p.tsetupfee, p.monthly, p.quarterly, p.semiannually, p.annually, p.biennially, p.triennially \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblpricing p ON p.relid = wanted.id AND p.type = ? AND p.currency = ? ORDER BY p.id DESC";
    DOMAIN_PRICES = "SELECT CAST(p.relid AS SIGNED) AS priced, p.msetupfee, p.qsetupfee, p.ssetupfee, p.asetupfee, \
                p.bsetupfee, p.tsetupfee, p.monthly, p.quarterly, p.semiannually, p.annually, p.biennially, p.triennially \
         FROM tblpricing p WHERE p.relid = ? AND p.type = ? AND p.currency = ? AND p.tsetupfee IN (0, ?) \
         ORDER BY p.tsetupfee = 0, p.id LIMIT 1";
}

/// The properties of a product that an order depends on.
#[derive(Debug, Clone)]
pub struct Product {
    pub id: ProductId,
    pub name: String,
    /// `free`, `onetime` or `recurring`.
    pub pay_type: String,
    /// Whether several may be ordered, and whether as one service or many: see
    /// [`crate::domain::order::split_quantity`].
    pub quantity_mode: i64,
    pub is_taxed: bool,
    /// Whether its terms begin on a fixed day of the month, so that the first one is charged in part.
    pub is_pro_rata: bool,
}

from_row!(Product { id, name, pay_type, quantity_mode, is_taxed, is_pro_rata });

pub async fn products(db: &mut MySqlConnection, ids: impl Iterator<Item = i64>) -> sqlx::Result<Vec<Product>> {
    sqlx::query_as(PRODUCTS).bind(id_list(ids)).fetch_all(db).await
}

/// Returns the custom fields of several products, as pairs of product and field.
pub async fn custom_fields(
    db: &mut MySqlConnection,
    products: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<(i64, i64)>> {
    sqlx::query_as(CUSTOM_FIELDS).bind(id_list(products)).fetch_all(db).await
}

/// The properties of an addon that an order depends on.
#[derive(Debug, Clone)]
pub struct Addon {
    pub id: i64,
    pub name: String,
    /// `recurring` if it has a price for each cycle, else its only cycle.
    pub cycle: String,
    pub quantity_mode: i64,
    pub is_taxed: bool,
}

from_row!(Addon { id, name, cycle, quantity_mode, is_taxed });

pub async fn addons(db: &mut MySqlConnection, ids: impl Iterator<Item = i64>) -> sqlx::Result<Vec<Addon>> {
    sqlx::query_as(ADDONS).bind(id_list(ids)).fetch_all(db).await
}

/// A domain extension that is for sale.
#[derive(Debug, Clone)]
pub struct Extension {
    pub id: i64,
    /// The extension in the operator's spelling.
    pub name: String,
    pub offers_dns_management: bool,
    pub offers_email_forwarding: bool,
    pub offers_id_protection: bool,
}

from_row!(Extension { id, name, offers_dns_management, offers_email_forwarding, offers_id_protection });

/// Finds an extension, given in lower case and with the leading dot.
pub async fn extension(db: &mut MySqlConnection, extension: &str) -> sqlx::Result<Option<Extension>> {
    let rows: Vec<Extension> = sqlx::query_as(EXTENSION).bind(extension.to_owned()).fetch_all(db).await?;
    // The database may consider `.cöm` and `.com` equal.
    Ok(rows.into_iter().find(|row| row.name.to_lowercase() == extension))
}

/// The price list of one catalog item.
struct PriceListRow {
    priced: i64,
    list: PriceList,
}

impl<'r> FromRow<'r, MySqlRow> for PriceListRow {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let column = |name: &str| row.try_get(name);
        let setup = [
            column("msetupfee")?,
            column("qsetupfee")?,
            column("ssetupfee")?,
            column("asetupfee")?,
            column("bsetupfee")?,
            column("tsetupfee")?,
        ];
        let prices = [
            column("monthly")?,
            column("quarterly")?,
            column("semiannually")?,
            column("annually")?,
            column("biennially")?,
            column("triennially")?,
        ];
        Ok(PriceListRow { priced: row.try_get("priced")?, list: PriceList { setup, prices } })
    }
}

/// Returns the price lists of several catalog items of one kind in a currency, by their ids. If there are several for
/// an item, the oldest applies.
pub async fn prices(
    db: &mut MySqlConnection,
    priced: PriceKind,
    ids: impl Iterator<Item = i64>,
    currency: i64,
) -> sqlx::Result<HashMap<i64, PriceList>> {
    let rows: Vec<PriceListRow> =
        sqlx::query_as(PRICES).bind(id_list(ids)).bind(priced.name()).bind(currency).fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.priced, row.list)).collect())
}

/// Returns the price list of an extension in a currency: the one for the client's group if it exists, else the general
/// one. According to public sources, rows for a group have the group's id in `tsetupfee`.
pub async fn domain_prices(
    db: &mut MySqlConnection,
    priced: PriceKind,
    extension: i64,
    currency: i64,
    group: i64,
) -> sqlx::Result<Option<PriceList>> {
    let query = sqlx::query_as(DOMAIN_PRICES).bind(extension).bind(priced.name()).bind(currency).bind(group);
    let row: Option<PriceListRow> = query.fetch_optional(db).await?;
    Ok(row.map(|row| row.list))
}
