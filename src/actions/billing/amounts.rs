//! Parsing of amounts for the actions of this group.

use crate::actions::words::{NO_AMOUNT, NOT_AN_AMOUNT};
use crate::domain::money::Money;
use crate::error::{Result, refuse};
use crate::param::Param;

/// Returns an amount that is required and above zero, or AddCredit's documented errors.
pub fn positive(amount: Param<Money>) -> Result<Money> {
    let amount = amount.required_or(NO_AMOUNT, NOT_AN_AMOUNT)?;
    match amount {
        amount if amount.is_zero() => refuse(NO_AMOUNT),
        amount if amount.is_positive() => Ok(amount),
        _ => refuse(NOT_AN_AMOUNT),
    }
}

/// Returns an amount that is not negative; zero if it is absent.
pub fn not_negative(amount: Param<Money>) -> Result<Money> {
    let amount = amount.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
    if amount < Money::ZERO { refuse(NOT_AN_AMOUNT) } else { Ok(amount) }
}
