//! What a client fills in when ordering a product: custom fields (`tblcustomfields`) and configurable options
//! (`tblproductconfig…`).

use std::collections::{BTreeSet, HashMap};

use sqlx::mysql::MySqlRow;
use sqlx::{FromRow, MySqlConnection, Row};

use crate::database::sql::id_list;
use crate::database::values::from_row;

const OPTIONS: &str = "SELECT CAST(l.pid AS SIGNED) AS product, CAST(l.gid AS SIGNED) AS `group`, NULL AS `option`, \
            NULL AS option_name, NULL AS option_kind, NULL AS minimum, NULL AS maximum, NULL AS is_option_hidden, \
            NULL AS choice, NULL AS choice_name, NULL AS is_choice_hidden, NULL AS position, NULL AS choice_position \
     FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
     JOIN tblproductconfiglinks l ON l.pid = wanted.id \
     UNION ALL \
     SELECT NULL, CAST(o.gid AS SIGNED), CAST(o.id AS SIGNED), o.optionname, o.optiontype, \
            CAST(o.qtyminimum AS SIGNED), CAST(o.qtymaximum AS SIGNED), o.hidden <> 0, CAST(s.id AS SIGNED), \
            s.optionname, COALESCE(s.hidden, 0) <> 0, CAST(o.`order` AS SIGNED), CAST(s.sortorder AS SIGNED) \
     FROM (SELECT DISTINCT l.gid FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
           JOIN tblproductconfiglinks l ON l.pid = wanted.id) g \
     JOIN tblproductconfigoptions o ON o.gid = g.gid \
     LEFT JOIN tblproductconfigoptionssub s ON s.configid = o.id";

/// A custom field that is shown on the order form.
#[derive(Debug)]
pub struct CustomField {
    pub product: i64,
    pub id: i64,
    pub name: String,
    pub description: String,
    /// `on` or empty.
    pub required: String,
    position: i64,
}

from_row!(CustomField { product, id, name, description, required, position });

/// Returns the custom fields of several products, those of one product in their order.
pub async fn custom_fields(
    db: &mut MySqlConnection,
    products: impl Iterator<Item = i64>,
) -> sqlx::Result<Vec<CustomField>> {
    let mut fields: Vec<CustomField> = sqlx::query_as(
        "SELECT CAST(f.relid AS SIGNED) AS product, CAST(f.id AS SIGNED) AS id, f.fieldname AS name, f.description, \
                f.required, CAST(f.sortorder AS SIGNED) AS position \
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS wanted \
         JOIN tblcustomfields f ON f.relid = wanted.id AND f.type = 'product' AND f.showorder = 'on'",
    )
    .bind(id_list(products))
    .fetch_all(db)
    .await?;
    fields.sort_unstable_by_key(|field| (field.product, field.position, field.id));
    Ok(fields)
}

/// One value of a configurable option, or an option without values.
#[derive(Debug)]
pub struct Choice {
    /// The group of options.
    group: i64,
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
    position: i64,
    choice_position: Option<i64>,
}

from_row!(Choice {
    group,
    option,
    option_name,
    option_kind,
    minimum,
    maximum,
    is_option_hidden,
    choice,
    choice_name,
    is_choice_hidden,
    position,
    choice_position
});

/// Either a link from a product to a group of options, or an option value of such a group. Products share groups, so
/// each group is read once.
enum LinkOrChoice {
    Link { product: i64, group: i64 },
    Choice(Choice),
}

impl<'r> FromRow<'r, MySqlRow> for LinkOrChoice {
    fn from_row(row: &'r MySqlRow) -> sqlx::Result<Self> {
        match row.try_get("product")? {
            Some(product) => Ok(LinkOrChoice::Link { product, group: row.try_get("group")? }),
            None => Choice::from_row(row).map(LinkOrChoice::Choice),
        }
    }
}

/// The configurable options of several products.
#[derive(Debug, Default)]
pub struct Options {
    /// Ids of option groups by product.
    groups: HashMap<i64, BTreeSet<i64>>,
    /// Option values by group.
    choices: HashMap<i64, Vec<Choice>>,
}

impl Options {
    pub async fn read(db: &mut MySqlConnection, products: impl Iterator<Item = i64>) -> sqlx::Result<Options> {
        let products = id_list(products);
        let rows: Vec<LinkOrChoice> = sqlx::query_as(OPTIONS).bind(&products).bind(&products).fetch_all(db).await?;
        let mut options = Options::default();
        for row in rows {
            match row {
                LinkOrChoice::Link { product, group } => {
                    options.groups.entry(product).or_default().insert(group);
                }
                LinkOrChoice::Choice(choice) => options.choices.entry(choice.group).or_default().push(choice),
            }
        }
        Ok(options)
    }

    /// The ids of a product's option groups. Products with the same groups have the same options.
    pub fn groups(&self, product: i64) -> &BTreeSet<i64> {
        static NONE: BTreeSet<i64> = BTreeSet::new();
        self.groups.get(&product).unwrap_or(&NONE)
    }

    /// The option values of these groups, in the order of the order form, hidden ones included. The values of one
    /// option follow each other.
    pub fn choices(&self, groups: &BTreeSet<i64>) -> Vec<&Choice> {
        let mut choices: Vec<&Choice> = groups.iter().filter_map(|group| self.choices.get(group)).flatten().collect();
        choices.sort_unstable_by_key(|choice| (choice.position, choice.option, choice.choice_position, choice.choice));
        choices
    }

    /// The ids of the option values of all products.
    pub fn choice_ids(&self) -> impl Iterator<Item = i64> {
        self.choices.values().flatten().filter_map(|choice| choice.choice)
    }
}
