//! What an order form offers: products with their configurable options and custom fields, and addons.

use std::collections::HashMap;

use sqlx::MySqlConnection;
use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, Row};

use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::domain::id::ProductId;
use crate::domain::order::price::PriceList;
use crate::store::catalog::pricing::{PriceKind, price_list};

const PRODUCTS: &str = "SELECT CAST(p.id AS SIGNED) AS id, p.name, p.paytype AS pay_type, \
            CAST(p.allowqty AS SIGNED) AS quantity_mode, p.tax <> 0 AS is_taxed, p.proratabilling <> 0 AS is_pro_rata, \
            p.freedomain AS free_domain, p.freedomainpaymentterms AS free_domain_terms, \
            p.freedomaintlds AS free_domain_extensions \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tblproducts p ON p.id = wanted.id";
const CUSTOM_FIELDS: &str = "SELECT CAST(f.relid AS SIGNED), CAST(f.id AS SIGNED) \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblcustomfields f ON f.relid = wanted.id AND f.type = 'product'";
const ADDONS: &str = "SELECT CAST(a.id AS SIGNED) AS id, a.name, a.billingcycle AS cycle, \
            CAST(a.allowqty AS SIGNED) AS quantity_mode, a.tax <> 0 AS is_taxed \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted JOIN tbladdons a ON a.id = wanted.id";
const PRICES: &str = "SELECT CAST(p.relid AS SIGNED) AS priced, p.msetupfee, p.qsetupfee, p.ssetupfee, p.asetupfee, \
            p.bsetupfee, p.tsetupfee, p.monthly, p.quarterly, p.semiannually, p.annually, p.biennially, p.triennially \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblpricing p ON p.relid = wanted.id AND p.type = ? AND p.currency = ? ORDER BY p.id DESC";

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
    /// How a domain with the product is free; empty if it is not.
    pub free_domain: String,
    /// The billing cycles with which a domain is free, separated by commas.
    pub free_domain_terms: String,
    /// The extensions of free domains, separated by commas.
    pub free_domain_extensions: String,
}

from_row!(Product {
    id,
    name,
    pay_type,
    quantity_mode,
    is_taxed,
    is_pro_rata,
    free_domain,
    free_domain_terms,
    free_domain_extensions
});

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

/// The price list of one catalog item.
struct PriceListRow {
    priced: i64,
    list: PriceList,
}

impl<'r> FromRow<'r, MySqlRow> for PriceListRow {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        Ok(PriceListRow { priced: row.try_get("priced")?, list: price_list(row)? })
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
