//! The books, as commands to gateways change them.

use super::Receipt;
use crate::database::lease::Lease;
use crate::domain::Author;
use crate::domain::money::Money;
use crate::domain::time::Moment;
use crate::fault::{Fault, Result};
use crate::store::billing::charges::Charge;

/// What becomes of money in the books. Operations implement it: an outbox knows no rules of the business.
pub trait Books: Send + Sync + 'static {
    /// Returns what is to be charged or refunded now, in a transaction of its own which fixes that amount; `None` if nothing
    /// is to be.
    fn fix_amount(
        &self,
        db: &mut Lease,
        charge: &Charge,
        by: &Author,
        now: Moment,
    ) -> impl Future<Output = Result<Option<Money>>> + Send;

    /// Books what a gateway has answered, in the transaction that records it, and returns what the command has come to: the
    /// gateway may have told more by itself meanwhile.
    fn book(
        &self,
        db: &mut Lease,
        charge: &Charge,
        charged: &Charged,
        by: &Author,
        now: Moment,
    ) -> impl Future<Output = Result<Settled>> + Send;
}

/// What a command has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Succeeded,
    /// The gateway will tell.
    Pending,
    Failed,
}

/// Commands are retried and dropped by operators without any books.
impl Books for () {
    async fn fix_amount(&self, _: &mut Lease, _: &Charge, _: &Author, _: Moment) -> Result<Option<Money>> {
        Ok(None)
    }

    async fn book(&self, _: &mut Lease, _: &Charge, _: &Charged, _: &Author, _: Moment) -> Result<Settled> {
        Err(Fault::internal("there are no books"))
    }
}

/// What a gateway has done.
#[derive(Debug, Clone)]
pub enum Charged {
    /// It has charged or refunded.
    Done(Receipt),
    /// It will tell whether it does.
    Pending(Receipt),
    /// It has not, and does not.
    Declined,
}
