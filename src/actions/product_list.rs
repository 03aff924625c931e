//! The list of products with their prices, custom fields and configurable options, which several actions return.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;

use crate::call::Call;
use crate::config::ProductUrl;
use crate::database::fingerprint::FingerprintQuery;
use crate::domain::id::{ProductGroupId, ProductId};
use crate::domain::money::Money;
use crate::domain::order::options::display_name;
use crate::error::Result;
use crate::param::schema;
use crate::param::{List, Param, ParamValue};
use crate::store;
use crate::store::catalog::fingerprints;
use crate::store::catalog::pricing::{self, Prices};
use crate::store::catalog::product_options::{self, Choice, CustomField};
use crate::store::catalog::products::ProductFilter;
use crate::wire::Shared;

/// The filters for the products to list.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// One product id, or several separated by commas.
    #[schemars(with = "schema::Ids")]
    pid: Param<ProductIds>,
    gid: Param<ProductGroupId>,
    /// The name of the module that provisions the products.
    module: Param<String>,
}

/// Product ids of a filter. Malformed ids match no product.
#[derive(Debug, Clone)]
struct ProductIds(Vec<ProductId>);

impl ParamValue for ProductIds {
    fn parse(text: &str) -> Option<Self> {
        Some(ProductIds(text.split(',').filter_map(|id| ProductId::parse(id.trim())).collect()))
    }

    fn from_list(list: Json) -> Option<Self> {
        let List(lists) = List::<ProductIds>::from_list(list)?;
        Some(ProductIds(lists.into_iter().flat_map(|ids| ids.0).collect()))
    }
}

#[derive(Debug, Default, JsonSchema, Serialize)]
pub struct Products {
    pub product: Vec<Product>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Product {
    pid: i64,
    gid: i64,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_url: Option<String>,
    /// The same URL under its other documented name; `compat.product_url` decides which of the two is sent.
    #[serde(rename = "product-url", skip_serializing_if = "Option::is_none")]
    product_url_with_hyphen: Option<String>,
    description: String,
    module: String,
    paytype: String,
    allowqty: i64,
    /// The number in stock, or 0 if stock is not counted.
    quantity_available: i64,
    #[schemars(with = "HashMap<String, ProductPrices>")]
    pricing: Pricing<ProductPrices>,
    customfields: CustomFields,
    configoptions: ConfigOptions,
}

/// Prices by currency code.
#[derive(Debug, Default)]
struct Pricing<P>(Vec<(String, P)>);

impl<P: Serialize> Serialize for Pricing<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(currency, prices)| (currency, prices)))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
struct ProductPrices {
    prefix: String,
    suffix: String,
    #[serde(flatten)]
    cycles: CyclePrices,
}

/// The prices of each billing cycle; `-1.00` if a cycle is not offered. A one-time price is in `monthly`.
#[derive(Debug, JsonSchema, Serialize)]
struct CyclePrices {
    msetupfee: Money,
    qsetupfee: Money,
    ssetupfee: Money,
    asetupfee: Money,
    bsetupfee: Money,
    tsetupfee: Money,
    monthly: Money,
    quarterly: Money,
    semiannually: Money,
    annually: Money,
    biennially: Money,
    triennially: Money,
}

