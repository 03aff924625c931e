//! `AddProduct`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::actions::words::ErrorText;
use crate::actions::words::catalog::{
    NOT_PRICES, PRODUCT_GROUP_NOT_FOUND, RECOMMENDATION_NOT_FOUND, WELCOME_MAIL_NOT_FOUND,
};
use crate::actions::{Access, Action, Ignored};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{CurrencyId, ProductGroupId, ProductId};
use crate::domain::money::Money;
use crate::domain::product::{AutoSetup, PayType, ProductKind};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::operations::catalog::Refusal;
use crate::operations::catalog::products::{
    CycleAmounts, LockedGroup, Prices, check_recommendations, check_welcome_mail, create,
};
use crate::param::schema;
use crate::param::{Html, Keyed, Nested, Param};
use crate::store::catalog::pricing::CYCLES;
use crate::store::catalog::products::{MODULE_OPTIONS, NewProduct};

/// Adds a product, with prices in all currencies.
///
/// Parameters that are not given are off, empty or 0; billing cycles that are not given are not offered, and a free
/// product costs nothing. The slug is unique within the product group: one derived from the name gets a number appended
/// if it is taken; one that was sent and is taken is rejected.
///
/// Recommended products must exist, but are not stored, because it is not public where WHMCS stores them.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddProduct {
    name: Param<String>,
    gid: Param<ProductGroupId>,
    /// The product's name in URLs; by default, derived from `name`.
    slug: Param<String>,
    /// `hostingaccount`, `reselleraccount`, `server` or `other`, which is the default.
    #[serde(rename = "type")]
    kind: Param<String>,
    /// Whether stock is counted.
    stockcontrol: Param<bool>,
    /// The number in stock.
    qty: Param<u32>,
    /// `free`, which is the default, `onetime` or `recurring`.
    paytype: Param<String>,
    hidden: Param<bool>,
    showdomainoptions: Param<bool>,
    tax: Param<bool>,
    #[serde(rename = "isFeatured")]
    is_featured: Param<bool>,
    proratabilling: Param<bool>,
    description: Param<Html>,
    shortdescription: Param<String>,
    tagline: Param<String>,
    /// Three or six hexadecimal digits, with or without a leading number sign.
    color: Param<String>,
    /// The id of the welcome mail's template, which must be of type `product`; 0 for none.
    #[schemars(with = "schema::IdOrZero")]
    welcomeemail: Param<u32>,
    proratadate: Param<u32>,
    proratachargenextmonth: Param<u32>,
    /// Comma-separated subdomains on offer, such as `.example.com`.
    subdomain: Param<String>,
    /// When services are set up automatically: `on` when staff accept the order, `order` at once, `payment` after the
    /// first payment; by default, never.
    autosetup: Param<String>,
    /// The name of the module that provisions the product.
    module: Param<String>,
    #[schemars(with = "schema::IdOrZero")]
    servergroupid: Param<u32>,
    /// The position among the products of the order form.
    order: Param<u32>,
    /// Amounts by currency id and by the name of a billing cycle or set-up fee: `pricing[1][monthly]`,
    /// `pricing[1][msetupfee]`; -1 for a cycle that is not offered.
    #[schemars(with = "schema::Prices")]
    pricing: Param<Nested>,
    /// A list of arrays, each with the `id` of a product. The products must exist, but are not stored.
    recommendations: Param<Nested>,
    /// `configoption1` to `configoption24`: the settings of the module for this product.
    #[serde(flatten)]
    #[schemars(schema_with = "schema::module_options")]
    module_options: ModuleOptions,
}

/// The module settings of the product, by number.
#[derive(Debug, Default)]
struct ModuleOptions(BTreeMap<usize, Param<String>>);

