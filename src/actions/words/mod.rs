//! The words in which WHMCS reports what the business rejects: one table for each area of the operations.
//!
//! A table is an implementation of [`Words`] for the area's refusals; with it, `?` turns an operation's error into the
//! caller's.
//!
//! What is rejected, and why, is never decided here.

pub mod billing;
pub mod catalog;
pub mod clients;
pub mod orders;
pub mod services;
pub mod support;
pub mod system;

use crate::error::Error;
use crate::operations::{OperationError, Refusal};

pub const NO_AMOUNT: &str = "No Amount Provided";
pub const NOT_AN_AMOUNT: &str = "Amount must be in decimal format: ### or ###.##";
pub const NOT_A_DATE: &str = "Date Format is not Valid";

/// A refusal that has words in this API surface.
pub trait Words: Refusal {
    /// The documented text where there is one.
    fn error(self) -> Error;
}

impl<R: Words> From<OperationError<R>> for Error {
    fn from(error: OperationError<R>) -> Self {
        match error {
            OperationError::Refused(refusal) => refusal.error(),
            OperationError::Fault(fault) => fault.into(),
        }
    }
}

/// The caller's error, with other words for this refusal: WHMCS does not spell it alike in all actions.
pub fn respelled<R: Words + PartialEq>(error: OperationError<R>, refusal: &R, words: &'static str) -> Error {
    match error {
        OperationError::Refused(refused) if refused == *refusal => Error::Refused(words),
        error => error.into(),
    }
}
