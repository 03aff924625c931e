//! Error texts for the refusals of [`crate::operations::domains::registration`].

use super::ErrorText;
use crate::domain::domains::idn_language::IDN_LANGUAGES;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::domains::registration::Refusal;

pub const DOMAIN_NOT_FOUND: &str = "Domain Not Found";
pub const DOMAIN_ID_NOT_FOUND: &str = "Domain ID Not Found";
pub const NOT_SUPPORTED: &str = "Registrar Function Not Supported";
pub const INVALID_IDN_LANGUAGE: &str = "Invalid IDN Language. Must be one of: ";
pub const INVALID_CONFIGURATION: &str = "An invalid configuration was detected with the registrar module";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::DomainNotFound => Error::Refused(DOMAIN_NOT_FOUND),
            Refusal::NoRegistrar { domain } => {
                with_details(format!("No registrar is set for {domain}, nor for all domains of its extension"))
            }
            Refusal::RegistrarNotSetUp { registrar } => {
                with_details(format!("Registrar Not Found: this server's settings have no registrars.{registrar}"))
            }
            Refusal::RegistrarBusy => {
                Error::Refused("The registrar is still busy with this domain, please try again later")
            }
            Refusal::RefusedByRegistrar { reason } | Refusal::NoAnswer { reason } => with_details(reason),
            Refusal::NotSupported => Error::Refused(NOT_SUPPORTED),
            Refusal::InvalidIdnLanguage => with_details(format!("{INVALID_IDN_LANGUAGE}{}", IDN_LANGUAGES.join(", "))),
        }
    }
}
