//! Money that moves through gateways: charges of invoices, refunds of payments, and what gateways tell by themselves.
//!
//! A command is queued in the transaction of a call, and sent by the outbox. What became of it is booked here ([`Ledger`]), in
//! the same way as all payments are.

mod book;
mod capture;
mod notice;
mod refund;

pub use book::Ledger;
pub use capture::capture;
pub use notice::{Outcome, PaymentNotice};
pub use refund::{LockedRefund, RefundRequest, RefundWay, lock_refund, refund};
