//! Promotions, which reduce the prices of orders.

use rust_decimal::Decimal;
use sqlx::MySqlConnection;

use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::domain::id::{ProductId, PromotionId};
use crate::domain::money::Money;
use crate::domain::order::promotion::{
    CatalogItem, PriceReduction, Promotion, PromotionKind, PromotionLimits, UpgradeDiscount,
};
use crate::domain::promotion::{Discount, Expiry};
use crate::fault;
use crate::operations::Context;
use crate::store;
use crate::store::catalog::promotions::PromotionFields;

pub use crate::store::catalog::promotions::PromotionTerms;

/// The fields of a promotion to set. `None` is the default for a new promotion, and no change for an existing one.
#[derive(Debug)]
pub struct PromotionDetails {
    /// The code that clients enter; unique among promotions.
    pub code: Option<String>,
    pub discount: Option<Discount>,
    /// 0 to 100 for a percentage, or an amount of money for a fixed discount.
    pub value: Option<Money>,
    /// Comma-separated billing cycles, as returned by [`crate::domain::promotion::parse_cycles`]; by default, all.
    pub cycles: Option<String>,
    /// The products to which the promotion applies; by default, all.
    pub applies_to: Option<Vec<ProductId>>,
    /// By default, never.
    pub expires: Option<Expiry>,
    /// Maximum number of uses; by default 0, for no limit.
    pub max_uses: Option<u32>,
}

/// A promotion to change, locked until the transaction ends.
#[derive(Debug)]
pub struct LockedPromotion {
    id: PromotionId,
    terms: PromotionTerms,
}

impl LockedPromotion {
    pub async fn lock(context: &mut Context<'_>, id: PromotionId) -> Result<LockedPromotion> {
        let terms = store::catalog::promotions::lock_terms(context.db, id).await?;
        Ok(LockedPromotion { id, terms: terms.ok_or(Refusal::PromotionNotFound)? })
    }

    /// The terms before the change.
    pub fn terms(&self) -> &PromotionTerms {
        &self.terms
    }
}

/// Creates a promotion, which must have a code and a discount.
pub async fn create(context: Context<'_>, details: PromotionDetails) -> Result<PromotionId> {
    let fields = fields(context.db, details).await?;
    let code = fields.code.as_deref().ok_or(Refusal::NoCode)?;
    let discount = fields.discount.ok_or(Refusal::NoDiscount)?;
    check_value(Some(discount), fields.value.ok_or(Refusal::NoValue)?)?;
    let mut tx = context.write(Subject::Promotions).await?;
    let id = store::catalog::promotions::create(&mut tx, &fields).await?.ok_or(Refusal::CodeTaken)?;
    let line = format!("Created Promotion - Promotion ID: {id} - Code: {code}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(id)
}

/// Changes the given fields of a promotion.
pub async fn update(context: Context<'_>, locked: &LockedPromotion, details: PromotionDetails) -> Result<()> {
    let LockedPromotion { id, terms } = locked;
    let fields = fields(context.db, details).await?;
    // WHMCS has further kinds of discount; their values are not checked.
    let discount = fields.discount.or(Discount::parse(&terms.kind));
    check_value(discount, fields.value.unwrap_or(terms.value))?;
    let mut tx = context.write(Subject::Promotions).await?;
    if !store::catalog::promotions::update(&mut tx, *id, &fields).await? {
        return Err(Refusal::CodeTaken.into());
    }
    store::system::activity::log(&mut tx, None, &format!("Updated Promotion - Promotion ID: {id}")).await?;
    Ok(())
}

/// Returns the fields to store; rejects products that do not exist.
async fn fields(db: &mut MySqlConnection, details: PromotionDetails) -> Result<PromotionFields> {
    let applies_to = match details.applies_to {
        Some(ids) if ids.is_empty() => Some(String::new()),
        Some(ids) => match store::catalog::products::unknown(db, &ids).await?.first() {
            Some(&unknown) => return Err(Refusal::ProductNotFound(unknown).into()),
            None => Some(ids.iter().map(ProductId::to_string).collect::<Vec<_>>().join(",")),
        },
        None => None,
    };
    Ok(PromotionFields {
        code: details.code,
        discount: details.discount,
        value: details.value,
        cycles: details.cycles,
        applies_to,
        expires: details.expires,
        max_uses: details.max_uses,
    })
}

fn check_value(discount: Option<Discount>, value: Money) -> Result<()> {
    match discount {
        Some(Discount::Percentage) if !Discount::Percentage.allows(value) => Err(Refusal::PercentageOutOfRange.into()),
        Some(Discount::Fixed) if !Discount::Fixed.allows(value) => Err(Refusal::InvalidValue.into()),
        _ => Ok(()),
    }
}

/// Returns a promotion for a client whose currency has this exchange rate, unless it has been used for all its terms.
pub async fn active_promotion(
    db: &mut MySqlConnection,
    id: PromotionId,
    uses: i64,
    currency_rate: Decimal,
) -> fault::Result<Option<Promotion>> {
    let stored = store::catalog::promotions::find(db, id).await?;
    let is_active =
        |stored: &store::catalog::promotions::PromotionRow| stored.recur_for == 0 || uses < stored.recur_for;
    Ok(stored.filter(is_active).and_then(|stored| promotion_from_row(stored, currency_rate)))
}

/// Whether a promotion that lowers the recurring amount of a service has been used for all its terms.
pub async fn has_ended(db: &mut MySqlConnection, id: PromotionId, uses: i64) -> fault::Result<bool> {
    let stored = store::catalog::promotions::find(db, id).await?;
    Ok(stored.is_some_and(|stored| stored.recurring != 0 && stored.recur_for > 0 && uses >= stored.recur_for))
}

/// Converts a row of `tblpromotions` for a client whose currency has this exchange rate.
pub fn promotion_from_row(
    stored: store::catalog::promotions::PromotionRow,
    currency_rate: Decimal,
) -> Option<Promotion> {
    let kind = PromotionKind::parse(&stored.kind)?;
    let value = match kind {
        PromotionKind::Percentage => stored.value.decimal(),
        _ => stored.value.decimal().checked_mul(currency_rate)?,
    };
    let cycles = stored.cycles.split(',').map(str::trim).filter(|cycle| !cycle.is_empty());
    let upgrades = match stored.upgrades {
        0 => None,
        _ => UpgradeDiscount::parse(&stored.upgrade_config, currency_rate),
    };
    Some(Promotion {
        id: stored.id,
        code: stored.code,
        face_value: stored.value,
        reduction: PriceReduction { kind, value },
        recurs: stored.recurring != 0,
        cycles: cycles.map(str::to_owned).collect(),
        applies_to: CatalogItem::parse_list(&stored.applies_to),
        requires: CatalogItem::parse_list(&stored.requires),
        requires_existing: stored.requires_existing != 0,
        apply_once: stored.apply_once != 0,
        upgrades,
        limits: PromotionLimits {
            starts: stored.starts,
            expires: stored.expires,
            max_uses: stored.max_uses,
            uses: stored.uses,
            new_clients_only: stored.new_signups != 0,
            existing_clients_only: stored.existing_client != 0,
            once_per_client: stored.once_per_client != 0,
        },
    })
}
