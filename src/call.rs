//! What an action receives: a connection, who is calling, and what time it is.

use sqlx::MySqlConnection;

use crate::attachments::Attachments;
use crate::auth::failures::Guesses;
use crate::auth::password::Turn;
use crate::config::Compat;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::operations::Context;
use crate::outbox::modules::Modules;
use crate::wire::File;

/// One call of an action. A writing action first reads what it needs through `db`, then turns the call into a
/// [`Writer`], which cannot read: on a cluster, reading after writing has been seen to hide a lost transaction.
pub struct Call<'c> {
    /// For reading.
    pub db: &'c mut MySqlConnection,
    pub author: &'c Author,
    /// The credential's identifier, or the user name of staff.
    pub caller: &'c str,
    pub guesses: &'c Guesses,
    pub now: Moment,
    /// Where the operator chose between two behaviors.
    pub compat: &'c Compat,
    pub modules: &'c Modules,
    /// What was uploaded with the call.
    pub files: &'c [File],
    /// Where files are kept that belong to what it writes.
    pub attachments: &'c Attachments,
    /// Whether mails are sent from here.
    pub sends_mail: bool,
    /// Whether there are tables of our own, which a server that only reads can do without.
    pub has_own_tables: bool,
    /// Had by an action that hashes.
    pub(crate) turn: Option<&'c Turn>,
    /// The row with which a writing call's transaction began.
    pub(crate) key: Option<&'c RequestKey>,
}

impl<'c> Call<'c> {
    /// The turn to hash a password.
    pub fn turn(&self) -> Result<&'c Turn> {
        self.turn.ok_or(Error::Internal("an action that does not declare HASHES wanted to hash".into()))
    }

    /// What an operation works with.
    pub fn context(self) -> Context<'c> {
        Context {
            db: self.db,
            author: self.author,
            now: self.now,
            compat: self.compat,
            modules: self.modules,
            attachments: self.attachments,
            sends_mail: self.sends_mail,
            has_own_tables: self.has_own_tables,
            key: self.key,
        }
    }

    /// Begins the writing part, in which `subject` belongs to this call alone.
    pub async fn write(self, subject: Subject) -> Result<Writer<'c>> {
        Ok(self.context().write(subject).await?)
    }
}
