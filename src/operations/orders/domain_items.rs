//! Pricing of the domains in an order: registrations, transfers and renewals, and domains that are free with a product.

use super::cart::{CartDomain, CartItem, CartRenewal};
use super::line_items::{DomainLine, LineItem, LineItemKind, PricingContext, period};
use super::order_catalog::OrderCatalog;
use super::{Refusal, Result};
use crate::config::Compat;
use crate::domain::domain_name::DomainName;
use crate::domain::domains::status::DomainStatus;
use crate::domain::money::Money;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::domain_price::{DomainPurchase, LateStatus};
use crate::domain::order::free_domain::{FreeDomain, FreeDomainOffer};
use crate::domain::order::price::Price;
use crate::domain::order::promotion::CatalogItem;
use crate::domain::order::{Charge, DomainKind};
use crate::domain::time::parse_date;
use crate::operations::catalog::domain_prices::{LateFee, NoLateFees, PricedExtension};
use crate::store::catalog::extensions::Extension;
use crate::store::catalog::order_form::Product;
use crate::store::services::new_services::RenewableDomain;

/// The domains that the products of an order make free: each of them one, with the name that was ordered for the product.
pub struct FreeDomains {
    offers: Vec<(String, Cycle, FreeDomainOffer)>,
}

impl FreeDomains {
    pub fn with(items: &[CartItem], catalog: &OrderCatalog, compat: &Compat) -> FreeDomains {
        let offer = |item: &CartItem| {
            let CartItem::Service(service) = item else { return None };
            let choice = catalog.choose(service).ok()?;
            let offer = offer(choice.product, compat)?;
            Some((DomainName::parse(&service.domain)?.as_str().to_owned(), choice.cycle, offer))
        };
        FreeDomains { offers: items.iter().filter_map(offer).collect() }
    }

    /// Returns whether the domain is free, and uses up the offer.
    fn claim(&mut self, item: &CartDomain) -> Option<FreeDomain> {
        let is_covered = |(name, cycle, offer): &(String, Cycle, FreeDomainOffer)| {
            name == item.name.as_str() && offer.covers(*cycle, &item.name, item.years)
        };
        let at = self.offers.iter().position(is_covered)?;
        Some(self.offers.swap_remove(at).2.kind)
    }
}

/// Returns a product's offer of a free domain, as the operator's settings read it.
fn offer(product: &Product, compat: &Compat) -> Option<FreeDomainOffer> {
    let is_listed = |list: &[String]| list.iter().any(|value| value.eq_ignore_ascii_case(product.free_domain.trim()));
    let kind = if is_listed(&compat.free_domain_always) {
        FreeDomain::Always
    } else if is_listed(&compat.free_domain_once) {
        FreeDomain::Once
    } else {
        return None;
    };
    Some(FreeDomainOffer::new(kind, &product.free_domain_terms, &product.free_domain_extensions))
}

/// Prices a domain to register or transfer. A domain that is free with a product costs nothing; its addons do.
pub fn price_domain(
    catalog: &OrderCatalog,
    free: &mut FreeDomains,
    item: CartDomain,
    context: &PricingContext<'_>,
) -> Result<LineItem> {
    let priced = extension(catalog, &item.name)?;
    let addons = addons(&item, priced)?;
    let prices = TermPrices::of(&item, priced, free.claim(&item), catalog)?;
    let (purchase, name, years) = (title(item.kind), item.name.as_str().to_owned(), item.years);
    let period = period(Term::Years(years), context.today, context);
    let addons: String = addons.into_iter().flat_map(|addon| ["\n + ", addon]).collect();
    Ok(LineItem {
        charge: charge(&item.name, years, prices, context),
        description: format!("Domain {purchase} - {name} - {years} Year/s{period}{addons}"),
        name,
        kind: LineItemKind::Domain(DomainLine {
            name: item.name,
            kind: item.kind,
            years,
            addons: item.addons,
            transfer_secret: item.transfer_secret,
            fields: item.fields,
        }),
    })
}

/// What the first period of a domain costs, and each later one, with its addons.
#[derive(Debug, Clone, Copy)]
struct TermPrices {
    first: Money,
    later: Money,
}

impl TermPrices {
    /// Chooses the prices: an explicit one goes before one that is free, and that before the extension's. A domain whose
    /// extension has no price for the period is only sold for an explicit one, free or not.
    fn of(
        item: &CartDomain,
        priced: &PricedExtension,
        free: Option<FreeDomain>,
        catalog: &OrderCatalog,
    ) -> Result<TermPrices> {
        let addons = catalog.domains.addons(item.addons, item.years).ok_or(Refusal::PricesTooLarge)?;
        let with_addons = |price: Money| price.checked_add(addons).ok_or(Refusal::PricesTooLarge);
        let purchase = purchase(item.kind);
        let regular = match (item.price, priced.price(purchase, item.years)) {
            (Some(price), _) => price,
            (None, Some(price)) => with_addons(price)?,
            (None, None) => return Err(not_offered(&item.name, purchase, item.years).into()),
        };
        let first = if item.price.is_none() && free.is_some() { addons } else { regular };
        let later = match (item.renewal_price, free, priced.price(DomainPurchase::Renewal, item.years)) {
            (Some(price), ..) => price,
            (None, Some(FreeDomain::Always), _) => addons,
            (None, _, Some(price)) => with_addons(price)?,
            // Without a renewal price for this term, what the first one costs if it is not free recurs.
            (None, _, None) => regular,
        };
        Ok(TermPrices { first, later })
    }
}

