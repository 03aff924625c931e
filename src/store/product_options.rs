//! What a client chooses when ordering a product: `tblcustomfields`, and `tblproductconfig…` for configurable options.

use sqlx::MySqlConnection;

use super::id_list;
use super::values::from_row;

/// A custom field that is shown on the order form.
#[derive(Debug)]
pub struct CustomField {
    pub product: i64,
    pub id: i64,
    pub name: String,
    pub description: String,
    /// `on`, or empty.
    pub required: String,
}

from_row!(CustomField { product, id, name, description, required });

/// The custom fields of many products, each product's in their order.
pub async fn custom_fields(
    db: &mut MySqlConnection,
    products: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<CustomField>> {
    sqlx::query_as(
        "SELECT CAST(f.relid AS SIGNED) AS product, CAST(f.id AS SIGNED) AS id, f.fieldname AS name, f.description, \
                f.required \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblcustomfields f ON f.relid = wanted.id AND f.type = 'product' AND f.showorder = 'on' \
         ORDER BY f.relid, f.sortorder, f.id",
    )
    .bind(id_list(products))
    .fetch_all(db)
    .await
}

/// One choice of a configurable option, or an option that has none.
#[derive(Debug)]
pub struct Choice {
    pub product: i64,
    pub option: i64,
    pub option_name: String,
    /// 1 drop-down, 2 radio buttons, 3 yes or no, 4 quantity.
    pub option_kind: String,
    pub minimum: i64,
    pub maximum: i64,
    pub is_option_hidden: bool,
    pub choice: Option<i64>,
    pub choice_name: Option<String>,
    pub is_choice_hidden: bool,
}

from_row!(Choice {
    product,
    option,
    option_name,
    option_kind,
    minimum,
    maximum,
    is_option_hidden,
    choice,
    choice_name,
    is_choice_hidden
});

pub(super) const CHOICES: &str = "SELECT CAST(l.pid AS SIGNED) AS product, CAST(o.id AS SIGNED) AS `option`, o.optionname AS option_name, \
                o.optiontype AS option_kind, CAST(o.qtyminimum AS SIGNED) AS minimum, \
                CAST(o.qtymaximum AS SIGNED) AS maximum, o.hidden <> 0 AS is_option_hidden, \
                CAST(s.id AS SIGNED) AS choice, s.optionname AS choice_name, \
                COALESCE(s.hidden, 0) <> 0 AS is_choice_hidden \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblproductconfiglinks l ON l.pid = wanted.id \
         JOIN tblproductconfigoptions o ON o.gid = l.gid \
         LEFT JOIN tblproductconfigoptionssub s ON s.configid = o.id \
         ORDER BY l.pid, o.`order`, o.id, s.sortorder, s.id";

/// The choices of many products, in the order of the order form: an option's choices follow each other. Hidden ones are
/// among them.
pub async fn choices(db: &mut MySqlConnection, products: impl Iterator<Item = i64>) -> sqlx::Result<Vec<Choice>> {
    sqlx::query_as(CHOICES).bind(id_list(products)).fetch_all(db).await
}
