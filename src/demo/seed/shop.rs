//! What seeded clients can buy: products, addons and domain extensions with prices; also gateways, taxes and staff.

use anyhow::bail;
use sqlx::MySqlConnection;

use super::words;
use crate::domain::money::Money;
use crate::domain::random::Random;
use crate::domain::tax::{Prices, Rate, Rates};
use crate::store::system::seed::{self, Price};

pub struct Shop {
    /// The default currency first.
    pub currencies: Vec<Currency>,
    pub products: Vec<Product>,
    pub addons: Vec<Addon>,
    pub extensions: Vec<Extension>,
    pub gateways: Vec<String>,
    /// Ids and names.
    pub staff: Vec<(i64, String)>,
    pub departments: Vec<i64>,
    pub prices: Prices,
    /// Level, country, state and rate; empty if no taxes are charged.
    taxes: Vec<(i64, String, String, Rate)>,
}

pub struct Currency {
    pub id: i64,
    pub code: String,
    pub prefix: String,
    pub suffix: String,
    pub rate: Rate,
}

pub struct Product {
    pub id: i64,
    pub name: String,
    pub is_server: bool,
    pub taxed: bool,
    /// Ids of the servers for it; 0 if it needs none.
    pub servers: Vec<i64>,
    pub offers: Vec<Offer>,
}

pub struct Addon {
    pub id: i64,
    pub name: String,
    pub products: Vec<i64>,
    pub taxed: bool,
    pub offers: Vec<Offer>,
}

/// A price in one currency and billing cycle.
#[derive(Clone, Copy)]
pub struct Offer {
    pub currency: i64,
    pub cycle: Cycle,
    pub amount: Money,
}

/// The prices of a domain extension in one currency.
pub struct Extension {
    pub name: String,
    pub registrar: String,
    pub currency: i64,
    pub first: Money,
    pub renewal: Money,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    Monthly,
    Quarterly,
    Annually,
    Biennially,
}

impl Cycle {
    pub fn name(self) -> &'static str {
        match self {
            Cycle::Monthly => "Monthly",
            Cycle::Quarterly => "Quarterly",
            Cycle::Annually => "Annually",
            Cycle::Biennially => "Biennially",
        }
    }

    pub fn months(self) -> u32 {
        match self {
            Cycle::Monthly => 1,
            Cycle::Quarterly => 3,
            Cycle::Annually => 12,
            Cycle::Biennially => 24,
        }
    }
}

/// What a client has chosen.
pub struct Choice<'s> {
    pub product: &'s Product,
    pub offer: Offer,
    /// The addon with its price.
    pub addon: Option<(&'s Addon, Money)>,
}

impl Shop {
    /// Reads the shop, and fails with a list of what is missing.
    pub async fn read(db: &mut MySqlConnection) -> anyhow::Result<Shop> {
        let is_taxed = seed::setting(db, "TaxEnabled").await?.is_some_and(|value| value == "on");
        let with_tax = seed::setting(db, "TaxType").await?.is_some_and(|value| value == "Inclusive");
        let currencies = seed::currencies(db).await?.into_iter();
        let currencies =
            currencies.map(|(id, code, prefix, suffix, rate)| Currency { id, code, prefix, suffix, rate }).collect();
        let shop = Shop {
            currencies,
            products: products(db).await?,
            addons: addons(db).await?,
            extensions: extensions(db).await?,
            gateways: seed::gateways(db).await?,
            staff: seed::staff(db).await?,
            departments: seed::departments(db).await?,
            prices: if with_tax { Prices::WithTax } else { Prices::WithoutTax },
            taxes: if is_taxed { seed::taxes(db).await? } else { Vec::new() },
        };
        shop.require_all(db).await?;
        Ok(shop)
    }

    async fn require_all(&self, db: &mut MySqlConnection) -> anyhow::Result<()> {
        let mut missing: Vec<String> = [
            (self.currencies.is_empty(), "a currency (tblcurrencies)"),
            (self.gateways.is_empty(), "a payment gateway that clients see (tblpaymentgateways)"),
            (self.staff.is_empty(), "a member of staff (tbladmins)"),
            (self.departments.is_empty(), "a ticket department (tblticketdepartments)"),
            (
                !self.products.iter().any(|product| !product.offers.is_empty()),
                "a recurring product for sale with a price and no set-up fee, and a server of its module",
            ),
        ]
        .into_iter()
        .filter(|(is_missing, _)| *is_missing)
        .map(|(_, what)| what.to_owned())
        .collect();
        for (table, titles) in [
            ("tblorderstatuses", &["Pending", "Active", "Cancelled", "Fraud"]),
            ("tblticketstatuses", &["Open", "Answered", "Customer-Reply", "Closed"]),
        ] {
            let titles = seed::missing_statuses(db, table, titles).await?;
            missing.extend(titles.iter().map(|title| format!("the status {title} ({table})")));
        }
        if !missing.is_empty() {
            bail!("the database lacks what clients need: {}. An empty database gets all of it", missing.join("; "));
        }
        Ok(())
    }

