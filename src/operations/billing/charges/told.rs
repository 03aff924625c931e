//! What gateways tell by themselves.

use chrono::NaiveDateTime;

use super::Ledger;
use super::book::{Booked, Received};
use crate::database::lease::Lease;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::time::Moment;
use crate::operations::Result;
use crate::operations::billing::Refusal;
use crate::outbox::gateways::Told;
use crate::store;
use crate::store::billing::charges;

/// What became of a payment, or of the news of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Paid,
    /// The payment has been made known before.
    Known,
    /// The gateway will tell whether it is paid.
    Pending,
    /// It will not be paid.
    Declined,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Paid => "Booked",
            Outcome::Known => "Already Booked",
            Outcome::Pending => "Pending",
            Outcome::Declined => "Declined",
        }
    }
}

/// A payment that a gateway tells of.
#[derive(Debug, Clone)]
pub struct ToldPayment {
    pub gateway: String,
    pub invoice: InvoiceId,
    /// By default, what is left to pay.
    pub amount: Option<Money>,
    pub fee: Money,
    /// The gateway's id of the payment, by which it is booked once.
    pub transaction: String,
    pub outcome: Outcome,
    pub at: NaiveDateTime,
    /// What was told, for the log, without secrets.
    pub log: String,
}

impl Ledger {
    /// Books what a gateway tells of a payment, in a transaction that the caller ends with a proof of its lock.
    pub async fn book_told(&self, db: &mut Lease, told: &ToldPayment, by: &Author, now: Moment) -> Result<Outcome, Refusal> {
        let client = store::billing::invoices::client(db, told.invoice).await?.ok_or(Refusal::InvoiceNotFound)?;
        db.lock(Subject::Client(client)).await?;
        let outcome = match told.outcome {
            Outcome::Pending => {
                self.set_status(db, told.invoice, Status::Unpaid, Status::PaymentPending, by, now).await?;
                Outcome::Pending
            }
            Outcome::Declined => {
                self.set_status(db, told.invoice, Status::PaymentPending, Status::Unpaid, by, now).await?;
                Outcome::Declined
            }
            Outcome::Paid | Outcome::Known => {
                let answer = Told { transaction: told.transaction.clone(), fee: told.fee, ..Told::default() };
                let (gateway, at) = (&*told.gateway, told.at);
                let received =
                    Received { client, invoice: told.invoice, gateway, amount: told.amount, told: &answer, at };
                match self.book_received(db, received, by, now).await? {
                    Booked::Now => Outcome::Paid,
                    Booked::Before => Outcome::Known,
                    Booked::Nothing => return Err(Refusal::NothingToPay.into()),
                }
            }
        };
        let mut tx = Writer::resume(db, by, now, Subject::Client(client)).await?;
        if matches!(outcome, Outcome::Paid | Outcome::Known) {
            charges::resolve(&mut tx, told.invoice, &told.gateway, &told.transaction).await?;
        }
        charges::log(&mut tx, &told.gateway, &told.log, outcome.name()).await?;
        Ok(outcome)
    }
}
