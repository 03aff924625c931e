//! What a promotion takes off an upgrade.

use super::{Change, PricedUpgrade, Result, UpgradePromotion};
use crate::domain::money::Money;
use crate::domain::order::Charge;
use crate::domain::order::cycle::Term;
use crate::domain::order::price::Price;
use crate::domain::order::promotion::{CatalogItem, PromotionKind, UpgradeDiscount, Upgraded};
use crate::operations::Context;
use crate::operations::orders::promotion::{PromotionCode, PromotionOutcome};
use crate::operations::services::update::LockedService;

impl PricedUpgrade {
    /// Takes off what the promotion with this code gives. A code that does not apply changes nothing, as in orders.
    pub async fn apply(&mut self, context: &mut Context<'_>, locked: &LockedService, code: String) -> Result<()> {
        let charge = self.charge(locked);
        let code = PromotionCode { code, applies_to_everything: false };
        let (client, charges) = (locked.client_row(), std::slice::from_ref(&charge));
        let outcome = PromotionOutcome::evaluate(context.db, Some(&code), client, charges, context.now).await?;
        self.not_applied = outcome.not_applied;
        let Some(promotion) = outcome.promotion else { return Ok(()) };
        let discount = promotion.upgrades.as_ref().and_then(|upgrades| self.discount(upgrades));
        let Some((discount, text)) = discount.filter(|(discount, _)| discount.is_positive()) else {
            let why = "it takes nothing off this upgrade";
            self.not_applied = Some(format!("Promotion Code {} not applied, as {why}", code.code));
            return Ok(());
        };
        self.amount = self.amount - discount;
        let description = format!("Promotional Code: {} - {text}", promotion.code);
        self.promotion = Some(UpgradePromotion { promotion, discount, description });
        Ok(())
    }

    /// What the promotion's conditions are about: the product that the service is after the upgrade.
    fn charge(&self, locked: &LockedService) -> Charge {
        let (product, renewal) = match &self.change {
            Change::Product { to, recurring, .. } => (*to, *recurring),
            Change::Options(_) => (locked.stored().product, self.service.amount),
        };
        Charge {
            item: CatalogItem::Product(product.0),
            term: Term::Cycle(self.cycle),
            price: Price { setup: Money::ZERO, term: self.amount },
            renewal,
            quantity: 1,
            taxed: self.is_taxed,
        }
    }

    /// Returns what is taken off with its text for the client; `None` if the discount is for other upgrades.
    fn discount(&self, upgrades: &UpgradeDiscount) -> Option<(Money, String)> {
        let lowered = match (&self.change, &upgrades.of) {
            (Change::Product { price, .. }, Upgraded::Products) => price.amount,
            (Change::Options(changes), Upgraded::Options(options)) => {
                let is_meant = |option: &i64| options.is_empty() || options.contains(option);
                Money::sum(changes.iter().filter(|change| is_meant(&change.option)).map(|change| change.price.amount))?
            }
            _ => return None,
        };
        let lowered = lowered.min(self.amount).max(Money::ZERO);
        let discount = upgrades.reduction.discount(Money::ZERO, lowered, 1)?;
        let text = match upgrades.reduction.kind {
            PromotionKind::Percentage => format!("{}% Upgrade Discount", upgrades.reduction.value.normalize()),
            _ => format!("{} Upgrade Discount", self.currency.format(discount)),
        };
        Some((discount, text))
    }
}
