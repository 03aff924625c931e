//! All that is ordered, priced.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sqlx::MySqlConnection;

use super::shop::{AddonChoice, Choice, Shop};
use super::wishes::{AddonWish, DomainKind, DomainWish, RenewalWish, SERVICE_NOT_OWNED, ServiceWish, Wishes};
use crate::domain::id::{ClientId, DomainId, ProductId, ServiceId};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::name::DomainName;
use crate::domain::order::options::Chosen;
use crate::domain::order::price::{DomainAddons, Price, PriceList};
use crate::domain::order::promotion::Goods;
use crate::domain::time::{local_date, parse_date};
use crate::error::{Error, Result, refuse, refuse_as};
use crate::store;
use crate::store::catalog::order_form::Extension;
use crate::store::catalog::pricing::Priced;

/// How much one call may order.
const MOST: usize = 500;

/// For whom and when prices are looked up.
pub struct Terms {
    pub client: ClientId,
    pub currency: i64,
    /// The client's group, or 0.
    pub group: i64,
    pub today: NaiveDate,
    pub date_format: String,
    pub taxes_domains: bool,
}

/// All that is ordered: what becomes a row, or renews one.
pub struct Cart {
    pub items: Vec<Item>,
}

pub struct Item {
    pub what: What,
    pub charge: Charge,
    /// Its name, for lines that are about it.
    pub name: String,
    /// For its line on the invoice.
    pub description: String,
}

pub enum What {
    Service(Service),
    Addon(Addon),
    Domain(Domain),
    Renewal { domain: DomainId, years: u32 },
}

#[derive(Clone)]
pub struct Service {
    pub product: ProductId,
    pub cycle: Cycle,
    pub domain: String,
    pub nameservers: [String; 2],
    pub password: String,
    pub options: Vec<Chosen>,
    pub fields: BTreeMap<i64, String>,
}

#[derive(Clone)]
pub struct Addon {
    pub addon: i64,
    pub cycle: Cycle,
    /// The client's, or else the one that stands before it in the cart.
    pub service: Option<ServiceId>,
}

pub struct Domain {
    pub name: DomainName,
    pub kind: DomainKind,
    pub years: u32,
    pub addons: DomainAddons,
    pub transfer_secret: String,
}

impl Cart {
    pub async fn fill(db: &mut MySqlConnection, wishes: Wishes, terms: &Terms) -> Result<Cart> {
        let shop = Shop::visit(db, &wishes, terms.currency).await?;
        let mut cart = Cart { items: Vec::new() };
        for (addon, service) in wishes.addons {
            cart.add_to_owned(db, &shop, addon, service, terms).await?;
        }
        for wish in wishes.renewals {
            let item = renewal(db, &wish, terms).await?;
            cart.add(item)?;
        }
        for (service, domain) in wishes.numbered {
            if let Some(wish) = service {
                cart.add_service(&shop, wish, terms)?;
            }
            if let Some(wish) = domain {
                let item = domain_item(db, wish, terms).await?;
                cart.add(item)?;
            }
        }
        Ok(cart)
    }

    pub fn charges(&self) -> Vec<Charge> {
        self.items.iter().map(|item| item.charge.clone()).collect()
    }

    fn add(&mut self, item: Item) -> Result<()> {
        if self.items.len() >= MOST {
            return refuse_as("too_many_items", format!("An order can have at most {MOST} items"));
        }
        self.items.push(item);
        Ok(())
    }

    fn add_service(&mut self, shop: &Shop, wish: ServiceWish, terms: &Terms) -> Result<()> {
        let choice = shop.choose(&wish)?;
        let addons: Vec<AddonChoice<'_>> =
            wish.addons.iter().map(|&addon| shop.choose_addon(addon, Some(choice.cycle))).collect::<Result<_>>()?;
        let charge = Charge {
            goods: Goods::Product(choice.product.id.0),
            term: Term::Cycle(choice.cycle),
            price: choice.price,
            renewal: renewal_price(choice.cycle, choice.price),
            quantity: choice.division.each,
            taxed: choice.product.is_taxed,
        };
        let description = describe_service(&choice, &wish.domain, terms);
        let service = Service {
            product: choice.product.id,
            cycle: choice.cycle,
            domain: wish.domain,
            nameservers: wish.nameservers,
            password: wish.password,
            options: choice.options,
            fields: wish.fields,
        };
        for _ in 0..choice.division.rows {
            self.add(Item {
                what: What::Service(service.clone()),
                charge: charge.clone(),
                name: choice.product.name.clone(),
                description: description.clone(),
            })?;
            for addon in &addons {
                self.add_addon(addon, None, &service.domain, terms)?;
            }
        }
        Ok(())
    }

