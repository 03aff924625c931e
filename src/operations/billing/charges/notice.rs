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
use crate::outbox::gateways::Receipt;
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
pub struct PaymentNotice {
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
    pub async fn book_notice(
        &self,
        db: &mut Lease,
        notice: &PaymentNotice,
        by: &Author,
        now: Moment,
    ) -> Result<Outcome, Refusal> {
        let client = store::billing::invoices::client(db, notice.invoice).await?.ok_or(Refusal::InvoiceNotFound)?;
        db.lock(Subject::Client(client)).await?;
        let outcome = match notice.outcome {
            // It is about a payment that another one has followed.
            Outcome::Pending | Outcome::Declined
                if charges::is_other_pending(db, notice.invoice, &notice.gateway, &notice.transaction).await? =>
            {
                notice.outcome
            }
            Outcome::Pending => {
                self.pending(db, notice.invoice, notice.amount, by, now).await?;
                Outcome::Pending
            }
            Outcome::Declined => {
                let (from, to) = (Status::PaymentPending, Status::Unpaid);
                if self.set_status(db, notice.invoice, from, to, by, now).await? {
                    self.tell_declined(db, notice.invoice, notice.amount, by, now).await?;
                }
                Outcome::Declined
            }
            Outcome::Paid | Outcome::Known => {
                let answer = Receipt { transaction: notice.transaction.clone(), fee: notice.fee, ..Receipt::default() };
                let (gateway, at) = (&*notice.gateway, notice.at);
                let received = Received {
                    client,
                    invoice: notice.invoice,
                    gateway,
                    amount: notice.amount,
                    receipt: &answer,
                    at,
                    is_charge: false,
                };
                match self.book_received(db, received, by, now).await? {
                    Booked::Now => Outcome::Paid,
                    Booked::Before => Outcome::Known,
                    Booked::Nothing => return Err(Refusal::NothingToPay.into()),
                }
            }
        };
        let mut tx = Writer::resume(db, by, now, Subject::Client(client)).await?;
        let PaymentNotice { invoice, ref gateway, ref transaction, .. } = *notice;
        match outcome {
            Outcome::Paid => {
                charges::end_pending(&mut tx, invoice, gateway, transaction, "succeeded").await?;
                charges::resolve(&mut tx, invoice, gateway, transaction, notice.amount).await?;
            }
            Outcome::Known => {
                charges::end_pending(&mut tx, invoice, gateway, transaction, "succeeded").await?;
            }
            Outcome::Declined => {
                // It may tell before its answer that it will tell is recorded.
                let was_pending = charges::end_pending(&mut tx, invoice, gateway, transaction, "failed").await?;
                charges::keep_declined(&mut tx, (client, invoice), gateway, transaction, !was_pending).await?;
            }
            Outcome::Pending => {
                charges::keep_declined(&mut tx, (client, invoice), gateway, transaction, false).await?;
            }
        }
        charges::log(&mut tx, &notice.gateway, &notice.log, outcome.name()).await?;
        Ok(outcome)
    }
}