impl<'de> Deserialize<'de> for ModuleOptions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let sent = BTreeMap::<String, Json>::deserialize(deserializer)?;
        let options = sent.into_iter().filter_map(|(name, value)| {
            let number = name.strip_prefix("configoption")?.parse().ok()?;
            Some((number, Param::deserialize(value).ok()?))
        });
        Ok(ModuleOptions(options.collect()))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddProductReply {
    pid: i64,
}

const NO_NAME: &str = "You must supply a name for the product";
const INVALID_TYPE: &str =
    "Invalid product type. Must be one of \"hostingaccount\", \"reselleraccount\", \"server\" or \"other\"";
const INVALID_PAY_TYPE: &str = "Invalid pay type. Must be one of \"free\", \"onetime\" or \"recurring\"";
const INVALID_AUTO_SETUP: &str = "Invalid autosetup value. Must be one of \"\", \"on\", \"order\" or \"payment\"";
const INVALID_COLOR: &str = "The color must be a valid hexadecimal value.";

impl Action for AddProduct {
    const NAME: &'static str = "AddProduct";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["name", "gid"];
    const EXAMPLE: &'static str = r#"{"name": "Large", "gid": 1, "paytype": "recurring", "pricing": {"1": {"monthly": "19.90", "msetupfee": "0.00"}}}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(NO_NAME),
        Exact(PRODUCT_GROUP_NOT_FOUND),
        Exact(WELCOME_MAIL_NOT_FOUND),
        Exact(INVALID_TYPE),
        Exact(INVALID_PAY_TYPE),
        Exact(INVALID_AUTO_SETUP),
        Exact(INVALID_COLOR),
        Exact(RECOMMENDATION_NOT_FOUND),
    ];
    const IGNORED: &'static [Ignored] = &[Ignored {
        parameters: &[
            "ondemandrenewalconfigurationoverride",
            "ondemandrenewalsenabled",
            "ondemandrenewalperiodmonthly",
            "ondemandrenewalperiodquarterly",
            "ondemandrenewalperiodsemiannually",
            "ondemandrenewalperiodannually",
            "ondemandrenewalperiodbiennially",
            "ondemandrenewalperiodtriennially",
        ],
        reason: "on-demand renewals are not supported, and it is not public where WHMCS stores their settings",
    }];
    type Reply = AddProductReply;

    async fn run(self, call: Call<'_>) -> Result<AddProductReply> {
        let name = self.name.text("name", TEXT_BYTES)?;
        if name.is_empty() {
            return refuse(NO_NAME);
        }
        let mut context = call.context();
        let group = LockedGroup::lock(&mut context, self.gid.required(PRODUCT_GROUP_NOT_FOUND)?).await?;
        let welcome_email = self.welcomeemail.optional(WELCOME_MAIL_NOT_FOUND)?.unwrap_or(0);
        check_welcome_mail(&mut context, welcome_email).await?;
        let kind = one_of(self.kind, ProductKind::parse, INVALID_TYPE)?;
        let pay_type = one_of(self.paytype, PayType::parse, INVALID_PAY_TYPE)?;
        let auto_setup = one_of(self.autosetup, AutoSetup::parse, INVALID_AUTO_SETUP)?;
        let color = color(&self.color.text("color", TEXT_BYTES)?)?;
        check_recommendations(&mut context, &recommendations(self.recommendations)?).await?;
        let prices = prices(self.pricing)?;
        let slug = self.slug.text("slug", TEXT_BYTES)?;
        let new = NewProduct {
            name,
            kind,
            pay_type,
            auto_setup,
            welcome_email,
            color,
            stock_control: self.stockcontrol.is_set(),
            quantity: number(self.qty, "qty")?,
            is_hidden: self.hidden.is_set(),
            shows_domain_options: self.showdomainoptions.is_set(),
            is_taxed: self.tax.is_set(),
            is_featured: self.is_featured.is_set(),
            prorata_billing: self.proratabilling.is_set(),
            prorata_date: number(self.proratadate, "proratadate")?,
            prorata_charge_next_month: number(self.proratachargenextmonth, "proratachargenextmonth")?,
            description: self.description.text("description", TEXT_BYTES)?,
            short_description: self.shortdescription.text("shortdescription", TEXT_BYTES)?,
            tagline: self.tagline.text("tagline", TEXT_BYTES)?,
            subdomains: self.subdomain.text("subdomain", TEXT_BYTES)?,
            module: self.module.text("module", TEXT_BYTES)?,
            module_options: self.module_options.read()?,
            server_group: number(self.servergroupid, "servergroupid")?,
            position: number(self.order, "order")?,
        };
        let id = create(context, &group, &slug, &prices, &new).await?;
        Ok(AddProductReply { pid: id.0 })
    }
}

