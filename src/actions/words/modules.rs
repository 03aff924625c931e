//! Error texts for the refusals of [`crate::operations::modules`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::modules::Refusal;
use crate::operations::{OperationError, Refusal as _};

pub const UNKNOWN_NAME: &str = "Invalid module name provided.";
/// The beginning of the text; the names of all types follow.
pub const UNKNOWN_TYPE: &str = "Invalid module type provided. Supported module types include:";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        match self {
            Refusal::UnknownName => Error::Refused(UNKNOWN_NAME),
            other => Error::Refused(reason(other)),
        }
    }
}

fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownName => UNKNOWN_NAME,
        Refusal::NotSupported => "Not supported by module type.",
        Refusal::AlreadyActive => "Module is already active",
        Refusal::NotActive => "Module is not active",
        Refusal::InUse => "The gateway is in use, and newGateway names none that replaces it",
        Refusal::ReplacementNotActive => "The gateway that newGateway names is not active",
        Refusal::InSettings => "The settings of this server name the registrar, which keeps it active",
        Refusal::SettingsOfWhmcs => "WHMCS encrypts the settings of these modules itself",
        Refusal::NoParameters => "The settings of this server have the parameters of notifications",
    }
}

/// Converts an error of an action: `not_supported` is its text for types without the operation, and its other texts begin
/// with `failed`.
pub fn of_action(error: OperationError<Refusal>, not_supported: &'static str, failed: &str) -> Error {
    match error {
        OperationError::Refused(Refusal::UnknownName) => Error::Refused(UNKNOWN_NAME),
        OperationError::Refused(Refusal::NotSupported) => Error::Refused(not_supported),
        OperationError::Refused(refusal) => {
            Error::RefusedAs { code: refusal.code(), message: format!("{failed} {}", reason(refusal)) }
        }
        error @ OperationError::Fault(_) => error.into(),
    }
}