    /// Returns the country's currency or else the default one, if something is sold in it.
    pub fn currency_of(&self, country: &words::Country) -> Option<&Currency> {
        let sells = |currency: &&Currency| {
            self.products.iter().flat_map(|product| &product.offers).any(|offer| offer.currency == currency.id)
        };
        let usable = || self.currencies.iter().filter(sells);
        let of_country = usable().find(|currency| currency.code == country.currency);
        // Canadian clients pay in US dollars if there are no Canadian ones.
        let dollars = || usable().find(|currency| country.currency == "CAD" && currency.code == "USD");
        of_country.or_else(dollars).or_else(|| usable().next())
    }

    pub fn rates_in(&self, country: &str, state: &str) -> Rates {
        let rate = |level| {
            let here = self.taxes.iter().filter(|(of, ..)| *of == level);
            let mut here = here.filter(|(_, c, s, _)| {
                (c.is_empty() || c == country) && (s.is_empty() || s.eq_ignore_ascii_case(state))
            });
            here.next().map_or(Rate::ZERO, |(.., rate)| *rate)
        };
        Rates { first: rate(1), second: rate(2) }
    }

    /// Draws a product with a price in this currency, and sometimes an addon with the same billing cycle.
    pub fn choose(&self, currency: i64, random: &mut Random) -> Option<Choice<'_>> {
        let sold = |offer: &&Offer| offer.currency == currency;
        let products = self.products.iter().filter(|product| product.offers.iter().any(|offer| sold(&offer)));
        let products: Vec<_> = products.collect();
        // The smaller of two random numbers: products at the front are sold more often.
        let most = products.len() as u64;
        let index = random.below(most).min(random.below(most));
        let product = *products.get(usize::try_from(index).ok()?)?;
        let offers: Vec<Offer> = product.offers.iter().filter(sold).copied().collect();
        let wants_year = random.percent(60);
        let yearly = offers.iter().find(|offer| wants_year && offer.cycle == Cycle::Annually);
        let offer = yearly.or(random.pick(&offers)).copied()?;
        let fitting = self.addons.iter().filter(|addon| addon.products.contains(&product.id));
        let priced = fitting.filter_map(|addon| {
            let price = addon.offers.iter().find(|price| sold(price) && price.cycle == offer.cycle)?;
            Some((addon, price.amount))
        });
        let priced: Vec<(&Addon, Money)> = priced.collect();
        let wants_addon = random.percent(30);
        let addon = random.pick(&priced).filter(|_| wants_addon).copied();
        Some(Choice { product, offer, addon })
    }

    /// Returns the extensions sold in this currency; if there are reserved ones, whose domains belong to nobody, only
    /// those.
    pub fn extensions_in(&self, currency: i64) -> Vec<&Extension> {
        let sold = || self.extensions.iter().filter(|extension| extension.currency == currency);
        let reserved: Vec<_> = sold().filter(|extension| [".example", ".test"].contains(&&*extension.name)).collect();
        if reserved.is_empty() { sold().collect() } else { reserved }
    }
}

async fn products(db: &mut MySqlConnection) -> sqlx::Result<Vec<Product>> {
    let servers = seed::servers(db).await?;
    let prices = seed::prices(db, "product").await?;
    let products = seed::products(db).await?.into_iter().map(|product| {
        let of_module = servers.iter().filter(|(_, module)| *module == product.module).map(|(id, _)| *id);
        let servers: Vec<i64> = if product.module.is_empty() { vec![0] } else { of_module.collect() };
        Product {
            // A product of a module without a server is not sold.
            offers: if servers.is_empty() { Vec::new() } else { offers(&prices, product.id) },
            id: product.id,
            name: product.name,
            is_server: product.kind == "server",
            taxed: product.taxed != 0,
            servers,
        }
    });
    Ok(products.collect())
}

async fn addons(db: &mut MySqlConnection) -> sqlx::Result<Vec<Addon>> {
    let prices = seed::prices(db, "addon").await?;
    let addons = seed::addons(db).await?.into_iter().map(|(id, name, products, taxed)| Addon {
        id,
        name,
        products: products.split(',').filter_map(|id| id.trim().parse().ok()).collect(),
        taxed: taxed != 0,
        offers: offers(&prices, id),
    });
    Ok(addons.collect())
}

async fn extensions(db: &mut MySqlConnection) -> sqlx::Result<Vec<Extension>> {
    let extensions = seed::extensions(db).await?.into_iter();
    let extension =
        |(name, registrar, currency, first, renewal)| Extension { name, registrar, currency, first, renewal };
    Ok(extensions.map(extension).collect())
}

/// The prices of one item; cycles without a positive price are not sold.
fn offers(prices: &[Price], of: i64) -> Vec<Offer> {
    let prices = prices.iter().filter(|price| price.item == of);
    let offers = prices.flat_map(|price| {
        [
            (Cycle::Monthly, price.monthly),
            (Cycle::Quarterly, price.quarterly),
            (Cycle::Annually, price.annually),
            (Cycle::Biennially, price.biennially),
        ]
        .map(|(cycle, amount)| Offer { currency: price.currency, cycle, amount })
    });
    offers.filter(|offer| offer.amount.is_positive()).collect()
}