/// Decodes a parameter that takes one of several words; returns the default if it is absent.
fn one_of<T: Default>(sent: Param<String>, parse: fn(&str) -> Option<T>, refusal: &'static str) -> Result<T> {
    match sent.optional(refusal)? {
        Some(word) => parse(&word).ok_or(Error::Refused(refusal)),
        None => Ok(T::default()),
    }
}

/// Decodes a number that fits an INT column; 0 if it is absent.
fn number(sent: Param<u32>, name: &str) -> Result<i32> {
    let refusal = format!("{name} must be a whole number");
    let number = sent.optional(refusal.clone())?.unwrap_or(0);
    i32::try_from(number).or_else(|_| refuse_as("malformed_parameter", refusal))
}

/// Returns the color with a leading number sign, or an empty string.
fn color(sent: &str) -> Result<String> {
    let digits = sent.strip_prefix('#').unwrap_or(sent);
    let is_color = matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match sent {
        "" => Ok(String::new()),
        _ if is_color => Ok(format!("#{digits}")),
        _ => refuse(INVALID_COLOR),
    }
}

fn recommendations(sent: Param<Nested>) -> Result<Vec<ProductId>> {
    let Some(sent) = sent.lenient() else { return Ok(Vec::new()) };
    let list: Vec<Json> = match sent.array("recommendations")? {
        Json::Array(list) => list,
        Json::Object(list) => list.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    let id = |entry: &Json| match entry.get("id").map(Param::<ProductId>::deserialize) {
        Some(Ok(id)) => id.optional(RECOMMENDATION_NOT_FOUND),
        _ => refuse(RECOMMENDATION_NOT_FOUND),
    };
    list.iter().filter_map(|entry| id(entry).transpose()).collect()
}

/// Decodes amounts by currency id and by the name of a billing cycle or set-up fee.
fn prices(sent: Param<Nested>) -> Result<Prices> {
    let sent = match sent.lenient() {
        Some(sent) => sent.array("pricing")?,
        None => Json::Null,
    };
    let sent = Param::<Keyed<Keyed<Money>>>::deserialize(sent).unwrap_or_default().optional(NOT_PRICES)?;
    let Keyed(sent) = sent.unwrap_or(Keyed(Vec::new()));
    let of_currency = |(key, Keyed(amounts)): (String, Keyed<Money>)| {
        let amount = |name| amounts.iter().find(|(named, _)| named == name).map(|(_, amount)| *amount);
        let cycles =
            CYCLES.map(|[price, setup_fee]| CycleAmounts { price: amount(price), setup_fee: amount(setup_fee) });
        match CurrencyId::parse(&key) {
            Some(id) => Ok((id, cycles)),
            None => Err(Refusal::CurrencyNotFound { currency: key }.error()),
        }
    };
    sent.into_iter().map(of_currency).collect()
}

impl ModuleOptions {
    fn read(mut self) -> Result<Vec<String>> {
        let option = |number| {
            let sent: Param<String> = self.0.remove(&number).unwrap_or_default();
            sent.text(&format!("configoption{number}"), TEXT_BYTES)
        };
        (1..=MODULE_OPTIONS).map(option).collect()
    }
}
