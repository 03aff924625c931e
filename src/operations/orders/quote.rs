//! What items would cost, before anybody orders them: the prices and discounts that [`super::place`] would apply.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::cart::CartItem;
use super::line_items::PricingContext;
use super::pricing::PricedCart;
use super::{Refusal, Result};
use crate::config::Compat;
use crate::domain::id::{ClientId, CurrencyId};
use crate::domain::money::Money;
use crate::domain::order::promotion::{NotApplicable, PromotionContext};
use crate::domain::order::{BilledCharge, bill};
use crate::domain::time::Moment;
use crate::operations::catalog::domain_prices::PriceTerms;
use crate::operations::catalog::promotions::promotion_from_row;
use crate::store;

/// Who asks for a price, and in which currency.
#[derive(Debug, Clone, Copy)]
pub struct Shopper {
    /// `None` for somebody who has not logged in.
    pub client: Option<ClientId>,
    pub currency: CurrencyId,
    /// The currency's exchange rate.
    pub rate: Decimal,
}

/// The prices of some items, before taxes and the discount of the client's group.
#[derive(Debug)]
pub struct Quote {
    /// Each item becomes one line, or several.
    pub lines: Vec<QuotedLine>,
    pub promotion: PromotionState,
}

/// A line with its price.
#[derive(Debug)]
pub struct QuotedLine {
    /// The place of the item among those that were asked about.
    pub item: usize,
    pub name: String,
    pub quantity: u32,
    pub billed: BilledCharge,
}

/// Whether a promotion code has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromotionState {
    NoCode,
    /// There is no such code.
    Unknown,
    NotApplicable(NotApplicable),
    Applied,
}

impl Quote {
    /// The sum of the prices, before the promotion's discount.
    pub fn subtotal(&self) -> Option<Money> {
        Money::sum(self.lines.iter().map(|line| line.billed.gross))
    }

    /// The promotion's discount.
    pub fn discount(&self) -> Option<Money> {
        Money::sum(self.lines.iter().map(|line| line.billed.discount))
    }
}

/// Prices items as an order of them would. Nothing is locked, so that prices and promotions may change until it is placed.
pub async fn quote(
    db: &mut MySqlConnection,
    (now, compat): (Moment, &Compat),
    items: Vec<CartItem>,
    code: Option<&str>,
    shopper: Shopper,
) -> Result<Quote> {
    let Shopper { client, currency, rate } = shopper;
    let group = match client {
        Some(client) => store::orders::new_orders::ordering_client(&mut *db, client).await?.group,
        None => 0,
    };
    let settings = store::system::configuration::orders(&mut *db).await?;
    let pricing = PricingContext {
        client: client.unwrap_or(ClientId(0)),
        terms: PriceTerms { currency, rate, group },
        today: now.date(),
        date_format: settings.date_format,
        taxes_domains: settings.taxes_domains,
        compat,
    };
    let cart = PricedCart::price(&mut *db, items, &pricing).await?;
    let charges = cart.charges();
    let stored = match code {
        Some(code) => store::catalog::promotions::list(&mut *db, Some(code.to_owned())).await?.into_iter().next(),
        None => None,
    };
    let (promotion, state) = match (code, stored) {
        (None, _) => (None, PromotionState::NoCode),
        (Some(_), None) => (None, PromotionState::Unknown),
        (Some(_), Some(stored)) => {
            let (has_active_order, has_used_it) = match client {
                Some(client) => store::orders::new_orders::history(&mut *db, client, &stored.code).await?,
                None => (false, false),
            };
            let owned = match client {
                Some(client) if stored.requires_existing != 0 => {
                    store::orders::new_orders::owned(&mut *db, client).await?
                }
                _ => Vec::new(),
            };
            let today = now.date();
            let promotion_context = PromotionContext { today, has_active_order, has_used_it, owned };
            match promotion_from_row(stored, rate) {
                None => (None, PromotionState::Unknown),
                Some(promotion) => match promotion.check(&charges, &promotion_context) {
                    Some(reason) => (None, PromotionState::NotApplicable(reason)),
                    None => (Some(promotion), PromotionState::Applied),
                },
            }
        }
    };
    let bill = bill(&charges, promotion.as_ref(), Decimal::ZERO).ok_or(Refusal::TotalTooLarge)?;
    let lines = cart.items.iter().zip(cart.origins).zip(bill.billed).map(|((line, item), billed)| QuotedLine {
        item,
        name: line.name.clone(),
        quantity: line.charge.quantity,
        billed,
    });
    Ok(Quote { lines: lines.collect(), promotion: state })
}
