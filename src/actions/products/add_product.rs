//! `AddProduct`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;
use sqlx::MySqlConnection;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{ProductGroupId, ProductId};
use crate::domain::money::Money;
use crate::domain::slug;
use crate::domain::topic::Topic;
use crate::error::{Error, Result, refuse, refuse_as};
use crate::openapi;
use crate::param::{Keyed, Nested, Param};
use crate::store;
use crate::store::billing::currencies::Currency;
use crate::store::catalog::pricing::{CYCLES, CyclePrice, NewPrices, Priced};
use crate::store::catalog::products::{MODULE_OPTIONS, NewProduct};

/// Adds a product, with a price in every currency.
///
/// What is not named is off, empty or 0; a cycle that is not named is not offered, and a free product costs nothing. The
/// slug is unique within the product's group: one that is made from the name gets a number behind it, and one that was
/// sent and is taken is refused.
///
/// Recommended products must exist, and that is all: where WHMCS keeps them is not public, nor is where it keeps the
/// settings of on-demand renewals, which are ignored.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddProduct {
    name: Param<String>,
    gid: Param<ProductGroupId>,
    /// The name in the product's address; by default, made from the name.
    slug: Param<String>,
    /// `hostingaccount`, `reselleraccount`, `server` or `other`, which is the default.
    #[serde(rename = "type")]
    kind: Param<String>,
    /// Whether stock is counted.
    stockcontrol: Param<bool>,
    /// How many are in stock.
    qty: Param<u32>,
    /// `free`, which is the default, `onetime` or `recurring`.
    paytype: Param<String>,
    hidden: Param<bool>,
    showdomainoptions: Param<bool>,
    tax: Param<bool>,
    #[serde(rename = "isFeatured")]
    is_featured: Param<bool>,
    proratabilling: Param<bool>,
    description: Param<String>,
    shortdescription: Param<String>,
    tagline: Param<String>,
    /// Three or six hexadecimal digits, with or without a number sign in front.
    color: Param<String>,
    /// The template of the mail that greets who has bought it, whose type is `product`; 0 for none.
    welcomeemail: Param<u32>,
    proratadate: Param<u32>,
    proratachargenextmonth: Param<u32>,
    /// A comma list of the subdomains on offer, such as `.example.com`.
    subdomain: Param<String>,
    /// When it is set up: `on` for when staff accept the order, `order`, `payment`, or by default never.
    autosetup: Param<String>,
    /// The module that provisions it.
    module: Param<String>,
    servergroupid: Param<u32>,
    /// Where the order form shows it among others.
    order: Param<u32>,
    /// Amounts by the currency's id and the name of the cycle or of its set-up fee: `pricing[1][monthly]`,
    /// `pricing[1][msetupfee]`; -1 for a cycle that is not offered.
    pricing: Param<Nested>,
    /// A list of arrays with the `id` of a product each.
    recommendations: Param<Nested>,
    /// `configoption1` to `configoption24`, the module's own settings.
    #[serde(flatten)]
    #[schemars(schema_with = "openapi::module_options")]
    module_options: ModuleOptions,
}

/// The module's settings, by their numbers.
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
pub struct Reply {
    pid: i64,
}

const NOT_A_GROUP: &str = "You must supply a valid Product Group ID";
const NOT_A_WELCOME_EMAIL: &str = "You must supply a valid welcome email ID";
const NOT_A_RECOMMENDATION: &str = "The recommendation product ID is invalid. This must be an existing product ID.";
const NOT_PRICES: &str = "pricing must be an array of amounts by currency and cycle, in decimal format: ### or ###.##";

impl Action for AddProduct {
    const NAME: &'static str = "AddProduct";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["name", "gid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let name = self.name.text("name", TEXT_BYTES)?;
        if name.is_empty() {
            return refuse("You must supply a name for the product");
        }
        let group = self.gid.required(NOT_A_GROUP)?;
        let not_a_group = || Error::Refused(NOT_A_GROUP);
        let group_slug = store::catalog::products::lock_group(call.db, group).await?.ok_or_else(not_a_group)?;
        let welcome_email = welcome_email(call.db, self.welcomeemail).await?;
        let kind = one_of(
            self.kind,
            &["other", "hostingaccount", "reselleraccount", "server"],
            "Invalid product type. Must be one of \"hostingaccount\", \"reselleraccount\", \"server\" or \"other\"",
        )?;
        let pay_type = one_of(
            self.paytype,
            &["free", "onetime", "recurring"],
            "Invalid pay type. Must be one of \"free\", \"onetime\" or \"recurring\"",
        )?;
        let auto_setup = one_of(
            self.autosetup,
            &["", "on", "order", "payment"],
            "Invalid autosetup value. Must be one of \"\", \"on\", \"order\" or \"payment\"",
        )?;
        let color = color(&self.color.text("color", TEXT_BYTES)?)?;
        check_recommendations(call.db, self.recommendations).await?;
        let currencies = store::billing::currencies::list(call.db).await?;
        let pricing = prices(self.pricing, &currencies, pay_type == "free")?;
        let taken = store::catalog::products::slugs(call.db, group).await?;
        let new = NewProduct {
            group,
            group_slug,
            slug: slug_for(&self.slug.text("slug", TEXT_BYTES)?, &name, &taken)?,
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

        let mut books = call.write(Subject::ProductGroup(group)).await?;
        let Some(id) = store::catalog::products::create(&mut books, &new).await? else {
            return refuse_as(
                "slug_already_taken",
                format!("A product of this group has the slug {} already", new.slug),
            );
        };
        for prices in &pricing {
            store::catalog::pricing::add(&mut books, Priced::Product, id.0, prices).await?;
        }
        store::system::activity::log(&mut books, None, &format!("Created Product - Product ID: {id} - {}", new.name))
            .await?;
        Ok(Reply { pid: id.0 })
    }
}

