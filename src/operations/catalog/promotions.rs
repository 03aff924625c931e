//! Promotions, which lower the prices of orders.

use rust_decimal::Decimal;

use crate::domain::order::promotion::{Goods, Kind, Limits, Promotion, Reduction};
use crate::store;

/// What a row of `tblpromotions` means for a client whose currency has this exchange rate.
pub fn promotion_from_row(stored: store::catalog::promotions::Promotion, currency_rate: Decimal) -> Option<Promotion> {
    let kind = Kind::parse(&stored.kind)?;
    let value = match kind {
        Kind::Percentage => stored.value.decimal(),
        _ => stored.value.decimal().checked_mul(currency_rate)?,
    };
    let cycles = stored.cycles.split(',').map(str::trim).filter(|cycle| !cycle.is_empty());
    Some(Promotion {
        id: stored.id,
        code: stored.code,
        face_value: stored.value,
        reduction: Reduction { kind, value },
        recurs: stored.recurring != 0,
        cycles: cycles.map(str::to_owned).collect(),
        applies_to: Goods::parse_list(&stored.applies_to),
        requires: Goods::parse_list(&stored.requires),
        requires_existing: stored.requires_existing != 0,
        apply_once: stored.apply_once != 0,
        limits: Limits {
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
