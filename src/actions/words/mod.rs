//! The words in which WHMCS reports what the business rejects: one table for each area of the operations.
//!
//! A table is an implementation of [`Words`] for the area's refusals; with it, `?` turns an operation's error into the
//! caller's.

pub mod clients;

use crate::error::Error;
use crate::operations::{OperationError, Refusal};

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