    async fn add_to_owned(
        &mut self,
        db: &mut MySqlConnection,
        shop: &Shop,
        wish: AddonWish,
        service: ServiceId,
        terms: &Terms,
    ) -> Result<()> {
        // Whether there is such an addon is to be told before whose the service is.
        shop.choose_addon(wish, None)?;
        let owned = store::services::new_services::owned(db, terms.client, service).await?;
        let Some(owned) = owned else { return refuse(SERVICE_NOT_OWNED) };
        let choice = shop.choose_addon(wish, Cycle::parse(&owned.cycle))?;
        self.add_addon(&choice, Some(owned.id), &owned.domain, terms)
    }

    fn add_addon(
        &mut self,
        choice: &AddonChoice<'_>,
        service: Option<ServiceId>,
        domain: &str,
        terms: &Terms,
    ) -> Result<()> {
        let of = if domain.is_empty() { String::new() } else { format!(" ({domain})") };
        let count = count(choice.division.each);
        let name = &choice.addon.name;
        let description = format!("Addon{of} - {count}{name}{}", period(Term::Cycle(choice.cycle), terms.today, terms));
        for _ in 0..choice.division.rows {
            self.add(Item {
                what: What::Addon(Addon { addon: choice.addon.id, cycle: choice.cycle, service }),
                charge: Charge {
                    goods: Goods::Addon(choice.addon.id),
                    term: Term::Cycle(choice.cycle),
                    price: choice.price,
                    renewal: renewal_price(choice.cycle, choice.price),
                    quantity: choice.division.each,
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

fn describe_service(choice: &Choice<'_>, domain: &str, terms: &Terms) -> String {
    let of = if domain.is_empty() { String::new() } else { format!(" - {domain}") };
    let count = count(choice.division.each);
    let period = period(Term::Cycle(choice.cycle), terms.today, terms);
    let options = choice.options.iter().filter_map(|chosen| chosen.text.as_deref());
    let first = format!("{count}{}{of}{period}", choice.product.name);
    [first.as_str()].into_iter().chain(options).collect::<Vec<_>>().join("\n")
}

fn count(each: u32) -> String {
    if each == 1 { String::new() } else { format!("{each} x ") }
}

/// ` (20/11/2026 - 19/12/2026)`, or nothing for what does not end.
fn period(term: Term, start: NaiveDate, terms: &Terms) -> String {
    let written = |date| local_date(date, &terms.date_format);
    term.period(start).map_or(String::new(), |(first, last)| format!(" ({} - {})", written(first), written(last)))
}

async fn extension(db: &mut MySqlConnection, name: &DomainName) -> Result<Extension> {
    let extension = store::catalog::order_form::extension(db, name.extension()).await?;
    let not_sold = || Error::RefusedAs {
        code: "extension_not_offered",
        message: format!("The extension {} is not offered", name.extension()),
    };
    extension.ok_or_else(not_sold)
}

async fn price_of_years(
    db: &mut MySqlConnection,
    priced: Priced,
    extension: &Extension,
    years: u32,
    terms: &Terms,
) -> Result<Option<Money>> {
    let list = store::catalog::order_form::domain_prices(db, priced, extension.id, terms.currency, terms.group).await?;
    Ok(list.and_then(|list| list.of_years(years)))
}

async fn domain_addons(db: &mut MySqlConnection, addons: DomainAddons, years: u32, terms: &Terms) -> Result<Money> {
    let none = DomainAddons { dns_management: false, email_forwarding: false, id_protection: false };
    if addons == none {
        return Ok(Money::ZERO);
    }
    let lists = store::catalog::order_form::prices(db, Priced::DomainAddons, [0].into_iter(), terms.currency).await?;
    // Without a price they are free, as WHMCS has them.
    let nothing = PriceList { setup: [Money::ZERO; 6], prices: [Money::ZERO; 6] };
    addons.price(lists.get(&0).unwrap_or(&nothing), years).ok_or(Error::Refused(TOO_EXPENSIVE))
}

const TOO_EXPENSIVE: &str = "The prices add up to more than an amount of money can be";

async fn domain_item(db: &mut MySqlConnection, wish: DomainWish, terms: &Terms) -> Result<Item> {
    let extension = extension(db, &wish.name).await?;
    let offered = [
        (wish.addons.dns_management, extension.offers_dns_management, "DNS Management"),
        (wish.addons.email_forwarding, extension.offers_email_forwarding, "Email Forwarding"),
        (wish.addons.id_protection, extension.offers_id_protection, "ID Protection"),
    ];
    if let Some((.., what)) = offered.iter().find(|(is_wanted, is_offered, _)| *is_wanted && !is_offered) {
        return refuse_as(
            "not_offered_for_extension",
            format!("{what} is not offered for the extension {}", wish.name.extension()),
        );
    }
    let (priced, verb, kind) = match wish.kind {
        DomainKind::Register => (Priced::DomainRegistration, "registered", "Registration"),
        DomainKind::Transfer => (Priced::DomainTransfer, "transferred", "Transfer"),
    };
    let addons = domain_addons(db, wish.addons, wish.years, terms).await?;
    let with_addons = |price: Money| price.checked_add(addons).ok_or(Error::Refused(TOO_EXPENSIVE));
    let price = match wish.price {
        Some(price) => price,
        None => match price_of_years(db, priced, &extension, wish.years, terms).await? {
            Some(price) => with_addons(price)?,
            None => {
                let (name, years) = (wish.name.as_str(), wish.years);
                return refuse_as("period_not_offered", format!("Domain {name} cannot be {verb} for {years} year(s)"));
            }
        },
    };
    let renewal = match wish.renewal {
        Some(price) => price,
        // What cannot be renewed for so long costs again what it costs now.
        None => match price_of_years(db, Priced::DomainRenewal, &extension, wish.years, terms).await? {
            Some(price) => with_addons(price)?,
            None => price,
        },
    };
    let extras = offered.iter().filter(|(is_wanted, ..)| *is_wanted).map(|(.., what)| format!("\n + {what}"));
    let (name, years) = (wish.name.as_str().to_owned(), wish.years);
    let period = period(Term::Years(years), terms.today, terms);
    let description = format!("Domain {kind} - {name} - {years} Year/s{period}{}", extras.collect::<String>());
    let charge = domain_charge(&wish.name, years, price, renewal, terms);
    let what = What::Domain(Domain {
        name: wish.name,
        kind: wish.kind,
        years,
        addons: wish.addons,
        transfer_secret: wish.transfer_secret,
    });
    Ok(Item { what, charge, name, description })
}

async fn renewal(db: &mut MySqlConnection, wish: &RenewalWish, terms: &Terms) -> Result<Item> {
    const NOT_OWNED: &str = "Domain not owned by Client ID provided";
    const NOT_RENEWABLE: [&str; 7] = [
        "Pending",
        "Pending Registration",
        "Pending Transfer",
        "Cancelled",
        "Transferred",
        "Transferred Away",
        "Fraud",
    ];
    let Some(name) = DomainName::parse(&wish.name) else { return refuse(NOT_OWNED) };
    let domain = store::services::new_services::renewable(db, terms.client, name.as_str()).await?;
    let Some(domain) = domain else { return refuse(NOT_OWNED) };
    if NOT_RENEWABLE.contains(&domain.status.as_str()) {
        return refuse_as(
            "domain_status_not_renewable",
            format!("Domain status is set to '{}' and cannot be renewed", domain.status),
        );
    }
    let extension = extension(db, &name).await?;
    let years = wish.years;
    let Some(price) = price_of_years(db, Priced::DomainRenewal, &extension, years, terms).await? else {
        return refuse_as(
            "period_not_offered",
            format!("Domain {} cannot be renewed for {years} year(s)", name.as_str()),
        );
    };
    let addons = DomainAddons {
        dns_management: domain.dns_management,
        email_forwarding: domain.email_forwarding,
        id_protection: domain.id_protection,
    };
    let addons = domain_addons(db, addons, years, terms).await?;
    let price = price.checked_add(addons).ok_or(Error::Refused(TOO_EXPENSIVE))?;
    let start = parse_date(&domain.due).unwrap_or(terms.today);
    let period = period(Term::Years(years), start, terms);
    Ok(Item {
        what: What::Renewal { domain: domain.id, years },
        charge: domain_charge(&name, years, price, price, terms),
        description: format!("Domain Renewal - {} - {years} Year/s{period}", name.as_str()),
        name: name.as_str().to_owned(),
    })
}

fn domain_charge(name: &DomainName, years: u32, price: Money, renewal: Money, terms: &Terms) -> Charge {
    Charge {
        goods: Goods::domain(name.extension()),
        term: Term::Years(years),
        price: Price { setup: Money::ZERO, term: price },
        renewal,
        quantity: 1,
        taxed: terms.taxes_domains,
    }
}
