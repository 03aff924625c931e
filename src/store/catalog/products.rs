//! Products and product groups (`tblproducts`, `tblproductgroups`).

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use crate::database::lease::Lease;
use crate::database::sql::id_list;
use crate::database::values::from_row;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ProductGroupId, ProductId};
use crate::domain::product::{AutoSetup, PayType, ProductKind};

const EXISTING: &str = "SELECT CAST(p.id AS SIGNED) FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblproducts p ON p.id = wanted.id";
const LOCK_GROUP: &str = "SELECT slug FROM tblproductgroups WHERE id = ? FOR UPDATE";
const SLUGS: &str = "SELECT slug FROM tblproducts WHERE gid = ?";
const CREATE: &str = "INSERT INTO tblproducts \
        (type, gid, name, slug, description, hidden, showdomainoptions, welcomeemail, stockcontrol, qty, \
         proratabilling, proratadate, proratachargenextmonth, paytype, allowqty, subdomain, autosetup, \
         servertype, servergroup, freedomain, freedomainpaymentterms, freedomaintlds, recurringcycles, \
         autoterminatedays, configoptionsupgrade, billingcycleupgrade, overagesenabled, overagesdisklimit, \
         overagesbwlimit, overagesdiskprice, overagesbwprice, tax, affiliateonetime, affiliatepaytype, \
         affiliatepayamount, `order`, retired, is_featured, color, tagline, short_description, created_at, \
         updated_at, configoption1, configoption2, configoption3, configoption4, configoption5, configoption6, \
         configoption7, configoption8, configoption9, configoption10, configoption11, configoption12, \
         configoption13, configoption14, configoption15, configoption16, configoption17, configoption18, \
         configoption19, configoption20, configoption21, configoption22, configoption23, configoption24) \
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, '', '', '', 0, 0, 0, '', '', 0, 0, 0, 0, \
            ?, 0, '', 0.00, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
            ?, ?, ?, ? \
     FROM (SELECT 1) AS one WHERE NOT EXISTS (SELECT 1 FROM tblproducts WHERE gid = ? AND slug = ?)";
const ADD_SLUG: &str = "INSERT INTO tblproducts_slugs (product_id, group_id, group_slug, slug, active, clicks, created_at, updated_at) \
     VALUES (?, ?, ?, ?, 1, 0, ?, ?)";
const EXISTS: &str = "SELECT COUNT(*) > 0 FROM tblproducts WHERE id = ?";
const CHANGE_STOCK: &str = "UPDATE tblproducts SET qty = qty + IF(stockcontrol <> 0, ?, 0), updated_at = IF(stockcontrol <> 0, ?, updated_at) \
     WHERE id = ? AND (stockcontrol = 0 OR ? >= 0 OR qty + ? >= 0)";

/// Filter for products.
#[derive(Debug, Clone, Default)]
pub struct ProductFilter {
    /// Only these.
    pub products: Option<Vec<ProductId>>,
    pub group: Option<ProductGroupId>,
    /// The name of the products' provisioning module.
    pub module: Option<String>,
    pub visible_only: bool,
}

#[derive(Debug)]
pub struct ProductRow {
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
    /// The number in stock, or 0 if stock is not counted.
    pub available: i64,
    /// `None` if the group does not exist.
    group_position: Option<i64>,
    position: i64,
}

from_row!(ProductRow {
    id,
    group,
    group_slug,
    kind,
    name,
    slug,
    description,
    module,
    pay_type,
    quantity_mode,
    available,
    group_position,
    position
});

/// Returns the products that match the filter, in the order of the order form.
pub async fn list(db: &mut MySqlConnection, filter: &ProductFilter) -> sqlx::Result<Vec<ProductRow>> {
    let wanted = filter.products.as_ref().map(|products| id_list(products.iter().map(|id| id.0)));
    let mut products: Vec<ProductRow> = sqlx::query_as(
        "SELECT CAST(p.id AS SIGNED) AS id, CAST(p.gid AS SIGNED) AS `group`, COALESCE(g.slug, '') AS group_slug, \
                p.type AS kind, p.name, p.slug, p.description, p.servertype AS module, p.paytype AS pay_type, \
                CAST(p.allowqty AS SIGNED) AS quantity_mode, \
                CAST(CASE WHEN p.stockcontrol <> 0 THEN p.qty ELSE 0 END AS SIGNED) AS available, \
                CAST(g.`order` AS SIGNED) AS group_position, CAST(p.`order` AS SIGNED) AS position \
         FROM tblproducts p LEFT JOIN tblproductgroups g ON g.id = p.gid \
         WHERE (? IS NULL OR p.id IN (SELECT wanted.id FROM \
                   JSON_TABLE(COALESCE(?, '[]'), '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted)) \
           AND (? IS NULL OR p.gid = ?) AND (? IS NULL OR p.servertype = ?) AND (? = 0 OR p.hidden = 0)",
    )
    .bind(&wanted)
    .bind(&wanted)
    .bind(filter.group)
    .bind(filter.group)
    .bind(&filter.module)
    .bind(&filter.module)
    .bind(i32::from(filter.visible_only))
    .fetch_all(db)
    .await?;
    products.sort_unstable_by_key(|one| {
        let group = one.group_position.map(|position| (position, one.group.0));
        (group, one.position, one.id.0)
    });
    Ok(products)
}

