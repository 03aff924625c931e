//! Error texts for the refusals of [`crate::operations::services`].

use super::ErrorText;
use super::catalog::PROMOTION_NOT_FOUND;
use crate::actions::words::NOT_AN_AMOUNT;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::services::Refusal;

pub const SERVICE_NOT_FOUND: &str = "Service ID Not Found";
pub const PRODUCT_NOT_FOUND: &str = "Product ID Not Found";
pub const NO_MODULE: &str = "Service not assigned to a module";
pub const SERVER_NOT_FOUND: &str = "Server ID Not Found";
pub const ADDON_NOT_FOUND: &str = "Addon ID Not Found";
pub const ADDON_INVALID: &str = "Addon ID invalid";
pub const PASSWORDS_OF_WHMCS: &str =
    "Passwords in this database are encrypted by WHMCS, and this server cannot write one (crypto.mode)";
pub const CANCELLATION_REQUESTED: &str = "Existing Cancellation Request Exists";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::ServiceNotFound => Error::Refused(SERVICE_NOT_FOUND),
            Refusal::AddonNotFound => Error::Refused(ADDON_NOT_FOUND),
            Refusal::PredefinedAddonNotFound => Error::Refused(ADDON_INVALID),
            Refusal::ProductNotFound => Error::Refused(PRODUCT_NOT_FOUND),
            Refusal::ServerNotFound => Error::Refused(SERVER_NOT_FOUND),
            Refusal::PromotionNotFound => Error::Refused(PROMOTION_NOT_FOUND),
            Refusal::Billing(refusal) => refusal.error(),
            Refusal::PasswordsOfWhmcs => Error::Refused(PASSWORDS_OF_WHMCS),
            Refusal::InvalidOption { option } => {
                with_details(format!("configoptions: option {option} cannot be set to this"))
            }
            Refusal::CycleNotOffered => {
                Error::Refused("The product is not offered for this billing cycle in the client's currency")
            }
            Refusal::AmountTooLarge => Error::Refused(NOT_AN_AMOUNT),
            Refusal::OutOfStock(product) => with_details(format!("Product ID {product} is out of stock")),
            Refusal::NoModule => Error::Refused(NO_MODULE),
            Refusal::ModuleNotSetUp { module } => {
                with_details(format!("Module Not Found: this server's settings have no modules.{module}"))
            }
            Refusal::CancellationRequested => Error::Refused(CANCELLATION_REQUESTED),
            Refusal::ModuleBusy => Error::Refused("The module is still busy with this service, please try again"),
        }
    }
}
