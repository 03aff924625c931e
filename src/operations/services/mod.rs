//! Services: changing what clients have of products, and the commands to provisioning modules about them.
//!
//! Commands are queued here; the outbox sends them to modules after the commit.

pub mod addon;
pub mod cancellation;
pub mod endings;
pub mod modules;
pub mod options;
pub mod passwords;
pub(super) mod recurring;
pub mod update;

use crate::domain::id::ProductId;
use crate::operations::{self, billing};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a service is not changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    ServiceNotFound,
    /// There is no addon of a service with this id.
    AddonNotFound,
    /// There is no addon in the catalog with this id.
    PredefinedAddonNotFound,
    ProductNotFound,
    ServerNotFound,
    PromotionNotFound,
    /// A configurable option has no such choice, or does not allow this quantity.
    InvalidOption {
        option: i64,
    },
    /// The product has no price for the billing cycle in the client's currency.
    CycleNotOffered,
    /// The recurring amount exceeds the maximum amount of money.
    AmountTooLarge,
    OutOfStock(ProductId),
    /// The service's product has no module.
    NoModule,
    /// This server's settings have no URL for the module with this name.
    ModuleNotSetUp {
        module: String,
    },
    /// The module is executing a command of this service.
    ModuleBusy,
    /// There is a request to end the service.
    CancellationRequested,
    /// WHMCS encrypts the passwords of this database, so that this server cannot write one.
    PasswordsOfWhmcs,
    /// The payment method was rejected.
    Billing(billing::Refusal),
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ServiceNotFound => "service_not_found",
            Refusal::PasswordsOfWhmcs => "passwords_of_whmcs",
            Refusal::AddonNotFound => "addon_not_found",
            Refusal::PredefinedAddonNotFound => "predefined_addon_not_found",
            Refusal::ProductNotFound => "product_not_found",
            Refusal::ServerNotFound => "server_not_found",
            Refusal::PromotionNotFound => "promotion_not_found",
            Refusal::InvalidOption { .. } => "invalid_configoption",
            Refusal::CycleNotOffered => "billing_cycle_not_available",
            Refusal::AmountTooLarge => "amount_too_large",
            Refusal::OutOfStock(_) => "product_out_of_stock",
            Refusal::NoModule => "service_has_no_module",
            Refusal::ModuleNotSetUp { .. } => "module_not_found",
            Refusal::ModuleBusy => "module_busy",
            Refusal::CancellationRequested => "already_requested",
            Refusal::Billing(refusal) => refusal.code(),
        }
    }
}

wraps_refusals!(billing::Refusal: Billing);
