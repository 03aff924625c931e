//! What can be done to the business, whoever asks for it: an action of an API surface, a task of daily automation, a command.
//!
//! An operation takes typed values and returns a typed outcome, or an error of its area with a stable code. It reads what it
//! needs first and writes then, in the transaction of whoever calls it. What it does outside the database is a row in the
//! outbox. It knows nothing of HTTP, of how requests and replies are written, of the names of actions, or of the words in
//! which a surface reports a refusal.

pub mod billing;
pub mod catalog;
pub mod clients;
pub mod orders;
pub mod services;
pub mod support;
pub mod system;

use std::fmt;

use sqlx::MySqlConnection;

use crate::attachments::Attachments;
use crate::config::Compat;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::outbox::modules::Modules;

/// What an operation works with: a connection within a transaction, on whose behalf it works, and what time it is.
pub struct Context<'c> {
    /// For reading.
    pub db: &'c mut MySqlConnection,
    /// On whose behalf things are done.
    pub author: &'c Author,
    pub now: Moment,
    /// Where the operator chose between two behaviors.
    pub compat: &'c Compat,
    /// The provisioning modules that are set up.
    pub modules: &'c Modules,
    /// Where files are kept that belong to what is written.
    pub attachments: &'c Attachments,
    /// Whether mails are sent from here.
    pub sends_mail: bool,
    /// Whether there are tables of our own, which a server that only reads can do without.
    pub has_own_tables: bool,
    /// The row with which the transaction began; `None` where nothing may be written.
    pub(crate) key: Option<&'c RequestKey>,
}

impl<'c> Context<'c> {
    /// Begins the writing part, in which `subject` belongs to this transaction alone. A [`Writer`] cannot read: on a cluster,
    /// reading after writing has been seen to hide a lost transaction.
    pub async fn write(self, subject: Subject) -> fault::Result<Writer<'c>> {
        let key = self.key.ok_or_else(|| Fault::internal("an operation wanted to write in a call that only reads"))?;
        let writer = Writer::begin(self.db, self.author, self.now, key, subject).await?;
        writer.ok_or(Fault::Vanished)
    }
}

/// Why an area of the business rejects a request. Nothing was written.
pub trait Refusal: fmt::Debug {
    /// Names the reason, for programs. It never changes.
    fn code(&self) -> &'static str;
}

/// Why an operation did not happen.
#[derive(Debug)]
pub enum OperationError<R> {
    /// The business rejects it.
    Refused(R),
    /// Something below failed.
    Fault(Fault),
}

pub type Result<T, R> = std::result::Result<T, OperationError<R>>;

impl<R: Refusal> From<R> for OperationError<R> {
    fn from(refusal: R) -> Self {
        OperationError::Refused(refusal)
    }
}

impl<R> From<Fault> for OperationError<R> {
    fn from(fault: Fault) -> Self {
        OperationError::Fault(fault)
    }
}

impl<R> From<sqlx::Error> for OperationError<R> {
    fn from(error: sqlx::Error) -> Self {
        OperationError::Fault(error.into())
    }
}