/// Returns the names of the addons that are ordered for a domain; rejects one that its extension does not offer.
fn addons(item: &CartDomain, priced: &PricedExtension) -> Result<Vec<&'static str>> {
    let Extension { offers_dns_management, offers_email_forwarding, offers_id_protection, .. } = priced.extension;
    let addons = [
        (item.addons.dns_management, offers_dns_management, "DNS Management"),
        (item.addons.email_forwarding, offers_email_forwarding, "Email Forwarding"),
        (item.addons.id_protection, offers_id_protection, "ID Protection"),
    ];
    let mut ordered = Vec::new();
    for (_, is_offered, addon) in addons.into_iter().filter(|(is_ordered, ..)| *is_ordered) {
        if !is_offered {
            let extension = item.name.extension().to_owned();
            return Err(Refusal::DomainAddonNotOffered { addon, extension }.into());
        }
        ordered.push(addon);
    }
    Ok(ordered)
}

fn purchase(kind: DomainKind) -> DomainPurchase {
    match kind {
        DomainKind::Register => DomainPurchase::Registration,
        DomainKind::Transfer => DomainPurchase::Transfer,
    }
}

/// What a line of an invoice calls the purchase.
fn title(kind: DomainKind) -> &'static str {
    match kind {
        DomainKind::Register => "Registration",
        DomainKind::Transfer => "Transfer",
    }
}

/// Prices a renewal: the renewal itself, and the fees of a domain that has expired.
pub fn price_renewal(
    catalog: &OrderCatalog,
    item: &CartRenewal,
    context: &PricingContext<'_>,
) -> Result<Vec<LineItem>> {
    let name = DomainName::parse(&item.name).ok_or(Refusal::DomainNotOwned)?;
    let domain = catalog.renewable(&name).ok_or(Refusal::DomainNotOwned)?;
    let not_renewable = || Refusal::DomainNotRenewable { status: domain.status.clone() };
    // A status that no domain has is that of no domain that could be renewed.
    let status = DomainStatus::parse(&domain.status).filter(|status| status.is_renewable());
    let status = status.ok_or_else(not_renewable)?;
    let priced = extension(catalog, &name)?;
    let years = item.years;
    let price = priced.price(DomainPurchase::Renewal, years);
    let price = price.ok_or_else(|| not_offered(&name, DomainPurchase::Renewal, years))?;
    let addons = catalog.domains.addons(domain.addons(), years).ok_or(Refusal::PricesTooLarge)?;
    let price = price.checked_add(addons).ok_or(Refusal::PricesTooLarge)?;
    let start = parse_date(&domain.due).unwrap_or(context.today);
    let period = period(Term::Years(years), start, context);
    let fees = priced.late_fees(status.late()).map_err(|reason| match reason {
        NoLateFees::NotRenewable => not_renewable(),
        NoLateFees::NotConvertible => Refusal::FeeNotConvertible { domain: name.as_str().to_owned() },
    })?;
    let renewal = LineItem {
        kind: LineItemKind::Renewal { domain: domain.id, years, due: parse_date(&domain.due) },
        charge: charge(&name, years, TermPrices { first: price, later: price }, context),
        description: format!("Domain Renewal - {} - {years} Year/s{period}", name.as_str()),
        name: name.as_str().to_owned(),
    };
    Ok([renewal].into_iter().chain(fees.into_iter().map(|fee| late_fee(domain, fee, context))).collect())
}

fn late_fee(domain: &RenewableDomain, fee: LateFee, context: &PricingContext<'_>) -> LineItem {
    let name = match fee.status {
        LateStatus::Grace => format!("Domain Grace Period Fee - {}", domain.name),
        LateStatus::Redemption => format!("Domain Redemption Period Fee - {}", domain.name),
    };
    LineItem {
        kind: LineItemKind::LateFee { domain: domain.id, status: fee.status },
        charge: Charge {
            item: CatalogItem::Fee,
            term: Term::Cycle(Cycle::OneTime),
            price: Price { setup: Money::ZERO, term: fee.amount },
            renewal: Money::ZERO,
            quantity: 1,
            taxed: context.taxes_domains,
        },
        description: name.clone(),
        name,
    }
}

fn extension<'c>(catalog: &'c OrderCatalog, name: &DomainName) -> Result<&'c PricedExtension> {
    let extension = catalog.domains.find(name.extension());
    Ok(extension.ok_or_else(|| Refusal::ExtensionNotOffered(name.extension().to_owned()))?)
}

fn not_offered(name: &DomainName, purchase: DomainPurchase, years: u32) -> Refusal {
    Refusal::PeriodNotOffered { domain: name.as_str().to_owned(), purchase, years }
}

fn charge(name: &DomainName, years: u32, prices: TermPrices, context: &PricingContext<'_>) -> Charge {
    Charge {
        item: CatalogItem::domain(name.extension()),
        term: Term::Years(years),
        price: Price { setup: Money::ZERO, term: prices.first },
        renewal: prices.later,
        quantity: 1,
        taxed: context.taxes_domains,
    }
}
