//! Error texts for the refusals of [`crate::operations::orders`].

use super::ErrorText;
use super::clients::{CLIENT_NOT_FOUND, CONTACT_NOT_FOUND};
use super::services::{ADDON_INVALID, SERVER_NOT_FOUND};
use crate::actions::words::NOT_AN_AMOUNT;
use crate::domain::order::domain_price::DomainPurchase;
use crate::domain::order::promotion::CatalogItem;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::orders::Refusal;

pub const SERVICE_NOT_OWNED: &str = "Service ID not owned by Client ID provided";
pub const ORDER_NOT_FOUND: &str = "Order ID Not Found";
pub const NOT_PENDING: &str = "Order ID not found or Status not Pending";
pub const SUBSCRIPTION_NOT_CANCELLED: &str =
    "Subscription Cancellation Failed - Please check the gateway log for further information";
pub const CLIENT_CLOSED: &str = "Unable to add order when client status is Closed";
pub const DOMAIN_NOT_OWNED: &str = "Domain not owned by Client ID provided";
pub const EMPTY_CART: &str = "No items added to cart so order cannot proceed";
pub const NO_FRAUD_MODULE: &str = "No Active Fraud Module";
pub const NOT_FINAL: &str = "The order status must be in Cancelled or Fraud to be deleted";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::ClientNotFound => Error::Refused(CLIENT_NOT_FOUND),
            Refusal::ClientClosed => Error::Refused(CLIENT_CLOSED),
            Refusal::ContactNotFound => Error::Refused(CONTACT_NOT_FOUND),
            Refusal::EmptyCart => Error::Refused(EMPTY_CART),
            Refusal::TooManyItems { maximum } => with_details(format!("An order can have at most {maximum} items")),
            Refusal::ProductNotFound(id) => with_details(format!("Product ID Not Found: {id}")),
            Refusal::ProductBilledProRata(id) => {
                with_details(format!("Product ID {id} is billed pro rata, which this server cannot work out"))
            }
            Refusal::AddonNotFound => Error::Refused(ADDON_INVALID),
            Refusal::QuantityNotAllowed(item) => {
                with_details(format!("{} cannot be ordered more than once at a time", name_of(&item)))
            }
            Refusal::CycleNotOffered { product, cycle } => {
                with_details(format!("Product ID {product} is not available with the billing cycle {cycle}"))
            }
            Refusal::PriceNotFound(item) => {
                with_details(format!("{} has no price in the client's currency", name_of(&item)))
            }
            Refusal::InvalidOption { product, reason } => with_details(format!("Product ID {product} {reason}")),
            Refusal::UnknownKindOfOption { option } => {
                with_details(format!("Configurable option {option} is of a kind that this server does not know"))
            }
            Refusal::CustomFieldNotFound { product, field } => {
                with_details(format!("Product ID {product} has no custom field {field}"))
            }
            Refusal::ServiceNotOwned => Error::Refused(SERVICE_NOT_OWNED),
            Refusal::ExtensionNotOffered(extension) => {
                with_details(format!("The extension {extension} is not offered"))
            }
            Refusal::DomainAddonNotOffered { addon, extension } => {
                with_details(format!("{addon} is not offered for the extension {extension}"))
            }
            Refusal::PeriodNotOffered { domain, purchase, years } => {
                with_details(format!("Domain {domain} cannot be {} for {years} year(s)", participle(purchase)))
            }
            Refusal::DomainNotOwned => Error::Refused(DOMAIN_NOT_OWNED),
            Refusal::DomainNotRenewable { status } => {
                with_details(format!("Domain status is set to '{status}' and cannot be renewed"))
            }
            Refusal::FeeNotConvertible { domain } => {
                with_details(format!("The fee for renewing {domain} cannot be converted to the client's currency"))
            }
            Refusal::PricesTooLarge => Error::Refused("The prices add up to more than an amount of money can be"),
            Refusal::TotalTooLarge => Error::Refused(NOT_AN_AMOUNT),
            Refusal::PromotionUsedUp { code } => {
                with_details(format!("Promotion Code {code} has been used as often as it may be"))
            }
            Refusal::OutOfStock(product) => with_details(format!("Product ID {product} is out of stock")),
            Refusal::OrderNotFound => Error::Refused(ORDER_NOT_FOUND),
            Refusal::NotPending => Error::Refused(NOT_PENDING),
            Refusal::NotFinal => Error::Refused(NOT_FINAL),
            Refusal::SubscriptionNotCancelled => Error::Refused(SUBSCRIPTION_NOT_CANCELLED),
            Refusal::ServerNotFound => Error::Refused(SERVER_NOT_FOUND),
            Refusal::NoFraudModule => Error::Refused(NO_FRAUD_MODULE),
            Refusal::FraudCheckFailed { reason } => with_details(reason),
            Refusal::Billing(refusal) => refusal.error(),
            Refusal::Service(refusal) => refusal.error(),
            Refusal::Registration(refusal) => refusal.error(),
        }
    }
}

fn name_of(item: &CatalogItem) -> String {
    match item {
        CatalogItem::Product(id) => format!("Product ID {id}"),
        CatalogItem::Addon(id) => format!("Addon ID {id}"),
        CatalogItem::Domain(extension) => format!("The extension .{extension}"),
        CatalogItem::Fee => "A fee".to_owned(),
    }
}

fn participle(purchase: DomainPurchase) -> &'static str {
    match purchase {
        DomainPurchase::Registration => "registered",
        DomainPurchase::Transfer => "transferred",
        DomainPurchase::Renewal => "renewed",
    }
}
