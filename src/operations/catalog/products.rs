//! Adding products, with their prices.

use std::collections::BTreeMap;

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::clients::topic::Topic;
use crate::domain::id::{CurrencyId, ProductGroupId, ProductId};
use crate::domain::money::Money;
use crate::domain::product::PayType;
use crate::domain::slug;
use crate::operations::Context;
use crate::store;
use crate::store::billing::currencies::Currency;
use crate::store::catalog::pricing::{CYCLES, CyclePrice, NewPrices, PriceKind};
use crate::store::catalog::products::{NewProduct, ProductAddress};

/// The group of a new product, locked until the transaction ends.
#[derive(Debug)]
pub struct LockedGroup {
    id: ProductGroupId,
    slug: String,
}

impl LockedGroup {
    pub async fn lock(context: &mut Context<'_>, id: ProductGroupId) -> Result<LockedGroup> {
        let slug = store::catalog::products::lock_group(context.db, id).await?;
        Ok(LockedGroup { id, slug: slug.ok_or(Refusal::ProductGroupNotFound)? })
    }
}

/// Rejects a welcome mail's template that does not exist or is not of type `product`; 0 stands for none.
pub async fn check_welcome_mail(context: &mut Context<'_>, template: u32) -> Result<()> {
    let is_known =
        template == 0 || store::system::email_templates::is_about(context.db, template, Topic::Product).await?;
    if is_known { Ok(()) } else { Err(Refusal::WelcomeMailNotFound.into()) }
}

/// Rejects recommendations of products that do not exist.
pub async fn check_recommendations(context: &mut Context<'_>, products: &[ProductId]) -> Result<()> {
    let all_exist = products.is_empty() || store::catalog::products::unknown(context.db, products).await?.is_empty();
    if all_exist { Ok(()) } else { Err(Refusal::RecommendationNotFound.into()) }
}

/// The price and the set-up fee of a product in one billing cycle; `None` if not given.
#[derive(Debug, Clone, Copy, Default)]
pub struct CycleAmounts {
    /// -1 if the cycle is not offered.
    pub price: Option<Money>,
    pub setup_fee: Option<Money>,
}

/// The prices of a new product by currency.
pub type Prices = BTreeMap<CurrencyId, [CycleAmounts; CYCLES.len()]>;

/// Adds a product to a group, with prices in all currencies.
///
/// Cycles without a price are not offered, and a free product costs nothing. The slug is unique within the group: one
/// derived from the name gets a number appended if it is taken; a requested one that is taken is rejected.
pub async fn create(
    context: Context<'_>,
    group: &LockedGroup,
    slug: &str,
    prices: &Prices,
    new: &NewProduct,
) -> Result<ProductId> {
    let currencies = store::billing::currencies::list(context.db).await?;
    let prices = prices_in_all_currencies(prices, &currencies, new.pay_type)?;
    let taken = store::catalog::products::slugs(context.db, group.id).await?;
    let slug = unique_slug(slug, &new.name, &taken)?;

    let mut tx = context.write(Subject::ProductGroup(group.id)).await?;
    let address = ProductAddress { group: group.id, group_slug: &group.slug, slug: &slug };
    let Some(id) = store::catalog::products::create(&mut tx, &address, new).await? else {
        return Err(Refusal::SlugTaken { slug }.into());
    };
    for prices in &prices {
        store::catalog::pricing::add(&mut tx, PriceKind::Product, id.0, prices).await?;
    }
    let line = format!("Created Product - Product ID: {id} - {}", new.name);
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(id)
}

/// Returns the prices for every currency. A cycle without a price costs nothing if the product is free, else it is not
/// offered.
fn prices_in_all_currencies(
    prices: &Prices,
    currencies: &[Currency],
    pay_type: PayType,
) -> std::result::Result<Vec<NewPrices>, Refusal> {
    let is_known = |id: &CurrencyId| currencies.iter().any(|currency| currency.id == *id);
    if let Some(unknown) = prices.keys().find(|id| !is_known(id)) {
        return Err(Refusal::CurrencyNotFound { currency: unknown.to_string() });
    }
    let default_price = if pay_type == PayType::Free { Money::ZERO } else { Money::NOT_OFFERED };
    let prices_in_currency = |currency: &Currency| {
        let given = prices.get(&currency.id).copied().unwrap_or_default();
        let cycles: std::result::Result<_, _> =
            given.into_iter().map(|amounts| cycle_price(amounts, default_price)).collect();
        Ok(NewPrices { currency: currency.id, cycles: cycles? })
    };
    currencies.iter().map(prices_in_currency).collect()
}

fn cycle_price(amounts: CycleAmounts, default_price: Money) -> std::result::Result<CyclePrice, Refusal> {
    let price = amounts.price.unwrap_or(default_price);
    let setup_fee = amounts.setup_fee.unwrap_or(Money::ZERO);
    let is_price = price >= Money::ZERO || price == Money::NOT_OFFERED;
    if is_price && setup_fee >= Money::ZERO { Ok(CyclePrice { price, setup_fee }) } else { Err(Refusal::InvalidPrices) }
}

/// Returns the requested slug, or else a free one derived from the name.
fn unique_slug(wanted: &str, name: &str, taken: &[String]) -> std::result::Result<String, Refusal> {
    match (slug::slug(wanted), slug::slug(name)) {
        (slug, _) if !slug.is_empty() => Ok(slug),
        _ if !wanted.is_empty() => Err(Refusal::InvalidSlug),
        (_, derived) if derived.is_empty() => Ok(slug::unique("product", taken)),
        (_, derived) => Ok(slug::unique(&derived, taken)),
    }
}
