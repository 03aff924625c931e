//! Amounts: numbers, as FOSSBilling 0.8.5 has them, or texts with two decimals.

use serde_json::Value;

use crate::config::{Compat, FossBillingMoney};
use crate::domain::money::Money;

/// An amount as a number. Whole ones have no decimals, as PHP writes them.
pub fn number(amount: Money) -> Value {
    let text = amount.to_string();
    match text.strip_suffix(".00").map(str::parse::<i64>) {
        Some(Ok(whole)) => whole.into(),
        _ => text.parse::<f64>().map_or(Value::Null, Value::from),
    }
}

/// An amount of a column: a number, or a text in FOSSBilling's later versions.
pub fn stored(amount: Money, compat: &Compat) -> Value {
    match compat.fossbilling_money {
        FossBillingMoney::Numbers => number(amount),
        FossBillingMoney::Texts => amount.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_amounts_have_no_decimals() {
        for (amount, written) in [("10.00", "10"), ("10.50", "10.5"), ("-0.05", "-0.05"), ("0.00", "0")] {
            assert_eq!(number(Money::parse(amount).unwrap()).to_string(), written);
        }
    }
}
