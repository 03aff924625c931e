//! WHMCS's error texts for the refusals of operations: one table for each area.
//!
//! A table is an implementation of [`ErrorText`] for the refusals of an area. It lets `?` turn an operation's error into an
//! [`Error`] of this API surface.
//!
//! What is rejected, and why, is never decided here.

pub mod authentication;
pub mod billing;
pub mod catalog;
pub mod clients;
pub mod domains;
pub mod modules;
pub mod orders;
pub mod payments;
pub mod projects;
pub mod quotes;
pub mod registration;
pub mod services;
pub mod support;
pub mod system;
pub mod upgrades;
pub mod users;
pub mod webhooks;

use crate::error::Error;
use crate::operations::{OperationError, Refusal};

pub const NO_AMOUNT: &str = "No Amount Provided";
pub const NOT_AN_AMOUNT: &str = "Amount must be in decimal format: ### or ###.##";
pub const NOT_A_DATE: &str = "Date Format is not Valid";

/// A refusal that has an error text in this API surface.
pub trait ErrorText: Refusal {
    /// Returns the error of this API surface, with the documented text if there is one.
    fn error(self) -> Error;
}

impl<R: ErrorText> From<OperationError<R>> for Error {
    fn from(error: OperationError<R>) -> Self {
        match error {
            OperationError::Refused(refusal) => refusal.error(),
            OperationError::Fault(fault) => fault.into(),
        }
    }
}

/// Converts an operation's error, with another text for this refusal: WHMCS's texts differ between actions.
pub fn with_text<R: ErrorText + PartialEq>(error: OperationError<R>, refusal: &R, words: &'static str) -> Error {
    match error {
        OperationError::Refused(refused) if refused == *refusal => Error::Refused(words),
        error => error.into(),
    }
}
