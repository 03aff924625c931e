//! Changing a domain.

use super::{Refusal, Result, registration};
use crate::database::writer::Subject;
use crate::domain::domain_name::DomainName;
use crate::domain::id::{CurrencyId, DomainId, PromotionId};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::Term;
use crate::domain::order::domain_price::DomainPurchase;
use crate::domain::order::price::Price;
use crate::domain::order::promotion::CatalogItem;
use crate::events::{About, Event};
use crate::operations::catalog::domain_prices::{DomainPrices, PriceTerms};
use crate::operations::catalog::promotions::active_promotion;
use crate::operations::{Context, billing};
use crate::outbox::registrars::Nameservers;
use crate::store;
use crate::store::clients::client::Client;
use crate::store::services::domain_changes::{DomainChanges, StoredDomain};
use crate::store::webhooks::events::raise;

/// A domain to change, locked after its client until the transaction ends.
#[derive(Debug)]
pub struct LockedDomain {
    client: Client,
    domain: StoredDomain,
}

impl LockedDomain {
    pub async fn lock(context: &mut Context<'_>, id: DomainId) -> Result<LockedDomain> {
        let not_found = || Refusal::DomainNotFound;
        let client = store::services::domain_changes::client(context.db, id).await?.ok_or_else(not_found)?;
        let client = store::clients::client::lock(context.db, client).await?.ok_or_else(not_found)?;
        let domain = store::services::domain_changes::lock(context.db, id).await?.ok_or_else(not_found)?;
        Ok(LockedDomain { client, domain })
    }

    /// The domain before the change.
    pub fn stored(&self) -> &StoredDomain {
        &self.domain
    }
}

/// The changes of a domain.
#[derive(Debug)]
pub struct DomainUpdate {
    pub changes: DomainChanges,
    /// Whether the recurring amount is calculated from the renewal price and the addons in the client's currency and from a
    /// recurring promotion, instead of taken from the changes.
    pub recalculates: bool,
    /// The status that was sent and that no domain has. It is not stored.
    pub ignored_status: Option<String>,
    /// Name servers to set at the registrar.
    pub nameservers: Option<Nameservers>,
}

/// Changes the given fields of a domain. If name servers are to be set, nothing is changed unless the registrar has set them.
pub async fn update(mut context: Context<'_>, locked: &LockedDomain, update: DomainUpdate) -> Result<()> {
    let LockedDomain { client, domain } = locked;
    let DomainUpdate { mut changes, recalculates, ignored_status, nameservers } = update;
    check(&mut context, &changes).await?;
    if recalculates {
        changes.recurring = Some(recurring_amount(&mut context, client, domain, &changes).await?);
    }
    if let Some(nameservers) = &nameservers {
        send_nameservers(&mut context, domain, &changes, nameservers).await?;
    }

    let mut tx = context.write(Subject::Client(client.id)).await?;
    store::services::domain_changes::update(&mut tx, domain.id, &changes).await?;
    let ignored =
        ignored_status.map_or(String::new(), |status| format!(" - Status {status} ignored: no domain has it"));
    let line = format!("Modified Domain - Domain ID: {}{ignored}", domain.id);
    store::system::activity::log(&mut tx, Some(client.id), &line).await?;
    raise(&mut tx, About::Client(client.id), &Event::DomainEdit { client: client.id, domain: domain.id }).await?;
    Ok(())
}

/// Sets the name servers of a domain at its registrar, which is the one that it gets by these changes, if they have one.
async fn send_nameservers(
    context: &mut Context<'_>,
    domain: &StoredDomain,
    changes: &DomainChanges,
    nameservers: &Nameservers,
) -> Result<()> {
    let registered = store::domains::registered::find(context.db, domain.id).await?;
    let mut registered = registered.ok_or(Refusal::DomainNotFound)?;
    if let Some(registrar) = changes.registrar.as_ref().filter(|registrar| !registrar.is_empty()) {
        registered.registrar.clone_from(registrar);
    }
    Ok(registration::questions::send_nameservers(context, &registered, nameservers).await?)
}

/// Rejects references to rows that do not exist.
async fn check(context: &mut Context<'_>, changes: &DomainChanges) -> Result<()> {
    if let Some(name) = &changes.payment_method {
        billing::active_gateway(context.db, name).await?;
    }
    if let Some(promotion) = changes.promotion.filter(|&promotion| promotion != 0)
        && store::catalog::promotions::find(context.db, PromotionId(promotion)).await?.is_none()
    {
        return Err(Refusal::PromotionNotFound.into());
    }
    Ok(())
}

/// Returns the domain's recurring amount after these changes. That of a premium domain stays: its price is its own.
async fn recurring_amount(
    context: &mut Context<'_>,
    client: &Client,
    domain: &StoredDomain,
    changes: &DomainChanges,
) -> Result<Money> {
    if domain.is_premium {
        return Ok(domain.recurring);
    }
    let name = changes.name.as_deref().unwrap_or(&domain.name);
    let years = changes.years.map_or(domain.years, i64::from);
    let not_offered = || Refusal::PeriodNotOffered { domain: name.to_owned(), years };
    let parsed = DomainName::parse(name).ok_or_else(not_offered)?;
    let years = u32::try_from(years).map_err(|_| not_offered())?;
    let terms =
        PriceTerms { currency: CurrencyId(client.currency), rate: client.currency_rate, group: domain.client_group };
    let prices = DomainPrices::load(context.db, Some(&[parsed.extension()]), terms, context.compat).await?;
    let extension = prices.find(parsed.extension()).ok_or_else(not_offered)?;
    let price = extension.price(DomainPurchase::Renewal, years).ok_or_else(not_offered)?;
    let addons = prices.addons(changes.addons(domain), years).ok_or(Refusal::AmountTooLarge)?;
    let charge = Charge {
        item: CatalogItem::domain(parsed.extension()),
        term: Term::Years(years),
        price: Price::NOTHING,
        renewal: price.checked_add(addons).ok_or(Refusal::AmountTooLarge)?,
        quantity: 1,
        taxed: false,
    };
    let promotion = changes.promotion.map_or(domain.promotion, PromotionId);
    // WHMCS counts the terms of a promotion for services only.
    let promotion = active_promotion(context.db, promotion, 0, client.currency_rate).await?;
    let promotion = promotion.as_ref().filter(|promotion| promotion.applies_to_charge(&charge));
    Ok(charge.renewal(promotion).ok_or(Refusal::AmountTooLarge)?)
}