/// One of these words, the first of them where none was sent.
fn one_of(sent: Param<String>, words: &[&'static str], refusal: &'static str) -> Result<&'static str> {
    let sent = sent.optional(refusal)?;
    let word = words.iter().copied().find(|word| sent.as_deref().is_none_or(|sent| sent.eq_ignore_ascii_case(word)));
    word.ok_or(Error::Refused(refusal))
}

/// A number that an INT column holds, 0 where none was sent.
fn number(sent: Param<u32>, name: &str) -> Result<i32> {
    let refusal = format!("{name} must be a whole number");
    let number = sent.optional(refusal.clone())?.unwrap_or(0);
    i32::try_from(number).or_else(|_| refuse_as("malformed_parameter", refusal))
}

async fn welcome_email(db: &mut MySqlConnection, sent: Param<u32>) -> Result<u32> {
    let id = sent.optional(NOT_A_WELCOME_EMAIL)?.unwrap_or(0);
    let is_known = id == 0 || store::system::email_templates::is_about(db, id, Topic::Product).await?;
    if is_known { Ok(id) } else { refuse(NOT_A_WELCOME_EMAIL) }
}

/// The color with a number sign, or empty.
fn color(sent: &str) -> Result<String> {
    let digits = sent.strip_prefix('#').unwrap_or(sent);
    let is_color = matches!(digits.len(), 3 | 6) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    match sent {
        "" => Ok(String::new()),
        _ if is_color => Ok(format!("#{digits}")),
        _ => refuse("The color must be a valid hexadecimal value."),
    }
}

async fn check_recommendations(db: &mut MySqlConnection, sent: Param<Nested>) -> Result<()> {
    let Some(sent) = sent.lenient() else { return Ok(()) };
    let list: Vec<Json> = match sent.array("recommendations")? {
        Json::Array(list) => list,
        Json::Object(list) => list.into_iter().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    let id = |entry: &Json| Param::<ProductId>::deserialize(entry.get("id")?).ok()?.lenient();
    let ids: Option<Vec<ProductId>> = list.iter().map(id).collect();
    let ids = ids.ok_or(Error::Refused(NOT_A_RECOMMENDATION))?;
    let all_exist = ids.is_empty() || store::catalog::products::unknown(db, &ids).await?.is_empty();
    if all_exist { Ok(()) } else { refuse(NOT_A_RECOMMENDATION) }
}

/// A row for each currency. What is not named costs nothing where the product is free, and else is not offered.
fn prices(sent: Param<Nested>, currencies: &[Currency], is_free: bool) -> Result<Vec<NewPrices>> {
    let sent = match sent.lenient() {
        Some(sent) => sent.array("pricing")?,
        None => Json::Null,
    };
    let sent = Param::<Keyed<Keyed<Money>>>::deserialize(sent).unwrap_or_default().optional(NOT_PRICES)?;
    let Keyed(sent) = sent.unwrap_or(Keyed(Vec::new()));
    let is_known = |key: &str| currencies.iter().any(|currency| currency.id.to_string() == key);
    if let Some((unknown, _)) = sent.iter().find(|(key, _)| !is_known(key)) {
        return refuse_as("currency_not_found", format!("pricing: there is no currency {unknown}"));
    }
    let not_named = if is_free { Money::ZERO } else { CyclePrice::not_offered() };
    let of_currency = |currency: &Currency| {
        let key = currency.id.to_string();
        let named = sent.iter().find(|(sent, _)| *sent == key).map_or(&[][..], |(_, Keyed(amounts))| amounts);
        let cycles: Result<_> =
            CYCLES.iter().map(|[price, setup_fee]| cycle(named, price, setup_fee, not_named)).collect();
        Ok(NewPrices { currency: currency.id, cycles: cycles? })
    };
    currencies.iter().map(of_currency).collect()
}

fn cycle(named: &[(String, Money)], price: &str, setup_fee: &str, not_named: Money) -> Result<CyclePrice> {
    let amount = |name| named.iter().find(|(named, _)| named == name).map(|(_, amount)| *amount);
    let price = amount(price).unwrap_or(not_named);
    let setup_fee = amount(setup_fee).unwrap_or(Money::ZERO);
    let is_price = price >= Money::ZERO || price == CyclePrice::not_offered();
    if is_price && setup_fee >= Money::ZERO { Ok(CyclePrice { price, setup_fee }) } else { refuse(NOT_PRICES) }
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

fn slug_for(sent: &str, name: &str, taken: &[String]) -> Result<String> {
    match (slug::slug(sent), slug::slug(name)) {
        (wanted, _) if !wanted.is_empty() => Ok(wanted),
        _ if !sent.is_empty() => refuse("The slug must have letters or digits of ASCII"),
        (_, made) if made.is_empty() => Ok(slug::unique("product", taken)),
        (_, made) => Ok(slug::unique(&made, taken)),
    }
}
