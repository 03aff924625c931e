//! Calculation of a service's recurring amount.

use std::collections::BTreeMap;

use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::{Cycle, Term};
use crate::domain::order::price::Price;
use crate::domain::order::promotion::CatalogItem;
use crate::operations::catalog::promotions::active_promotion;
use crate::store;
use crate::store::catalog::order_form;
use crate::store::catalog::pricing::PriceKind;
use crate::store::clients::client::Client;
use crate::store::services::options::{Choice, Selection};
use crate::store::services::service::{ServiceChanges, StoredService};

/// Returns what a service costs once, if its product is paid once.
pub async fn single_amount(
    db: &mut MySqlConnection,
    client: &Client,
    service: &StoredService,
    product: ProductId,
) -> Result<Money> {
    let prices = order_form::prices(db, PriceKind::Product, std::iter::once(product.0), client.currency).await?;
    let price = prices.get(&product.0).and_then(|prices| prices.for_cycle(Cycle::OneTime));
    let quantity = u32::try_from(service.quantity).map_err(|_| Refusal::AmountTooLarge)?;
    Ok(price.ok_or(Refusal::CycleNotOffered)?.term.times(quantity).ok_or(Refusal::AmountTooLarge)?)
}

/// Returns the service's recurring amount after these changes.
pub async fn recurring_amount(
    db: &mut MySqlConnection,
    client: &Client,
    service: &StoredService,
    changes: &ServiceChanges,
    choices: &[Choice],
    selections: &[Selection],
) -> Result<Money> {
    let product = changes.product.unwrap_or(service.product).0;
    let cycle = changes.cycle.or(Cycle::parse(&service.cycle)).filter(|cycle| cycle.recurs());
    let Some(cycle) = cycle else { return Ok(Money::ZERO) };
    let prices =
        store::catalog::pricing::in_currency(db, PriceKind::Product, [product].into_iter(), client.currency).await?;
    let price = prices.get(&product).and_then(|prices| prices.term(cycle));
    let price = price.ok_or(Refusal::CycleNotOffered)?;

    let stored = store::services::options::selected(db, service.id).await?;
    let selected: BTreeMap<i64, &Selection> =
        stored.iter().chain(selections).map(|selection| (selection.option, selection)).collect();
    let prices = store::catalog::pricing::in_currency(
        db,
        PriceKind::Choice,
        selected.values().map(|selection| selection.choice),
        client.currency,
    );
    let prices = prices.await?;
    let option_price = |selection: &&Selection| {
        let choice = choices.iter().find(|choice| choice.choice == selection.choice)?;
        Some((prices.get(&choice.choice)?.term(cycle)?, choice.counted(selection.quantity)))
    };
    let options: Vec<(Money, i64)> = selected.values().filter_map(option_price).collect();

    let one = options
        .iter()
        .try_fold(price, |sum, &(price, count)| sum.checked_add(price.times(u32::try_from(count).unwrap_or(0))?));
    let too_large = || Refusal::AmountTooLarge;
    let charge = Charge {
        item: CatalogItem::Product(product),
        term: Term::Cycle(cycle),
        price: Price::NOTHING,
        renewal: one.ok_or_else(too_large)?,
        quantity: u32::try_from(service.quantity).map_err(|_| too_large())?,
        taxed: false,
    };
    let id = changes.promotion.map_or(service.promotion, PromotionId);
    // A new promotion has not been used by the service yet.
    let uses = if id == service.promotion { service.promotion_uses } else { 0 };
    let promotion = active_promotion(db, id, uses, client.currency_rate).await?;
    let promotion = promotion.as_ref().filter(|promotion| promotion.applies_to_charge(&charge));
    Ok(charge.renewal(promotion).ok_or_else(too_large)?)
}
