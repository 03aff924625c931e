//! Operations: what can be done to the business, whoever asks for it: an action of an API surface, a task of daily
//! automation, a command.
//!
//! An operation takes typed values and returns a typed outcome, or a refusal of its area with a stable code. It runs in
//! its caller's transaction, and reads everything it needs before the first write. Effects outside the database become
//! rows of the outbox. Operations know nothing of HTTP, of how requests and replies are written, of the names of
//! actions, or of the words in which a surface reports a refusal.

/// Lets an area's refusals stand for those of the areas that it calls: each in a variant of its own.
macro_rules! wraps_refusals {
    ($($inner:ty: $variant:ident),+ $(,)?) => {
        $(impl From<crate::operations::OperationError<$inner>> for crate::operations::OperationError<Refusal> {
            fn from(error: crate::operations::OperationError<$inner>) -> Self {
                match error {
                    crate::operations::OperationError::Refused(refusal) => {
                        crate::operations::OperationError::Refused(Refusal::$variant(refusal))
                    }
                    crate::operations::OperationError::Fault(fault) => {
                        crate::operations::OperationError::Fault(fault)
                    }
                }
            }
        })+
    };
}

pub mod authentication;
pub mod billing;
pub mod catalog;
pub mod clients;
pub mod domains;
pub mod modules;
pub mod orders;
pub mod projects;
pub mod quotes;
pub mod renewals;
pub mod services;
pub mod support;
pub mod system;
pub mod upgrades;
pub mod users;
pub mod webhooks;

use std::fmt;

use crate::attachments::Attachments;
use crate::config::{Compat, Settings};
use crate::database::errors::TransactionError;
use crate::database::lease::Lease;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::documents::Renderer;
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::fault::{self, Fault};
use crate::keyring::{Keyring, Passwords};
use crate::outbox::fraud;
use crate::outbox::gateways::{self, Gateways};
use crate::outbox::modules::Modules;
use crate::outbox::registrars::{Questions, Registrars};
use crate::store;
use crate::whois::Whois;

/// What an operation works with: a connection in a transaction, the author, the time and the settings.
pub struct Context<'c> {
    /// The connection, for reading, and for locking what is to change.
    pub db: &'c mut Lease,
    /// Who is recorded as responsible for changes.
    pub author: &'c Author,
    pub now: Moment,
    pub settings: &'c Settings,
    /// The operator's choices between two behaviors.
    pub compat: &'c Compat,
    /// The configured provisioning modules.
    pub modules: &'c Modules,
    /// The configured registrars.
    pub registrars: &'c Registrars,
    /// The questions of the call to registrars.
    pub questions: &'c Questions,
    /// The configured payment gateways.
    pub gateways: &'c Gateways,
    /// The questions of the call to gateways.
    pub gateway_questions: &'c gateways::Questions,
    /// The questions of the call to endpoints that check orders for fraud.
    pub fraud_questions: &'c fraud::Questions,
    /// The operator's keys.
    pub keyring: &'c Keyring,
    /// The storage of attached files.
    pub attachments: &'c Attachments,
    /// What renders documents.
    pub documents: &'c Renderer,
    /// Whether this server sends mails.
    pub sends_mail: bool,
    /// Whether the own tables exist, without which a server can only read.
    pub has_own_tables: bool,
    /// Returns a line for the activity log about how the caller's values were read, if there is one. It is logged before
    /// anything else is written.
    pub take_note: fn() -> Option<String>,
    /// What may be asked outside; set for actions that declare that they ask.
    pub(crate) outside: Option<Outside<'c>>,
    /// Key of the request row with which the transaction began; `None` in a call that must not write.
    pub(crate) key: Option<&'c RequestKey>,
}

/// The machines of others that an operation can ask.
#[derive(Clone, Copy)]
pub struct Outside<'c> {
    pub whois: &'c Whois,
    pub registrars: &'c Registrars,
}

impl<'c> Context<'c> {
    /// Returns the same context for an operation that is a part of this one.
    pub fn reborrow(&mut self) -> Context<'_> {
        Context { db: &mut *self.db, ..*self }
    }

    /// Returns what reads and writes stored passwords of services.
    pub fn passwords(&self) -> Passwords<'c> {
        Passwords::new(self.settings.crypto.mode, self.keyring)
    }

    /// Exchanges the database connection, which returns to the pool, for what can be asked outside: others take seconds to
    /// answer, and a few slow ones must not keep all calls from the database. What is needed of the database is read before;
    /// an error if the call can write, because its transaction would end here.
    pub fn ask_outside(self) -> fault::Result<Outside<'c>> {
        let outside =
            self.outside.ok_or_else(|| Fault::internal("an action asked outside that had not declared it"))?;
        self.db.give_back();
        Ok(outside)
    }

    /// Begins writing, with a lock on `subject` until the transaction ends. Where rows were read and locked before, the
    /// subject was locked before them. A [`Writer`] cannot read: on a cluster, reading after writing has been seen to
    /// hide a lost transaction.
    pub async fn write(self, subject: Subject) -> fault::Result<Writer<'c>> {
        let key = self.key.ok_or_else(|| Fault::internal("an operation tried to write in a read-only call"))?;
        let mut writer = Writer::begin(self.db, self.author, self.now, key, subject).await?;
        if let Some(note) = (self.take_note)() {
            store::system::activity::log(&mut writer, subject.client(), &note).await?;
        }
        Ok(writer)
    }
}

/// An expected error of an area's operations. Nothing was written.
pub trait Refusal: fmt::Debug {
    /// Returns the stable code of the refusal, for programs.
    fn code(&self) -> &'static str;
}

/// The error of an operation.
#[derive(Debug)]
pub enum OperationError<R> {
    /// An expected error: the operation was rejected.
    Refused(R),
    /// An unexpected failure below the operation.
    Fault(Fault),
}

impl<R> TransactionError for OperationError<R> {
    fn of_database(&self) -> Option<&sqlx::Error> {
        match self {
            OperationError::Refused(_) => None,
            OperationError::Fault(fault) => fault.of_database(),
        }
    }
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
