//! How the actions of billing read amounts.

use crate::actions::words::{NO_AMOUNT, NOT_AN_AMOUNT};
use crate::domain::money::Money;
use crate::error::{Result, refuse};
use crate::param::Param;

/// An amount that must be there and above zero, with AddCredit's documented errors.
pub fn positive(amount: Param<Money>) -> Result<Money> {
    let amount = amount.required_or(NO_AMOUNT, NOT_AN_AMOUNT)?;
    match amount {
        amount if amount.is_zero() => refuse(NO_AMOUNT),
        amount if amount.is_positive() => Ok(amount),
        _ => refuse(NOT_AN_AMOUNT),
    }
}

/// An amount that is not below zero, and zero where none is named.
pub fn not_negative(amount: Param<Money>) -> Result<Money> {
    let amount = amount.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
    if amount < Money::ZERO { refuse(NOT_AN_AMOUNT) } else { Ok(amount) }
}
