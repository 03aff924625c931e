//! What is for sale, of what is asked for.

use std::collections::{HashMap, HashSet};

use sqlx::MySqlConnection;

use super::wishes::{ADDON_INVALID, AddonWish, ServiceWish, Wishes};
use crate::actions::orders::get_products::friendly;
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::order::options::{self, Chosen, ConfigOption, Kind};
use crate::domain::order::price::{Price, PriceList};
use crate::domain::order::{Division, divide};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::store::catalog::order_form::{self, Addon, Product};
use crate::store::catalog::pricing::Priced;
use crate::store::catalog::product_options;

/// The products and addons of an order, with their prices in the client's currency.
pub struct Shop {
    products: HashMap<i64, Product>,
    product_prices: HashMap<i64, PriceList>,
    options: HashMap<i64, Vec<ConfigOption>>,
    /// Products and their custom fields.
    fields: HashSet<(i64, i64)>,
    addons: HashMap<i64, Addon>,
    addon_prices: HashMap<i64, PriceList>,
}

/// A product as it was chosen.
pub struct Choice<'s> {
    pub product: &'s Product,
    pub division: Division,
    pub cycle: Cycle,
    pub options: Vec<Chosen>,
    /// Of one.
    pub price: Price,
}

/// An addon as it was chosen.
pub struct AddonChoice<'s> {
    pub addon: &'s Addon,
    pub division: Division,
    pub cycle: Cycle,
    /// Of one.
    pub price: Price,
}

impl Shop {
    /// Reads what is wished for, in a number of statements that does not depend on how much it is.
    pub async fn visit(db: &mut MySqlConnection, wishes: &Wishes, currency: i64) -> Result<Shop> {
        let services = || wishes.numbered.iter().filter_map(|(service, _)| service.as_ref());
        let products: HashSet<i64> = services().map(|wish| wish.product.0).collect();
        let ids = || products.iter().copied();
        let with_products = services().flat_map(|wish| &wish.addons);
        let addons = with_products.chain(wishes.addons.iter().map(|(addon, _)| addon));
        let addons: HashSet<i64> = addons.map(|addon| addon.addon).collect();
        let mut shop = Shop {
            products: HashMap::new(),
            product_prices: HashMap::new(),
            options: HashMap::new(),
            fields: HashSet::new(),
            addons: HashMap::new(),
            addon_prices: HashMap::new(),
        };
        if !products.is_empty() {
            let rows = order_form::products(db, ids()).await?;
            shop.products = rows.into_iter().map(|product| (product.id.0, product)).collect();
            shop.product_prices = order_form::prices(db, Priced::Product, ids(), currency).await?;
            let options = product_options::Options::read(db, ids()).await?;
            let prices = order_form::prices(db, Priced::Choice, options.choice_ids(), currency).await?;
            for product in ids() {
                shop.options.insert(product, options_of(&options.choices(options.groups(product)), &prices)?);
            }
            shop.fields = order_form::custom_fields(db, ids()).await?.into_iter().collect();
        }
        if !addons.is_empty() {
            let ids = || addons.iter().copied();
            let rows = order_form::addons(db, ids()).await?;
            shop.addons = rows.into_iter().map(|addon| (addon.id, addon)).collect();
            shop.addon_prices = order_form::prices(db, Priced::Addon, ids(), currency).await?;
        }
        Ok(shop)
    }

