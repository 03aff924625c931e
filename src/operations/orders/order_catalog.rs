//! The products, addons and domains that an order refers to, and the choices made for them.

use std::collections::{BTreeSet, HashMap, HashSet};

use sqlx::MySqlConnection;

use super::cart::{CartAddon, CartItem, CartService};
use super::line_items::PricingContext;
use super::{Refusal, Result};
use crate::domain::domain_name::DomainName;
use crate::domain::id::ProductId;
use crate::domain::money::Money;
use crate::domain::order::cycle::Cycle;
use crate::domain::order::options::{self, ChosenOption, ConfigOption, OptionKind, display_name};
use crate::domain::order::price::{Price, PriceList};
use crate::domain::order::promotion::CatalogItem;
use crate::domain::order::{QuantitySplit, split_quantity};
use crate::operations::catalog::domain_prices::DomainPrices;
use crate::store;
use crate::store::catalog::order_form::{self, Addon, Product};
use crate::store::catalog::pricing::PriceKind;
use crate::store::catalog::product_options;
use crate::store::services::new_services::RenewableDomain;

/// The products, addons and domain extensions of an order, with their prices in the client's currency.
pub struct OrderCatalog {
    pub domains: DomainPrices,
    /// The domains of the client that are to be renewed.
    renewable: Vec<RenewableDomain>,
    products: HashMap<i64, Product>,
    product_prices: HashMap<i64, PriceList>,
    options: HashMap<i64, Vec<ConfigOption>>,
    /// Pairs of a product and one of its custom fields.
    fields: HashSet<(i64, i64)>,
    addons: HashMap<i64, Addon>,
    addon_prices: HashMap<i64, PriceList>,
}

/// A product with the chosen billing cycle, options and price.
pub struct ProductChoice<'c> {
    pub product: &'c Product,
    pub split: QuantitySplit,
    pub cycle: Cycle,
    pub options: Vec<ChosenOption>,
    /// The price of one unit.
    pub price: Price,
}

/// An addon with the chosen billing cycle and price.
pub struct AddonChoice<'c> {
    pub addon: &'c Addon,
    pub split: QuantitySplit,
    pub cycle: Cycle,
    /// The price of one unit.
    pub price: Price,
}

impl OrderCatalog {
    /// Loads what the items refer to, with a fixed number of statements.
    pub async fn load(
        db: &mut MySqlConnection,
        items: &[CartItem],
        context: &PricingContext<'_>,
    ) -> Result<OrderCatalog> {
        let currency = context.terms.currency.0;
        let (products, addons) = ids(items);
        let (extensions, renewals) = domain_names(items);
        let extensions: Vec<&str> = extensions.iter().map(String::as_str).collect();
        let products = || products.iter().copied();
        let addons = || addons.iter().copied();
        let mut catalog = OrderCatalog {
            domains: DomainPrices::load(db, Some(&extensions), context.terms, context.compat).await?,
            renewable: match renewals.is_empty() {
                true => Vec::new(),
                false => store::services::new_services::renewable(db, context.client, &renewals).await?,
            },
            products: HashMap::new(),
            product_prices: HashMap::new(),
            options: HashMap::new(),
            fields: HashSet::new(),
            addons: HashMap::new(),
            addon_prices: HashMap::new(),
        };
        if products().next().is_some() {
            let rows = order_form::products(db, products()).await?;
            catalog.products = rows.into_iter().map(|product| (product.id.0, product)).collect();
            catalog.product_prices = order_form::prices(db, PriceKind::Product, products(), currency).await?;
            let options = product_options::Options::read(db, products()).await?;
            let prices = order_form::prices(db, PriceKind::Choice, options.choice_ids(), currency).await?;
            for product in products() {
                let choices = options.choices(options.groups(product));
                catalog.options.insert(product, config_options(&choices, &prices)?);
            }
            catalog.fields = order_form::custom_fields(db, products()).await?.into_iter().collect();
        }
        if addons().next().is_some() {
            let rows = order_form::addons(db, addons()).await?;
            catalog.addons = rows.into_iter().map(|addon| (addon.id, addon)).collect();
            catalog.addon_prices = order_form::prices(db, PriceKind::Addon, addons(), currency).await?;
        }
        Ok(catalog)
    }

    /// Returns the client's domain with this name; of several, the active one, otherwise the newest.
    pub fn renewable(&self, name: &DomainName) -> Option<&RenewableDomain> {
        // The database may consider `dómáin.com` and `domain.com` equal.
        self.renewable.iter().find(|domain| domain.name.to_lowercase() == name.as_str())
    }