/// Returns those of these ids that do not exist.
pub async fn unknown(db: &mut MySqlConnection, ids: &[ProductId]) -> sqlx::Result<Vec<ProductId>> {
    let wanted = id_list(ids.iter().map(|id| id.0));
    let known: Vec<i64> = sqlx::query_scalar(EXISTING).bind(wanted).fetch_all(db).await?;
    Ok(ids.iter().copied().filter(|id| !known.contains(&id.0)).collect())
}

#[derive(Debug)]
pub struct Group {
    pub id: i64,
    pub name: String,
}

from_row!(Group { id, name });

/// Returns the visible product groups in their order, or only the given one.
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

/// Reads a group's slug and locks the group's row until the transaction ends.
pub async fn lock_group(db: &mut Lease, id: ProductGroupId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(LOCK_GROUP).bind(id).fetch_optional(db.lock(Subject::ProductGroup(id)).await?).await
}

/// The slugs of a group's products.
pub async fn slugs(db: &mut MySqlConnection, group: ProductGroupId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(SLUGS).bind(group).fetch_all(db).await
}

/// Number of module settings of a product: `configoption1` and so on.
pub const MODULE_OPTIONS: usize = 24;

/// A product to insert. Settings that are not listed here are off, empty or 0.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the table has that many flags")]
pub struct NewProduct {
    pub name: String,
    pub kind: ProductKind,
    pub pay_type: PayType,
    pub auto_setup: AutoSetup,
    /// The id of an email template, or 0.
    pub welcome_email: u32,
    /// `#rrggbb` or empty.
    pub color: String,
    pub stock_control: bool,
    pub quantity: i32,
    pub is_hidden: bool,
    pub shows_domain_options: bool,
    pub is_taxed: bool,
    pub is_featured: bool,
    pub prorata_billing: bool,
    pub prorata_date: i32,
    pub prorata_charge_next_month: i32,
    pub description: String,
    pub short_description: String,
    pub tagline: String,
    pub subdomains: String,
    pub module: String,
    /// At most [`MODULE_OPTIONS`] values.
    pub module_options: Vec<String>,
    pub server_group: i32,
    pub position: i32,
}

/// The path of a product in the shop.
#[derive(Debug)]
pub struct ProductAddress<'a> {
    pub group: ProductGroupId,
    pub group_slug: &'a str,
    pub slug: &'a str,
}

/// Inserts a product. Returns `None`, with nothing written, if another product of its group has the slug.
pub async fn create(
    tx: &mut Writer<'_>,
    address: &ProductAddress<'_>,
    new: &NewProduct,
) -> sqlx::Result<Option<ProductId>> {
    let utc = tx.now.utc();
    let mut insert = sqlx::query(CREATE)
        .bind(new.kind.name())
        .bind(address.group)
        .bind(&new.name)
        .bind(address.slug.to_owned())
        .bind(&new.description)
        .bind(new.is_hidden)
        .bind(new.shows_domain_options)
        .bind(new.welcome_email)
        .bind(new.stock_control)
        .bind(new.quantity)
        .bind(new.prorata_billing)
        .bind(new.prorata_date)
        .bind(new.prorata_charge_next_month)
        .bind(new.pay_type.name())
        .bind(&new.subdomains)
        .bind(new.auto_setup.name())
        .bind(&new.module)
        .bind(new.server_group)
        .bind(new.is_taxed)
        .bind(new.position)
        .bind(new.is_featured)
        .bind(&new.color)
        .bind(&new.tagline)
        .bind(&new.short_description)
        .bind(utc)
        .bind(utc);
    for option in &new.module_options {
        insert = insert.bind(option);
    }
    let done = tx.execute(insert.bind(address.group).bind(address.slug.to_owned())).await?;
    if done.rows_affected() != 1 {
        return Ok(None);
    }
    let id = ProductId(done.last_insert_id().cast_signed());
    let add_slug = sqlx::query(ADD_SLUG)
        .bind(id)
        .bind(address.group)
        .bind(address.group_slug.to_owned())
        .bind(address.slug.to_owned())
        .bind(utc)
        .bind(utc);
    tx.execute(add_slug).await?;
    Ok(Some(id))
}

pub async fn exists(db: &mut MySqlConnection, id: ProductId) -> sqlx::Result<bool> {
    sqlx::query_scalar(EXISTS).bind(id).fetch_one(db).await
}

/// Adds to the stock of these products or takes from it, where stock is counted; in the order of their ids, so that no
/// two calls deadlock. Returns the first product that has too little stock, if any.
pub async fn change_stock(tx: &mut Writer<'_>, changes: &BTreeMap<ProductId, i64>) -> sqlx::Result<Option<ProductId>> {
    for (&id, &more) in changes.iter().filter(|(_, more)| **more != 0) {
        let change = sqlx::query(CHANGE_STOCK).bind(more).bind(tx.now.utc()).bind(id).bind(more).bind(more);
        // A product that was deleted cannot get its stock back.
        if !tx.change(change).await? && more < 0 {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
