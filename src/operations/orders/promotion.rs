//! Applying a promotion code to an order.

use crate::database::lease::Lease;
use crate::database::writer::Writer;
use crate::domain::order::Charge;
use crate::domain::order::promotion::{Promotion, PromotionContext};
use crate::domain::time::Moment;
use crate::operations::catalog::promotions::promotion_from_row;
use crate::operations::orders::{Refusal, Result};
use crate::store;
use crate::store::clients::client::Client;

/// A promotion code that a client enters.
#[derive(Debug)]
pub struct PromotionCode {
    pub code: String,
    /// Whether it applies to all items, whatever its conditions.
    pub applies_to_everything: bool,
}

/// Whether a promotion code applies to the order. One that does not is left out.
pub struct PromotionOutcome {
    pub promotion: Option<Promotion>,
    /// The line for the activity log, if there is a code that does not apply.
    pub not_applied: Option<String>,
}

impl PromotionOutcome {
    const NO_CODE: PromotionOutcome = PromotionOutcome { promotion: None, not_applied: None };

    /// Looks up the code, locks the promotion's row until the transaction ends, and checks whether it applies.
    pub async fn evaluate(
        db: &mut Lease,
        code: Option<&PromotionCode>,
        client: &Client,
        charges: &[Charge],
        now: Moment,
    ) -> Result<PromotionOutcome> {
        let Some(PromotionCode { code, applies_to_everything }) = code else { return Ok(Self::NO_CODE) };
        let not_applied_because = |why: &str| {
            let not_applied = Some(format!("Promotion Code {code} not applied, as {why}"));
            Ok(PromotionOutcome { promotion: None, not_applied })
        };
        let Some(stored) = store::catalog::promotions::lock(db, code).await? else {
            return not_applied_because("there is no such promotion");
        };
        let (has_active_order, has_used_it) = store::orders::new_orders::history(db, client.id, &stored.code).await?;
        let owned = match stored.requires_existing {
            0 => Vec::new(),
            _ => store::orders::new_orders::owned(db, client.id).await?,
        };
        let context = PromotionContext { today: now.date(), has_active_order, has_used_it, owned };
        let Some(mut promotion) = promotion_from_row(stored, client.currency_rate) else {
            return not_applied_because("it is of a kind that this server does not know");
        };
        if *applies_to_everything {
            promotion.apply_to_everything();
        }
        match promotion.check(charges, &context) {
            Some(reason) => not_applied_because(&reason.to_string()),
            None => Ok(PromotionOutcome { promotion: Some(promotion), not_applied: None }),
        }
    }
}

/// Counts one more use of a promotion, and rejects the order if the last use was taken since the look-up.
pub async fn count_use(tx: &mut Writer<'_>, promotion: &Promotion) -> Result<()> {
    match store::catalog::promotions::count_use(tx, promotion.id).await? {
        true => Ok(()),
        false => Err(Refusal::PromotionUsedUp { code: promotion.code.clone() }.into()),
    }
}
