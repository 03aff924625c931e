//! Error texts for the refusals of [`crate::operations::domains`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::domains::availability;

pub const NOT_A_DOMAIN: &str = "Domain not valid";
pub const EXTENSION_NOT_SUPPORTED: &str = "The given TLD is not supported for WHOIS lookups";

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
