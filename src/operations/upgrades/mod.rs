//! Upgrades: changes of services to other products, cycles and choices of options, paid for the rest of the current term.
//!
//! An upgrade is priced, and then placed: as an order with an invoice, whose payment carries it out
//! ([`super::billing`]). One that costs nothing is carried out at once.

mod place;
mod price;
mod promotion;

use sqlx::MySqlConnection;

use crate::operations::services::update::LockedService;
use crate::operations::{self, billing, orders, services};
use crate::store;

pub use place::{PlacedUpgrade, place};
pub use price::{Change, OptionChange, PricedUpgrade, UpgradePromotion, Wanted, price};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a service is not upgraded.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The invoice of an earlier upgrade of the service is not paid yet.
    InProgress,
    /// The service has all the choices already.
    NothingChanges,
    Service(services::Refusal),
    Billing(billing::Refusal),
    Order(orders::Refusal),
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::InProgress => "upgrade_already_in_progress",
            Refusal::NothingChanges => "nothing_to_upgrade",
            Refusal::Service(refusal) => refusal.code(),
            Refusal::Billing(refusal) => refusal.code(),
            Refusal::Order(refusal) => refusal.code(),
        }
    }
}

wraps_refusals!(services::Refusal: Service, billing::Refusal: Billing, orders::Refusal: Order);

impl From<services::Refusal> for Refusal {
    fn from(refusal: services::Refusal) -> Self {
        Refusal::Service(refusal)
    }
}

/// Whether an upgrade of a service waits for the payment of its invoice.
pub async fn is_in_progress(db: &mut MySqlConnection, service: &LockedService) -> sqlx::Result<bool> {
    store::sales::upgrades::is_in_progress(db, service.stored().id).await
}
