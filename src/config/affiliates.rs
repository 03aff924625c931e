//! `[affiliates]`: what affiliates earn.

use serde::{Deserialize, Serialize, Serializer};

use crate::domain::money::Money;
use crate::domain::tax::Rate;

/// What affiliates earn where neither they nor products have terms of their own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Affiliates {
    /// The percentage of what is paid for a service.
    pub percentage: Percentage,
    /// The balance of a new affiliate, in their currency.
    pub bonus: Amount,
    /// The number of days after which a commission is credited; 0 for at once.
    pub delay_days: u32,
}

impl Default for Affiliates {
    fn default() -> Affiliates {
        Affiliates { percentage: Percentage(Rate::ZERO), bonus: Amount(Money::ZERO), delay_days: 0 }
    }
}

/// A percentage with at most three decimals, as a text: `"12.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Percentage(pub Rate);

/// An amount of money, not negative, as a text: `"25.00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Amount(pub Money);

impl TryFrom<String> for Percentage {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Rate::parse(&text).map(Percentage).ok_or("a percentage must be in the form \"12.5\"")
    }
}

impl TryFrom<String> for Amount {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let amount = Money::parse(&text).filter(|amount| *amount >= Money::ZERO);
        amount.map(Amount).ok_or("an amount must be in the form \"25.00\"")
    }
}

impl Serialize for Percentage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0.decimal().normalize())
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}
