//! Orders: they are priced, placed with their invoice, and accepted, cancelled or deleted later.
//!
//! [`cart`] is the input; [`place`] prices it and computes the bill. Ordered products become services, for which
//! [`super::services`] is responsible from then on; prices and stock belong to [`super::catalog`].

pub mod accept;
pub mod cart;
pub mod delete;
mod domain_items;
mod fraud;
mod invoice_lines;
mod line_items;
mod mails;
mod order_catalog;
pub mod place;
mod plan;
mod pricing;
pub(super) mod promotion;
pub mod quote;
pub(super) mod record;
pub mod status;

use crate::domain::id::ProductId;
use crate::domain::order::domain_price::DomainPurchase;
use crate::domain::order::options::OptionError;
use crate::domain::order::promotion::CatalogItem;
use crate::operations::domains::registration;
use crate::operations::{self, billing, services};

pub use fraud::{FraudCheck, check_for_fraud};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which an order is not placed or changed.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    ClientNotFound,
    ClientClosed,
    ContactNotFound,
    EmptyCart,
    TooManyItems {
        maximum: usize,
    },

    ProductNotFound(ProductId),
    /// The product is prorated to calendar months or years, which is not supported.
    ProductBilledProRata(ProductId),
    AddonNotFound,
    /// The item allows only a quantity of one.
    QuantityNotAllowed(CatalogItem),
    /// The product is not offered for the billing cycle with this name.
    CycleNotOffered {
        product: ProductId,
        cycle: String,
    },
    /// The item has no price in the client's currency.
    PriceNotFound(CatalogItem),
    InvalidOption {
        product: ProductId,
        reason: OptionError,
    },
    UnknownKindOfOption {
        option: i64,
    },
    CustomFieldNotFound {
        product: ProductId,
        field: i64,
    },
    /// The service to which an addon shall be added does not belong to the client.
    ServiceNotOwned,

    ExtensionNotOffered(String),
    /// A domain addon, such as privacy, is not offered for domains with this extension.
    DomainAddonNotOffered {
        addon: &'static str,
        extension: String,
    },
    PeriodNotOffered {
        domain: String,
        purchase: DomainPurchase,
        years: u32,
    },
    DomainNotOwned,
    DomainNotRenewable {
        status: String,
    },
    /// The client's currency has no exchange rate at which the fee for renewing an expired domain could be converted.
    FeeNotConvertible {
        domain: String,
    },

    /// The sum of prices exceeds the maximum amount of money.
    PricesTooLarge,
    /// The total to pay exceeds the maximum amount of money.
    TotalTooLarge,
    PromotionUsedUp {
        code: String,
    },
    OutOfStock(ProductId),

    OrderNotFound,
    /// There is no order with this id, or its status is not Pending.
    NotPending,
    /// The order's status is neither Cancelled nor Fraud.
    NotFinal,
    /// Ending a subscription at a gateway is not supported.
    SubscriptionNotCancelled,
    ServerNotFound,
    /// The settings have no endpoint that checks orders for fraud.
    NoFraudModule,
    /// That endpoint gave no usable answer, for this reason.
    FraudCheckFailed {
        reason: String,
    },
    /// The payment method or the invoice was rejected.
    Billing(billing::Refusal),
    Service(services::Refusal),
    Registration(registration::Refusal),
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ClientNotFound => "client_not_found",
            Refusal::ClientClosed => "client_closed",
            Refusal::ContactNotFound => "contact_not_found",
            Refusal::EmptyCart => "empty_cart",
            Refusal::TooManyItems { .. } => "too_many_items",
            Refusal::ProductNotFound(_) => "product_id_not_found",
            Refusal::ProductBilledProRata(_) => "product_billed_pro_rata",
            Refusal::AddonNotFound => "addon_not_found",
            Refusal::QuantityNotAllowed(_) => "quantity_not_allowed",
            Refusal::CycleNotOffered { .. } => "billing_cycle_not_available",
            Refusal::PriceNotFound(_) => "price_not_found",
            Refusal::InvalidOption { .. } => "invalid_configoption",
            Refusal::UnknownKindOfOption { .. } => "unknown_kind_of_option",
            Refusal::CustomFieldNotFound { .. } => "custom_field_not_found",
            Refusal::ServiceNotOwned => "service_not_owned",
            Refusal::ExtensionNotOffered(_) => "extension_not_offered",
            Refusal::DomainAddonNotOffered { .. } => "not_offered_for_extension",
            Refusal::PeriodNotOffered { .. } => "period_not_offered",
            Refusal::DomainNotOwned => "domain_not_owned",
            Refusal::DomainNotRenewable { .. } => "domain_status_not_renewable",
            Refusal::FeeNotConvertible { .. } => "fee_not_convertible",
            Refusal::PricesTooLarge => "prices_too_large",
            Refusal::TotalTooLarge => "total_too_large",
            Refusal::PromotionUsedUp { .. } => "promotion_used_up",
            Refusal::OutOfStock(_) => "product_out_of_stock",
            Refusal::OrderNotFound => "order_not_found",
            Refusal::NotPending => "order_not_pending",
            Refusal::NotFinal => "order_not_ended",
            Refusal::SubscriptionNotCancelled => "subscription_not_cancelled",
            Refusal::ServerNotFound => "server_not_found",
            Refusal::NoFraudModule => "no_active_fraud_module",
            Refusal::FraudCheckFailed { .. } => "fraud_check_failed",
            Refusal::Billing(refusal) => refusal.code(),
            Refusal::Service(refusal) => refusal.code(),
            Refusal::Registration(refusal) => refusal.code(),
        }
    }
}

wraps_refusals!(billing::Refusal: Billing, services::Refusal: Service, registration::Refusal: Registration);