    /// Chooses a product.
    pub fn choose(&self, wish: &ServiceWish) -> Result<Choice<'_>> {
        let id = wish.product.0;
        let Some(product) = self.products.get(&id) else {
            return refuse_as("product_id_not_found", format!("Product ID Not Found: {id}"));
        };
        if product.is_pro_rata && wish.price.is_none() {
            return refuse_as(
                "product_billed_pro_rata",
                format!("Product ID {id} is billed pro rata, which this server cannot work out"),
            );
        }
        let prices = self.product_prices.get(&id);
        let Some(division) = divide(wish.quantity, product.quantity_mode) else {
            return refuse_as(
                "quantity_not_allowed",
                format!("Product ID {id} cannot be ordered more than once at a time"),
            );
        };
        let cycle = cycle_of(product, wish, prices)?;
        let options = self.options.get(&id).map(Vec::as_slice).unwrap_or_default();
        let unfit = |unfit: options::Unfit| Error::RefusedAs {
            code: "invalid_configoption",
            message: format!("Product ID {id} {unfit}"),
        };
        let options = options::choose(options, &wish.options, cycle).map_err(unfit)?;
        if let Some(field) = wish.fields.keys().find(|&&field| !self.fields.contains(&(id, field))) {
            return refuse_as("custom_field_not_found", format!("Product ID {id} has no custom field {field}"));
        }
        let price = match wish.price {
            Some(term) => Price { setup: Money::ZERO, term },
            None => {
                let unavailable = || unavailable(id, cycle.name());
                let own = match cycle {
                    Cycle::Free => Price::NOTHING,
                    cycle => prices.and_then(|prices| prices.of(cycle)).ok_or_else(unavailable)?,
                };
                let all = options.iter().try_fold(own, |sum, chosen| sum.checked_add(chosen.price));
                all.ok_or_else(|| unfit(options::Unfit::TooExpensive))?
            }
        };
        Ok(Choice { product, division, cycle, options, price })
    }

    /// Chooses an addon of a service that is billed in this cycle: in the same one where it is offered.
    pub fn choose_addon(&self, wish: AddonWish, service: Option<Cycle>) -> Result<AddonChoice<'_>> {
        let id = wish.addon;
        let Some(addon) = self.addons.get(&id) else { return refuse(ADDON_INVALID) };
        let Some(division) = divide(wish.quantity, addon.quantity_mode) else {
            return refuse_as(
                "quantity_not_allowed",
                format!("Addon ID {id} cannot be ordered more than once at a time"),
            );
        };
        let prices = self.addon_prices.get(&id);
        let not_offered = || Error::RefusedAs {
            code: "price_not_found",
            message: format!("Addon ID {id} has no price in the client's currency"),
        };
        let (cycle, price) = match Cycle::parse(&addon.cycle) {
            Some(Cycle::Free) => (Cycle::Free, Some(Price::NOTHING)),
            // An only cycle has its price where that of one-time payments is.
            Some(cycle) => (cycle, prices.and_then(|prices| prices.of(Cycle::OneTime))),
            None => {
                let prices = prices.ok_or_else(not_offered)?;
                let same = service.filter(|cycle| Cycle::RECURRING.contains(cycle) && prices.of(*cycle).is_some());
                let cycle = same.or(prices.first_offered()).ok_or_else(not_offered)?;
                (cycle, prices.of(cycle))
            }
        };
        Ok(AddonChoice { addon, division, cycle, price: price.ok_or_else(not_offered)? })
    }
}

fn cycle_of(product: &Product, wish: &ServiceWish, prices: Option<&PriceList>) -> Result<Cycle> {
    let id = product.id.0;
    match (product.pay_type.as_str(), &wish.cycle) {
        ("free", _) => Ok(Cycle::Free),
        ("onetime", _) => Ok(Cycle::OneTime),
        (_, Some(sent)) => {
            let cycle = Cycle::parse(sent).filter(|cycle| Cycle::RECURRING.contains(cycle));
            cycle.ok_or_else(|| unavailable(id, sent))
        }
        (_, None) => {
            let by_override = wish.price.map(|_| Cycle::Monthly);
            let first = prices.and_then(PriceList::first_offered).or(by_override);
            first.ok_or_else(|| Error::RefusedAs {
                code: "price_not_found",
                message: format!("Product ID {id} has no price in the client's currency"),
            })
        }
    }
}

fn unavailable(product: i64, cycle: &str) -> Error {
    Error::RefusedAs {
        code: "billing_cycle_not_available",
        message: format!("Product ID {product} is not available with the billing cycle {cycle}"),
    }
}

fn options_of(choices: &[&product_options::Choice], prices: &HashMap<i64, PriceList>) -> Result<Vec<ConfigOption>> {
    let mut options: Vec<ConfigOption> = Vec::new();
    for row in choices {
        if options.last().is_none_or(|option| option.id != row.option) {
            let Some(kind) = Kind::parse(&row.option_kind) else {
                return refuse_as(
                    "unknown_kind_of_option",
                    format!("Configurable option {} is of a kind that this server does not know", row.option),
                );
            };
            options.push(ConfigOption {
                id: row.option,
                name: friendly(&row.option_name).to_owned(),
                kind,
                minimum: u32::try_from(row.minimum).unwrap_or(0),
                maximum: u32::try_from(row.maximum).unwrap_or(0),
                hidden: row.is_option_hidden,
                choices: Vec::new(),
            });
        }
        if let (Some(option), Some(id), Some(name)) = (options.last_mut(), row.choice, &row.choice_name) {
            option.choices.push(options::Choice {
                id,
                name: friendly(name).to_owned(),
                hidden: row.is_choice_hidden,
                prices: prices.get(&id).copied(),
            });
        }
    }
    Ok(options)
}