#[derive(Debug, Default, JsonSchema, Serialize)]
struct CustomFields {
    customfield: Vec<Field>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Field {
    id: i64,
    name: String,
    description: String,
    /// `on`, or empty.
    required: String,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ConfigOptions {
    #[schemars(with = "Vec<ConfigOption>")]
    configoption: Shared<Vec<ConfigOption>>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ConfigOption {
    id: i64,
    name: String,
    /// 1 drop-down, 2 radio buttons, 3 yes or no, 4 quantity.
    #[serde(rename = "type")]
    kind: String,
    minqty: i64,
    maxqty: i64,
    options: Options,
}

#[derive(Debug, Default, JsonSchema, Serialize)]
struct Options {
    option: Vec<OptionChoice>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct OptionChoice {
    id: i64,
    name: String,
    /// The name as stored: the value for the module, a vertical bar, and the displayed name.
    #[serde(rename = "rawName")]
    raw_name: String,
    /// Always 0, and `required` always null, as documented: they have values in a cart only.
    recurring: i64,
    required: Option<String>,
    #[schemars(with = "HashMap<String, CyclePrices>")]
    pricing: Pricing<CyclePrices>,
}

impl Selection {
    fn filter(&self, visible_only: bool) -> ProductFilter {
        ProductFilter {
            products: self.pid.clone().lenient().map(|ids| ids.0),
            group: self.gid.filter(),
            module: self.module.clone().lenient(),
            visible_only,
        }
    }

    /// Returns the query for the fingerprint of all rows that [`read`] reads.
    pub fn fingerprint(&self, visible_only: bool) -> FingerprintQuery {
        fingerprints::products(&self.filter(visible_only))
    }
}

/// Reads the products that match the filters: all of them, or only the visible ones.
pub async fn read(call: Call<'_>, selection: &Selection, visible_only: bool) -> Result<Products> {
    let (db, key) = (call.db, call.compat.product_url);
    let filter = selection.filter(visible_only);
    let products = store::catalog::products::list(db, &filter).await?;
    let ids = || products.iter().map(|product| product.id.0);
    let mut custom_fields = custom_fields(product_options::custom_fields(db, ids()).await?);
    let options = product_options::Options::read(db, ids()).await?;
    let (mut pricing, choice_prices) = pricing::product_and_choice_prices(db, ids(), options.choice_ids()).await?;
    let mut options_by_groups = HashMap::new();
    let system_url = store::system::configuration::read(db).await?.system_url;

    let product = |product: store::catalog::products::ProductRow| {
        let id = product.id.0;
        let groups = options.groups(id);
        let configoption =
            options_by_groups.entry(groups).or_insert_with(|| config_options(&options.choices(groups), &choice_prices));
        let url = format!("{system_url}{}/{}", product.group_slug, product.slug);
        let (product_url, product_url_with_hyphen) = match key {
            ProductUrl::Underscore => (Some(url), None),
            ProductUrl::Hyphen => (None, Some(url)),
        };
        Product {
            pid: id,
            gid: product.group.0,
            product_url,
            product_url_with_hyphen,
            kind: product.kind,
            name: product.name,
            slug: product.slug,
            description: product.description,
            module: product.module,
            paytype: product.pay_type,
            allowqty: product.quantity_mode,
            quantity_available: product.available,
            pricing: Pricing::of_product(pricing.remove(&id).unwrap_or_default()),
            customfields: CustomFields { customfield: custom_fields.remove(&id).unwrap_or_default() },
            configoptions: ConfigOptions { configoption: configoption.clone() },
        }
    };
    Ok(Products { product: products.into_iter().map(product).collect() })
}

fn custom_fields(fields: Vec<CustomField>) -> HashMap<i64, Vec<Field>> {
    let mut by_product: HashMap<_, Vec<_>> = HashMap::new();
    for field in fields {
        by_product.entry(field.product).or_default().push(Field {
            id: field.id,
            name: display_name(&field.name).to_owned(),
            description: field.description,
            required: field.required,
        });
    }
    by_product
}

fn config_options(choices: &[&Choice], prices: &pricing::ById) -> Shared<Vec<ConfigOption>> {
    let mut options: Vec<ConfigOption> = Vec::new();
    for row in choices.iter().filter(|row| !row.is_option_hidden) {
        if options.last().is_none_or(|option| option.id != row.option) {
            options.push(ConfigOption {
                id: row.option,
                name: display_name(&row.option_name).to_owned(),
                kind: row.option_kind.clone(),
                minqty: row.minimum,
                maxqty: row.maximum,
                options: Options::default(),
            });
        }
        if let (Some(option), Some(id), Some(name), false) =
            (options.last_mut(), row.choice, &row.choice_name, row.is_choice_hidden)
        {
            option.options.option.push(OptionChoice {
                id,
                name: display_name(name).to_owned(),
                raw_name: name.clone(),
                recurring: 0,
                required: None,
                pricing: Pricing::of_choice(prices.get(&id).map(Vec::as_slice).unwrap_or_default()),
            });
        }
    }
    Shared::new(options)
}

impl Pricing<ProductPrices> {
    fn of_product(prices: Vec<Prices>) -> Self {
        let priced = |prices: Prices| {
            let cycles = CyclePrices::from(&prices);
            (prices.currency, ProductPrices { prefix: prices.prefix, suffix: prices.suffix, cycles })
        };
        Pricing(prices.into_iter().map(priced).collect())
    }
}

impl Pricing<CyclePrices> {
    fn of_choice(prices: &[Prices]) -> Self {
        Pricing(prices.iter().map(|prices| (prices.currency.clone(), CyclePrices::from(prices))).collect())
    }
}

impl From<&Prices> for CyclePrices {
    fn from(prices: &Prices) -> CyclePrices {
        CyclePrices {
            msetupfee: prices.monthly_setup,
            qsetupfee: prices.quarterly_setup,
            ssetupfee: prices.semiannual_setup,
            asetupfee: prices.annual_setup,
            bsetupfee: prices.biennial_setup,
            tsetupfee: prices.triennial_setup,
            monthly: prices.monthly,
            quarterly: prices.quarterly,
            semiannually: prices.semiannually,
            annually: prices.annually,
            biennially: prices.biennially,
            triennially: prices.triennially,
        }
    }
}
