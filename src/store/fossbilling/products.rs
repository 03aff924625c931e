//! Products with their prices in the default currency, and prices of extensions.

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use crate::database::values::from_row;
use crate::domain::money::Money;
use crate::domain::order::price::PriceList;
use crate::store::catalog::pricing::price_list;

/// A product.
#[derive(Debug, Clone)]
pub struct ProductRow {
    pub product: Product,
    /// In the default currency; `None` without a price list.
    pub prices: Option<PriceList>,
}

#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct Product {
    pub id: i64,
    pub group: i64,
    pub group_name: String,
    pub kind: String,
    pub name: String,
    pub slug: String,
    pub description: String,
    pub pay_type: String,
    pub allows_quantity: bool,
    pub module: String,
    pub auto_setup: String,
    pub stock_control: bool,
    pub stock: i64,
    pub is_hidden: bool,
    pub is_retired: bool,
    pub position: i64,
    pub created_at: String,
    pub updated_at: String,
}

from_row!(Product {
    id,
    group,
    group_name,
    kind,
    name,
    slug,
    description,
    pay_type,
    allows_quantity,
    module,
    auto_setup,
    stock_control,
    stock,
    is_hidden,
    is_retired,
    position,
    created_at,
    updated_at
});

impl<'r> FromRow<'r, MySqlRow> for ProductRow {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        let has_prices: bool = row.try_get("has_prices")?;
        Ok(ProductRow {
            product: Product::from_row(row)?,
            prices: if has_prices { Some(price_list(row)?) } else { None },
        })
    }
}

/// Returns all products in the order of the order form; without those that are not on sale, if `on_sale_only`.
pub async fn list(db: &mut MySqlConnection, on_sale_only: bool) -> sqlx::Result<Vec<ProductRow>> {
    sqlx::query_as(
        "SELECT CAST(p.id AS SIGNED) AS id, CAST(p.gid AS SIGNED) AS `group`, COALESCE(g.name, '') AS group_name, \
                p.type AS kind, p.name, p.slug, p.description, p.paytype AS pay_type, p.allowqty <> 0 AS allows_quantity, \
                p.servertype AS module, p.autosetup AS auto_setup, p.stockcontrol <> 0 AS stock_control, \
                CAST(p.qty AS SIGNED) AS stock, p.hidden <> 0 AS is_hidden, p.retired <> 0 AS is_retired, \
                CAST(p.`order` AS SIGNED) AS position, CAST(p.created_at AS CHAR) AS created_at, \
                CAST(p.updated_at AS CHAR) AS updated_at, t.id IS NOT NULL AS has_prices, \
                t.msetupfee, t.qsetupfee, t.ssetupfee, t.asetupfee, t.bsetupfee, t.tsetupfee, \
                t.monthly, t.quarterly, t.semiannually, t.annually, t.biennially, t.triennially \
         FROM tblproducts p LEFT JOIN tblproductgroups g ON g.id = p.gid \
              LEFT JOIN tblpricing t ON t.id = (SELECT MAX(x.id) FROM tblpricing x \
                   WHERE x.type = 'product' AND x.relid = p.id AND x.currency = \
                         (SELECT m.id FROM tblcurrencies m ORDER BY m.`default` <> 0 DESC, m.id LIMIT 1)) \
         WHERE ? = 0 OR p.hidden = 0 AND p.retired = 0 AND COALESCE(g.hidden, 0) = 0 \
         ORDER BY COALESCE(g.`order`, 0), p.gid, p.`order`, p.id",
    )
    .bind(i32::from(on_sale_only))
    .fetch_all(db)
    .await
}

/// An extension with its prices for one year in the default currency; negative for what is not offered.
#[derive(Debug)]
pub struct ExtensionRow {
    pub id: i64,
    pub extension: String,
    pub registrar: String,
    pub register: Money,
    pub transfer: Money,
    pub renew: Money,
}

from_row!(ExtensionRow { id, extension, registrar, register, transfer, renew });

/// Returns the extensions that are on sale, in their order.
pub async fn extensions(db: &mut MySqlConnection) -> sqlx::Result<Vec<ExtensionRow>> {
    sqlx::query_as(
        "SELECT CAST(e.id AS SIGNED) AS id, e.extension, e.autoreg AS registrar, \
                COALESCE(MAX(CASE WHEN t.type = 'domainregister' THEN t.msetupfee END), -1.00) AS register, \
                COALESCE(MAX(CASE WHEN t.type = 'domaintransfer' THEN t.msetupfee END), -1.00) AS transfer, \
                COALESCE(MAX(CASE WHEN t.type = 'domainrenew' THEN t.msetupfee END), -1.00) AS renew \
         FROM tbldomainpricing e LEFT JOIN tblpricing t ON t.relid = e.id AND t.tsetupfee = 0 \
              AND t.type IN ('domainregister', 'domaintransfer', 'domainrenew') \
              AND t.currency = (SELECT m.id FROM tblcurrencies m ORDER BY m.`default` <> 0 DESC, m.id LIMIT 1) \
         GROUP BY e.id, e.extension, e.autoreg, e.`order` ORDER BY e.`order`, e.id",
    )
    .fetch_all(db)
    .await
}
