//! What fails below an operation, and is nobody's request to mend: the database, the machine, the program.
//!
//! [`crate::store`], [`crate::database`], [`crate::outbox`] and [`crate::operations`] know this error only. What a caller
//! reads of it, and with which HTTP status, is [`crate::error`]'s.

use std::borrow::Cow;
use std::fmt::Display;

pub type Result<T, E = Fault> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database, or something else with a limit, was too contended or did not answer in time; nothing was changed.
    #[error("the server is busy")]
    Busy,
    /// The transaction was gone before its end, although no statement said so: it has to be run again.
    #[error("the database dropped a transaction without telling")]
    Vanished,
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A fault of the program or of its machine, for the log.
    #[error("{0}")]
    Internal(Cow<'static, str>),
}

impl Fault {
    /// A fault of the program or of its machine.
    pub fn internal(what: impl Display) -> Fault {
        Fault::Internal(what.to_string().into())
    }
}
