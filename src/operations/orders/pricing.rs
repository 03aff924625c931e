//! Pricing of all items of an order.

use sqlx::MySqlConnection;

use super::cart::{CartAddon, CartItem, CartService};
use super::domain_items::{FreeDomains, price_domain, price_renewal};
use super::line_items::{AddonLine, LineItem, LineItemKind, PricingContext, ServiceLine, period};
use super::order_catalog::{AddonChoice, OrderCatalog, ProductChoice};
use super::{Refusal, Result};
use crate::domain::id::{AddonId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::price::Price;
use crate::domain::order::promotion::CatalogItem;
use crate::store;

/// Maximum number of items of an order.
const MAX_ITEMS: usize = 500;

/// The priced items of an order: each becomes a row, or renews one.
pub struct PricedCart {
    pub items: Vec<LineItem>,
    /// For each of these, the place of the item from which it comes.
    pub origins: Vec<usize>,
}

impl PricedCart {
    pub async fn price(
        db: &mut MySqlConnection,
        items: Vec<CartItem>,
        context: &PricingContext<'_>,
    ) -> Result<PricedCart> {
        let catalog = OrderCatalog::load(db, &items, context).await?;
        let mut free = FreeDomains::with(&items, &catalog, context.compat);
        let mut cart = PricedCart { items: Vec::new(), origins: Vec::new() };
        for (at, item) in items.into_iter().enumerate() {
            match item {
                CartItem::Service(service) => cart.add_service(&catalog, service, context)?,
                CartItem::Domain(domain) => cart.add(price_domain(&catalog, &mut free, domain, context)?)?,
                CartItem::Addon { addon, service } => {
                    cart.add_addon_to_existing_service(db, &catalog, addon, service, context).await?;
                }
                CartItem::Renewal(renewal) => {
                    price_renewal(&catalog, &renewal, context)?.into_iter().try_for_each(|item| cart.add(item))?;
                }
            }
            cart.origins.resize(cart.items.len(), at);
        }
        Ok(cart)
    }

    pub fn charges(&self) -> Vec<Charge> {
        self.items.iter().map(|item| item.charge.clone()).collect()
    }

    fn add(&mut self, item: LineItem) -> Result<()> {
        if self.items.len() >= MAX_ITEMS {
            return Err(Refusal::TooManyItems { maximum: MAX_ITEMS }.into());
        }
        self.items.push(item);
        Ok(())
    }

    fn add_service(&mut self, catalog: &OrderCatalog, item: CartService, context: &PricingContext<'_>) -> Result<()> {
        let choice = catalog.choose(&item)?;
        let addons = item.addons.iter().map(|&addon| catalog.choose_addon(addon, Some(choice.cycle)));
        let addons: Vec<AddonChoice<'_>> = addons.collect::<Result<_>>()?;
        let charge = Charge {
            item: CatalogItem::Product(choice.product.id.0),
            term: Term::Cycle(choice.cycle),
            price: choice.price,
            renewal: renewal_price(choice.cycle, choice.price),
            quantity: choice.split.each,
            taxed: choice.product.is_taxed,
        };
        let description = describe_service(&choice, &item.domain, context);
        let service = ServiceLine {
            product: choice.product.id,
            cycle: choice.cycle,
            domain: item.domain,
            nameservers: item.nameservers,
            password: item.password,
            options: choice.options,
            fields: item.fields,
        };
        for _ in 0..choice.split.rows {
            self.add(LineItem {
                kind: LineItemKind::Service(service.clone()),
                charge: charge.clone(),
                name: choice.product.name.clone(),
                description: description.clone(),
            })?;
            for addon in &addons {
                self.add_addon(addon, None, &service.domain, context)?;
            }
        }
        Ok(())
    }

    async fn add_addon_to_existing_service(
        &mut self,
        db: &mut MySqlConnection,
        catalog: &OrderCatalog,
        item: CartAddon,
        service: ServiceId,
        context: &PricingContext<'_>,
    ) -> Result<()> {
        // An unknown addon is reported before a service of another client.
        catalog.choose_addon(item, None)?;
        let owned = store::services::new_services::owned(db, context.client, service).await?;
        let owned = owned.ok_or(Refusal::ServiceNotOwned)?;
        let choice = catalog.choose_addon(item, Cycle::parse(&owned.cycle))?;
        self.add_addon(&choice, Some(owned.id), &owned.domain, context)
    }

    fn add_addon(
        &mut self,
        choice: &AddonChoice<'_>,
        service: Option<ServiceId>,
        domain: &str,
        context: &PricingContext<'_>,
    ) -> Result<()> {
        let of = if domain.is_empty() { String::new() } else { format!(" ({domain})") };
        let count = count(choice.split.each);
        let name = &choice.addon.name;
        let period = period(Term::Cycle(choice.cycle), context.today, context);
        let description = format!("Addon{of} - {count}{name}{period}");
        for _ in 0..choice.split.rows {
            self.add(LineItem {
                kind: LineItemKind::Addon(AddonLine { addon: AddonId(choice.addon.id), cycle: choice.cycle, service }),
                charge: Charge {
                    item: CatalogItem::Addon(choice.addon.id),
                    term: Term::Cycle(choice.cycle),
                    price: choice.price,
                    renewal: renewal_price(choice.cycle, choice.price),
                    quantity: choice.split.each,
                    taxed: choice.addon.is_taxed,
                },
                name: name.clone(),
                description: description.clone(),
            })?;
        }
        Ok(())
    }
}

fn renewal_price(cycle: Cycle, price: Price) -> Money {
    if Cycle::RECURRING.contains(&cycle) { price.term } else { Money::ZERO }
}

fn describe_service(choice: &ProductChoice<'_>, domain: &str, context: &PricingContext<'_>) -> String {
    let of = if domain.is_empty() { String::new() } else { format!(" - {domain}") };
    let count = count(choice.split.each);
    let period = period(Term::Cycle(choice.cycle), context.today, context);
    let options = choice.options.iter().filter_map(|chosen| chosen.text.as_deref());
    let first = format!("{count}{}{of}{period}", choice.product.name);
    [first.as_str()].into_iter().chain(options).collect::<Vec<_>>().join("\n")
}

fn count(each: u32) -> String {
    if each == 1 { String::new() } else { format!("{each} x ") }
}