    /// Looks up a product, and checks the choices made for it.
    pub fn choose(&self, item: &CartService) -> Result<ProductChoice<'_>> {
        let id = item.product;
        let product = self.products.get(&id.0).ok_or(Refusal::ProductNotFound(id))?;
        if product.is_pro_rata && item.price.is_none() {
            return Err(Refusal::ProductBilledProRata(id).into());
        }
        let prices = self.product_prices.get(&id.0);
        let split = split_quantity(item.quantity, product.quantity_mode);
        let split = split.ok_or(Refusal::QuantityNotAllowed(CatalogItem::Product(id.0)))?;
        let cycle = chosen_cycle(product, item, prices)?;
        let options = self.options.get(&id.0).map(Vec::as_slice).unwrap_or_default();
        let invalid_option = |reason| Refusal::InvalidOption { product: id, reason };
        let options = options::choose(options, &item.options, cycle).map_err(invalid_option)?;
        if let Some(&field) = item.fields.keys().find(|&&field| !self.fields.contains(&(id.0, field))) {
            return Err(Refusal::CustomFieldNotFound { product: id, field }.into());
        }
        let price = match item.price {
            Some(term) => Price { setup: Money::ZERO, term },
            None => {
                let own = match cycle {
                    Cycle::Free => Price::NOTHING,
                    cycle => {
                        let price = prices.and_then(|prices| prices.for_cycle(cycle));
                        price.ok_or_else(|| not_offered(id, cycle.name()))?
                    }
                };
                let all = options.iter().try_fold(own, |sum, chosen| sum.checked_add(chosen.price));
                all.ok_or_else(|| invalid_option(options::OptionError::TooExpensive))?
            }
        };
        Ok(ProductChoice { product, split, cycle, options, price })
    }

    /// Looks up an addon for a service that is billed in this cycle. The addon gets the same cycle if it is offered.
    pub fn choose_addon(&self, item: CartAddon, service: Option<Cycle>) -> Result<AddonChoice<'_>> {
        let id = item.addon.0;
        let addon = self.addons.get(&id).ok_or(Refusal::AddonNotFound)?;
        let split = split_quantity(item.quantity, addon.quantity_mode);
        let split = split.ok_or(Refusal::QuantityNotAllowed(CatalogItem::Addon(id)))?;
        let prices = self.addon_prices.get(&id);
        let not_priced = || Refusal::PriceNotFound(CatalogItem::Addon(id));
        let (cycle, price) = match Cycle::parse(&addon.cycle) {
            Some(Cycle::Free) => (Cycle::Free, Some(Price::NOTHING)),
            // An addon with a single cycle has its price in the column of one-time payments.
            Some(cycle) => (cycle, prices.and_then(|prices| prices.for_cycle(Cycle::OneTime))),
            None => {
                let prices = prices.ok_or_else(not_priced)?;
                let same =
                    service.filter(|cycle| Cycle::RECURRING.contains(cycle) && prices.for_cycle(*cycle).is_some());
                let cycle = same.or(prices.first_offered()).ok_or_else(not_priced)?;
                (cycle, prices.for_cycle(cycle))
            }
        };
        Ok(AddonChoice { addon, split, cycle, price: price.ok_or_else(not_priced)? })
    }
}

/// Returns the ids of the products and addons that the items refer to.
fn ids(items: &[CartItem]) -> (HashSet<i64>, HashSet<i64>) {
    let (mut products, mut addons) = (HashSet::new(), HashSet::new());
    for item in items {
        match item {
            CartItem::Service(service) => {
                products.insert(service.product.0);
                addons.extend(service.addons.iter().map(|addon| addon.addon.0));
            }
            CartItem::Addon { addon, .. } => {
                addons.insert(addon.addon.0);
            }
            CartItem::Domain(_) | CartItem::Renewal(_) => {}
        }
    }
    (products, addons)
}

/// Returns the extensions of all domains, and the names of those to renew.
fn domain_names(items: &[CartItem]) -> (BTreeSet<String>, Vec<String>) {
    let (mut extensions, mut renewals) = (BTreeSet::new(), Vec::new());
    for item in items {
        let name = match item {
            CartItem::Domain(domain) => Some(domain.name.clone()),
            CartItem::Renewal(renewal) => DomainName::parse(&renewal.name),
            CartItem::Service(_) | CartItem::Addon { .. } => None,
        };
        extensions.extend(name.as_ref().map(|name| name.extension().to_owned()));
        if let (CartItem::Renewal(_), Some(name)) = (item, name) {
            renewals.push(name.as_str().to_owned());
        }
    }
    (extensions, renewals)
}

fn chosen_cycle(
    product: &Product,
    item: &CartService,
    prices: Option<&PriceList>,
) -> std::result::Result<Cycle, Refusal> {
    match (product.pay_type.as_str(), &item.cycle) {
        ("free", _) => Ok(Cycle::Free),
        ("onetime", _) => Ok(Cycle::OneTime),
        (_, Some(name)) => {
            let cycle = Cycle::parse(name).filter(|cycle| Cycle::RECURRING.contains(cycle));
            cycle.ok_or_else(|| not_offered(product.id, name))
        }
        (_, None) => {
            let by_override = item.price.map(|_| Cycle::Monthly);
            let first = prices.and_then(PriceList::first_offered).or(by_override);
            first.ok_or(Refusal::PriceNotFound(CatalogItem::Product(product.id.0)))
        }
    }
}

fn not_offered(product: ProductId, cycle: &str) -> Refusal {
    Refusal::CycleNotOffered { product, cycle: cycle.to_owned() }
}

fn config_options(choices: &[&product_options::Choice], prices: &HashMap<i64, PriceList>) -> Result<Vec<ConfigOption>> {
    let mut options: Vec<ConfigOption> = Vec::new();
    for row in choices {
        if options.last().is_none_or(|option| option.id != row.option) {
            let Some(kind) = OptionKind::parse(&row.option_kind) else {
                return Err(Refusal::UnknownKindOfOption { option: row.option }.into());
            };
            options.push(ConfigOption {
                id: row.option,
                name: display_name(&row.option_name).to_owned(),
                kind,
                minimum: u32::try_from(row.minimum).unwrap_or(0),
                maximum: u32::try_from(row.maximum).unwrap_or(0),
                hidden: row.is_option_hidden,
                choices: Vec::new(),
            });
        }
        if let (Some(option), Some(id), Some(name)) = (options.last_mut(), row.choice, &row.choice_name) {
            option.choices.push(options::OptionChoice {
                id,
                name: display_name(name).to_owned(),
                hidden: row.is_choice_hidden,
                prices: prices.get(&id).copied(),
            });
        }
    }
    Ok(options)
}
