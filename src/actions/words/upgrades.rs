//! Error texts for the refusals of [`crate::operations::upgrades`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::upgrades::Refusal;

pub const IN_PROGRESS: &str = "Unable to accept upgrade order. Previous upgrade invoice for service is still unpaid.";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        match self {
            Refusal::InProgress => Error::Refused(IN_PROGRESS),
            Refusal::NothingChanges => Error::Refused("The service has all of these configoptions already"),
            Refusal::Service(refusal) => refusal.error(),
            Refusal::Billing(refusal) => refusal.error(),
            Refusal::Order(refusal) => refusal.error(),
        }
    }
}
