//! Domains that clients have, and whether names can be registered.
//!
//! What a domain costs is decided in [`super::catalog`].

pub mod availability;
pub mod expiry;
pub mod notices;
pub mod registrars;
pub mod registration;
pub mod update;

use crate::operations::{self, billing};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a domain is not changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    DomainNotFound,
    /// No registrar of this name is active.
    RegistrarNotActive,
    PromotionNotFound,
    /// The domain's extension has no renewal price for this number of years in the client's currency.
    PeriodNotOffered {
        domain: String,
        years: i64,
    },
    /// The recurring amount exceeds the maximum amount of money.
    AmountTooLarge,
    /// The payment method was rejected.
    Billing(billing::Refusal),
    /// The registrar did not set the name servers.
    Registration(registration::Refusal),
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::DomainNotFound => "domain_not_found",
            Refusal::RegistrarNotActive => "registrar_not_active",
            Refusal::PromotionNotFound => "promotion_not_found",
            Refusal::PeriodNotOffered { .. } => "period_not_offered",
            Refusal::AmountTooLarge => "amount_too_large",
            Refusal::Billing(refusal) => refusal.code(),
            Refusal::Registration(refusal) => refusal.code(),
        }
    }
}

wraps_refusals!(registration::Refusal: Registration, billing::Refusal: Billing);
