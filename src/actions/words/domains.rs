//! Error texts for the refusals of [`crate::operations::domains`].

use super::ErrorText;
use super::NOT_AN_AMOUNT;
use super::catalog::PROMOTION_NOT_FOUND;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::domains::{Refusal, availability};

pub const NOT_A_DOMAIN: &str = "Domain not valid";
pub const EXTENSION_NOT_SUPPORTED: &str = "The given TLD is not supported for WHOIS lookups";
pub const DOMAIN_NOT_FOUND: &str = "Domain ID Not Found";
pub const REGISTRAR_NOT_ACTIVE: &str = "The Registrar is not active";
pub const NAMESERVERS_REQUIRED: &str = "ns1 and ns2 required";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        match self {
            Refusal::DomainNotFound => Error::Refused(DOMAIN_NOT_FOUND),
            Refusal::RegistrarNotActive => Error::Refused(REGISTRAR_NOT_ACTIVE),
            Refusal::PromotionNotFound => Error::Refused(PROMOTION_NOT_FOUND),
            Refusal::PeriodNotOffered { domain, years } => {
                let message = format!("Domain {domain} cannot be renewed for {years} year(s) in the client's currency");
                Error::RefusedAs { code, message }
            }
            Refusal::AmountTooLarge => Error::Refused(NOT_AN_AMOUNT),
            Refusal::Billing(refusal) => refusal.error(),
            Refusal::Registration(refusal) => refusal.error(),
        }
    }
}

impl ErrorText for availability::Refusal {
    fn error(self) -> Error {
        let code = self.code();
        match self {
            availability::Refusal::ExtensionNotSupported => Error::Refused(EXTENSION_NOT_SUPPORTED),
            availability::Refusal::Unanswered { extension } => Error::RefusedAs {
                code,
                message: format!(
                    "No registry of {extension} has answered. Nothing is known of the name, try again later"
                ),
            },
        }
    }
}
