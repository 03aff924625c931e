//! Promotions of services that recur for a number of terms: while one lasts, the recurring amount is that with its discount.

use super::Refusal;
use super::due::{DueTerm, PromotionUse};
use crate::domain::id::{PromotionId, ServiceId};
use crate::domain::renewal::ItemKind;
use crate::operations::catalog::promotions::{active_promotion, has_ended};
use crate::operations::services::recurring::recurring_amount;
use crate::operations::{Context, OperationError, Result};
use crate::store;
use crate::store::clients::client::Client;
use crate::store::services::service::ServiceChanges;

/// Counts the promotions of these terms, and has services pay the price of the catalog from the term on for which theirs is not
/// valid any more. A service whose product is not sold for its cycle any more pays what it paid before.
pub(super) async fn end(context: &mut Context<'_>, client: &Client, terms: &mut [DueTerm]) -> Result<(), Refusal> {
    for term in terms.iter_mut().filter(|term| term.kind == ItemKind::Service && term.item.promotion > 0) {
        let (id, uses) = (PromotionId(term.item.promotion), term.item.promotion_uses);
        let has_ended = has_ended(context.db, id, uses).await?;
        let active = active_promotion(context.db, id, uses, client.currency_rate).await?;
        term.promotion = match active {
            _ if has_ended => PromotionUse::Ended,
            Some(promotion) if promotion.recurs => PromotionUse::Applied,
            _ => PromotionUse::None,
        };
        if term.promotion != PromotionUse::Ended {
            continue;
        }
        let service = store::services::service::lock(context.db, ServiceId(term.item.id)).await?;
        let Some(service) = service else { continue };
        let choices = store::services::options::choices(context.db, service.product).await?;
        let changes = ServiceChanges { promotion: Some(0), ..ServiceChanges::default() };
        match recurring_amount(context.db, client, &service, &changes, &choices, &[]).await {
            Ok(amount) => term.item.amount = amount,
            Err(OperationError::Refused(_)) => {}
            Err(OperationError::Fault(fault)) => return Err(fault.into()),
        }
    }
    Ok(())
}
