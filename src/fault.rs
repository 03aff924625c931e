//! Faults: unexpected failures below an operation, of the database, the machine or the program. No change to the
//! request can mend them.
//!
//! [`crate::store`], [`crate::database`], [`crate::outbox`] and [`crate::operations`] know this error type only. What a
//! caller reads of it, and with which HTTP status, is decided in [`crate::error`].

use std::borrow::Cow;
use std::fmt::Display;

pub type Result<T, E = Fault> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database, or another limited resource, was too contended or did not answer in time; nothing was changed.
    #[error("the server is busy")]
    Busy,
    /// The transaction was lost before its end, although no statement failed: it has to be run again.
    #[error("the database lost a transaction without an error")]
    Vanished,
    /// The call needs an answer from elsewhere, for which it waits without a database connection, and then runs again.
    #[error("an answer from elsewhere is needed")]
    AnswerNeeded,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A failure of the program or of its machine, described for the log.
    #[error("{0}")]
    Internal(Cow<'static, str>),
}

impl Fault {
    /// Builds an internal fault from a description.
    pub fn internal(what: impl Display) -> Fault {
        Fault::Internal(what.to_string().into())
    }
}
