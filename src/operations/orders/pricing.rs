//! Pricing of all items of an order.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::cart::{CartAddon, CartDomain, CartItem, CartRenewal, CartService};
use super::order_catalog::{AddonChoice, OrderCatalog, ProductChoice};
use super::{DomainPurchase, Refusal, Result};
use crate::domain::domain_name::DomainName;
use crate::domain::id::{AddonId, ClientId, DomainId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::options::ChosenOption;
use crate::domain::order::price::{DomainAddons, Price, PriceList};
use crate::domain::order::promotion::CatalogItem;
use crate::domain::order::{Charge, DomainKind};
use crate::domain::time::{local_date, parse_date};
use crate::store;
use crate::store::catalog::order_form::Extension;
use crate::store::catalog::pricing::PriceKind;

/// Maximum number of items of an order.
const MAX_ITEMS: usize = 500;

/// The client, currency and date for which prices are looked up.
pub struct PricingContext {
    pub client: ClientId,
    pub currency: i64,
    /// The client group's id, or 0.
    pub group: i64,
    pub today: NaiveDate,
    pub date_format: String,
    pub taxes_domains: bool,
}

/// The priced items of an order: each becomes a row, or renews one.
pub struct PricedCart {
    pub items: Vec<LineItem>,
}

/// One item of the order, which becomes one or more lines of its invoice.
pub struct LineItem {
    pub kind: LineItemKind,
    pub charge: Charge,
    /// The item's name, for lines about its set-up fee or discount.
    pub name: String,
    /// The description for the item's line on the invoice.
    pub description: String,
}

pub enum LineItemKind {
    Service(ServiceLine),
    Addon(AddonLine),
    Domain(DomainLine),
    Renewal { domain: DomainId, years: u32 },
}

#[derive(Clone)]
pub struct ServiceLine {
    pub product: ProductId,
    pub cycle: Cycle,
    pub domain: String,
    pub nameservers: [String; 2],
    pub password: String,
    pub options: Vec<ChosenOption>,
    pub fields: BTreeMap<i64, String>,
}

#[derive(Clone)]
pub struct AddonLine {
    pub addon: AddonId,
    pub cycle: Cycle,
    /// An existing service of the client; `None` for the service that precedes the addon in the cart.
    pub service: Option<ServiceId>,
}

pub struct DomainLine {
    pub name: DomainName,
    pub kind: DomainKind,
    pub years: u32,
    pub addons: DomainAddons,
    pub transfer_secret: String,
}

impl PricedCart {
    pub async fn price(db: &mut MySqlConnection, items: Vec<CartItem>, context: &PricingContext) -> Result<PricedCart> {
        let catalog = OrderCatalog::load(db, &items, context.currency).await?;
        let mut cart = PricedCart { items: Vec::new() };
        for item in items {
            match item {
                CartItem::Service(service) => cart.add_service(&catalog, service, context)?,
                CartItem::Domain(domain) => cart.add(price_domain(db, domain, context).await?)?,
                CartItem::Addon { addon, service } => {
                    cart.add_addon_to_existing_service(db, &catalog, addon, service, context).await?;
                }
                CartItem::Renewal(renewal) => cart.add(price_renewal(db, &renewal, context).await?)?,
            }
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

    fn add_service(&mut self, catalog: &OrderCatalog, item: CartService, context: &PricingContext) -> Result<()> {
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
        context: &PricingContext,
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
        context: &PricingContext,
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

fn describe_service(choice: &ProductChoice<'_>, domain: &str, context: &PricingContext) -> String {
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

/// Formats a period for a line, such as ` (20/11/2026 - 19/12/2026)`; empty for a term without an end.
fn period(term: Term, start: NaiveDate, context: &PricingContext) -> String {
    let written = |date| local_date(date, &context.date_format);
    term.period(start).map_or(String::new(), |(first, last)| format!(" ({} - {})", written(first), written(last)))
}

async fn extension(db: &mut MySqlConnection, name: &DomainName) -> Result<Extension> {
    let extension = store::catalog::order_form::extension(db, name.extension()).await?;
    Ok(extension.ok_or_else(|| Refusal::ExtensionNotOffered(name.extension().to_owned()))?)
}

async fn domain_price(
    db: &mut MySqlConnection,
    priced: PriceKind,
    extension: &Extension,
    years: u32,
    context: &PricingContext,
) -> Result<Option<Money>> {
    let list =
        store::catalog::order_form::domain_prices(db, priced, extension.id, context.currency, context.group).await?;
    Ok(list.and_then(|list| list.for_years(years)))
}

async fn domain_addons(
    db: &mut MySqlConnection,
    addons: DomainAddons,
    years: u32,
    context: &PricingContext,
) -> Result<Money> {
    let none = DomainAddons { dns_management: false, email_forwarding: false, id_protection: false };
    if addons == none {
        return Ok(Money::ZERO);
    }
    let lists =
        store::catalog::order_form::prices(db, PriceKind::DomainAddons, [0].into_iter(), context.currency).await?;
    // Domain addons without a price are free, as in WHMCS.
    let nothing = PriceList { setup: [Money::ZERO; 6], prices: [Money::ZERO; 6] };
    Ok(addons.price(lists.get(&0).unwrap_or(&nothing), years).ok_or(Refusal::PricesTooLarge)?)
}

async fn price_domain(db: &mut MySqlConnection, item: CartDomain, context: &PricingContext) -> Result<LineItem> {
    let extension = extension(db, &item.name).await?;
    let offered = [
        (item.addons.dns_management, extension.offers_dns_management, "DNS Management"),
        (item.addons.email_forwarding, extension.offers_email_forwarding, "Email Forwarding"),
        (item.addons.id_protection, extension.offers_id_protection, "ID Protection"),
    ];
    if let Some((.., addon)) = offered.iter().find(|(is_wanted, is_offered, _)| *is_wanted && !is_offered) {
        return Err(Refusal::DomainAddonNotOffered { addon, extension: item.name.extension().to_owned() }.into());
    }
    let (priced, purchase, kind) = match item.kind {
        DomainKind::Register => (PriceKind::DomainRegistration, DomainPurchase::Registration, "Registration"),
        DomainKind::Transfer => (PriceKind::DomainTransfer, DomainPurchase::Transfer, "Transfer"),
    };
    let addons = domain_addons(db, item.addons, item.years, context).await?;
    let with_addons = |price: Money| price.checked_add(addons).ok_or(Refusal::PricesTooLarge);
    let price = match item.price {
        Some(price) => price,
        None => match domain_price(db, priced, &extension, item.years, context).await? {
            Some(price) => with_addons(price)?,
            None => return Err(not_offered(&item.name, purchase, item.years).into()),
        },
    };
    let renewal = match item.renewal_price {
        Some(price) => price,
        // Without a renewal price for this term, the price of the first term recurs.
        None => match domain_price(db, PriceKind::DomainRenewal, &extension, item.years, context).await? {
            Some(price) => with_addons(price)?,
            None => price,
        },
    };
    let addon_lines = offered.iter().filter(|(is_wanted, ..)| *is_wanted).map(|(.., addon)| format!("\n + {addon}"));
    let (name, years) = (item.name.as_str().to_owned(), item.years);
    let period = period(Term::Years(years), context.today, context);
    let description = format!("Domain {kind} - {name} - {years} Year/s{period}{}", addon_lines.collect::<String>());
    let charge = domain_charge(&item.name, years, price, renewal, context);
    let kind = LineItemKind::Domain(DomainLine {
        name: item.name,
        kind: item.kind,
        years,
        addons: item.addons,
        transfer_secret: item.transfer_secret,
    });
    Ok(LineItem { kind, charge, name, description })
}

async fn price_renewal(db: &mut MySqlConnection, item: &CartRenewal, context: &PricingContext) -> Result<LineItem> {
    const NOT_RENEWABLE: [&str; 7] = [
        "Pending",
        "Pending Registration",
        "Pending Transfer",
        "Cancelled",
        "Transferred",
        "Transferred Away",
        "Fraud",
    ];
    let name = DomainName::parse(&item.name).ok_or(Refusal::DomainNotOwned)?;
    let domain = store::services::new_services::renewable(db, context.client, name.as_str()).await?;
    let domain = domain.ok_or(Refusal::DomainNotOwned)?;
    if NOT_RENEWABLE.contains(&domain.status.as_str()) {
        return Err(Refusal::DomainNotRenewable { status: domain.status }.into());
    }
    let extension = extension(db, &name).await?;
    let years = item.years;
    let price = domain_price(db, PriceKind::DomainRenewal, &extension, years, context).await?;
    let price = price.ok_or_else(|| not_offered(&name, DomainPurchase::Renewal, years))?;
    let addons = DomainAddons {
        dns_management: domain.dns_management,
        email_forwarding: domain.email_forwarding,
        id_protection: domain.id_protection,
    };
    let addons = domain_addons(db, addons, years, context).await?;
    let price = price.checked_add(addons).ok_or(Refusal::PricesTooLarge)?;
    let start = parse_date(&domain.due).unwrap_or(context.today);
    let period = period(Term::Years(years), start, context);
    Ok(LineItem {
        kind: LineItemKind::Renewal { domain: domain.id, years },
        charge: domain_charge(&name, years, price, price, context),
        description: format!("Domain Renewal - {} - {years} Year/s{period}", name.as_str()),
        name: name.as_str().to_owned(),
    })
}

fn not_offered(name: &DomainName, purchase: DomainPurchase, years: u32) -> Refusal {
    Refusal::PeriodNotOffered { domain: name.as_str().to_owned(), purchase, years }
}

fn domain_charge(name: &DomainName, years: u32, price: Money, renewal: Money, context: &PricingContext) -> Charge {
    Charge {
        item: CatalogItem::domain(name.extension()),
        term: Term::Years(years),
        price: Price { setup: Money::ZERO, term: price },
        renewal,
        quantity: 1,
        taxed: context.taxes_domains,
    }
}
