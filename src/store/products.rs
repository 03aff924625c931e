//! `tblproducts` and `tblproductgroups`.

use sqlx::MySqlConnection;

use super::id_list;
use super::values::from_row;
use crate::domain::id::{ProductGroupId, ProductId};

/// Which products to read.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these.
    pub products: Option<Vec<ProductId>>,
    pub group: Option<ProductGroupId>,
    /// The name of the module that provisions them.
    pub module: Option<String>,
    pub visible_only: bool,
}

#[derive(Debug)]
pub struct Product {
    pub id: ProductId,
    pub group: ProductGroupId,
    pub group_slug: String,
    pub kind: String,
    pub name: String,
    pub slug: String,
    pub description: String,
    pub module: String,
    pub pay_type: String,
    pub quantity_mode: i64,
    /// What is in stock, or 0 where stock is not counted.
    pub available: i64,
}

from_row!(Product { id, group, group_slug, kind, name, slug, description, module, pay_type, quantity_mode, available });

/// The products that a filter lets through, in the order of the order form.
pub async fn list(db: &mut MySqlConnection, filter: &Filter) -> sqlx::Result<Vec<Product>> {
    let wanted = filter.products.as_ref().map(|products| id_list(products.iter().map(|id| id.0)));
    sqlx::query_as(
        "SELECT CAST(p.id AS SIGNED) AS id, CAST(p.gid AS SIGNED) AS `group`, COALESCE(g.slug, '') AS group_slug, \
                p.type AS kind, p.name, p.slug, p.description, p.servertype AS module, p.paytype AS pay_type, \
                CAST(p.allowqty AS SIGNED) AS quantity_mode, \
                CAST(CASE WHEN p.stockcontrol <> 0 THEN p.qty ELSE 0 END AS SIGNED) AS available \
         FROM tblproducts p LEFT JOIN tblproductgroups g ON g.id = p.gid \
         WHERE (? IS NULL OR p.id IN (SELECT wanted.id FROM \
                   JSON_TABLE(COALESCE(?, '[]'), '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted)) \
           AND (? IS NULL OR p.gid = ?) AND (? IS NULL OR p.servertype = ?) AND (? = 0 OR p.hidden = 0) \
         ORDER BY g.`order`, g.id, p.`order`, p.id",
    )
    .bind(&wanted)
    .bind(&wanted)
    .bind(filter.group)
    .bind(filter.group)
    .bind(&filter.module)
    .bind(&filter.module)
    .bind(i32::from(filter.visible_only))
    .fetch_all(db)
    .await
}

/// Which of these products do not exist.
pub async fn unknown(db: &mut MySqlConnection, ids: &[ProductId]) -> sqlx::Result<Vec<ProductId>> {
    let filter = Filter { products: Some(ids.to_vec()), ..Filter::default() };
    let known = list(db, &filter).await?;
    Ok(ids.iter().copied().filter(|id| known.iter().all(|product| product.id != *id)).collect())
}

#[derive(Debug)]
pub struct Group {
    pub id: i64,
    pub name: String,
}

from_row!(Group { id, name });

/// The visible product groups in their order, or only the one.
pub async fn visible_groups(db: &mut MySqlConnection, only: Option<ProductGroupId>) -> sqlx::Result<Vec<Group>> {
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, name FROM tblproductgroups g \
         WHERE hidden = 0 AND (? IS NULL OR g.id = ?) ORDER BY `order`, g.id",
    )
    .bind(only)
    .bind(only)
    .fetch_all(db)
    .await
}
