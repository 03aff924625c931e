//! `GetPromotions`.

use rust_decimal::prelude::ToPrimitive;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::money::Money;
use crate::error::Result;
use crate::param::Param;
use crate::store;
use crate::store::catalog::promotions::PromotionRow;

/// Returns all promotions, sorted by id, without paging, since WHMCS documents none.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetPromotions {
    /// Only the promotion with this code.
    code: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetPromotionsReply {
    totalresults: usize,
    promotions: Promotions,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Promotions {
    promotion: Vec<PromotionItem>,
}

/// A row of `tblpromotions`.
#[derive(Debug, JsonSchema, Serialize)]
struct PromotionItem {
    id: i64,
    code: String,
    #[serde(rename = "type")]
    kind: String,
    recurring: i64,
    /// The only amount that is a number, as documented.
    value: Number,
    cycles: String,
    appliesto: String,
    requires: String,
    requiresexisting: i64,
    startdate: String,
    expirationdate: String,
    maxuses: i64,
    uses: i64,
    lifetimepromo: i64,
    applyonce: i64,
    newsignups: i64,
    existingclient: i64,
    onceperclient: i64,
    recurfor: i64,
    upgrades: i64,
    upgradeconfig: String,
    notes: String,
}

impl Action for GetPromotions {
    const NAME: &'static str = "GetPromotions";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetPromotionsReply;

    async fn run(self, call: Call<'_>) -> Result<GetPromotionsReply> {
        let listed = store::catalog::promotions::list(call.db, self.code.lenient()).await?;
        let promotion: Vec<_> = listed.into_iter().map(PromotionItem::from).collect();
        Ok(GetPromotionsReply { totalresults: promotion.len(), promotions: Promotions { promotion } })
    }
}

impl From<PromotionRow> for PromotionItem {
    fn from(promotion: PromotionRow) -> PromotionItem {
        PromotionItem {
            id: promotion.id.0,
            code: promotion.code,
            kind: promotion.kind,
            recurring: promotion.recurring,
            value: number(promotion.value),
            cycles: promotion.cycles,
            appliesto: promotion.applies_to,
            requires: promotion.requires,
            requiresexisting: promotion.requires_existing,
            startdate: promotion.starts,
            expirationdate: promotion.expires,
            maxuses: promotion.max_uses,
            uses: promotion.uses,
            lifetimepromo: promotion.lifetime,
            applyonce: promotion.apply_once,
            newsignups: promotion.new_signups,
            existingclient: promotion.existing_client,
            onceperclient: promotion.once_per_client,
            recurfor: promotion.recur_for,
            upgrades: promotion.upgrades,
            upgradeconfig: promotion.upgrade_config,
            notes: promotion.notes,
        }
    }
}

/// Converts an amount to a number without trailing zeros: 10.00 is `10`, and 10.50 is `10.5`.
fn number(amount: Money) -> Number {
    let amount = amount.decimal();
    let whole = amount.is_integer().then(|| amount.to_i64()).flatten().map(Number::from);
    whole.or_else(|| Number::from_f64(amount.to_f64()?)).unwrap_or_else(|| Number::from(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_trailing_zeros() {
        for (amount, printed) in
            [("10.00", "10"), ("10.50", "10.5"), ("0", "0"), ("99999999999999.99", "99999999999999.98")]
        {
            assert_eq!(number(Money::parse(amount).unwrap()).to_string(), printed, "{amount}");
        }
    }
}
