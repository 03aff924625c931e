//! `Call`: what an action receives besides its parameters.

use crate::attachments::Attachments;
use crate::auth::Caller;
use crate::auth::failures::PasswordFailures;
use crate::auth::password::HashingPermit;
use crate::auth::sessions::CallSession;
use crate::config::{Compat, Settings};
use crate::database::lease::Lease;
use crate::database::writer::{RequestKey, Subject, Writer};
use crate::documents::Renderer;
use crate::domain::Author;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::keyring::Keyring;
use crate::operations::{Context, Outside};
use crate::outbox::fraud;
use crate::outbox::gateways::{self, Gateways};
use crate::outbox::modules::Modules;
use crate::outbox::registrars::{Questions, Registrars};
use crate::param::reading;
use crate::wire::File;

/// One call of an action. A write first reads what it needs through `db`, and locks it before it relies on it; then it turns
/// the call into a [`Writer`], which cannot read: on a cluster, reading after writing has been seen to hide a lost
/// transaction.
pub struct Call<'c> {
    /// The connection, for reading, and for locking what is to change.
    pub db: &'c mut Lease,
    pub author: &'c Author,
    /// The credential's identifier, or the user name of a member of staff.
    pub caller: &'c str,
    /// Who calls, with what they may call.
    pub rights: &'c Caller,
    /// The session, if the API surface has sessions.
    pub session: Option<&'c CallSession>,
    pub password_failures: &'c PasswordFailures,
    pub now: Moment,
    pub settings: &'c Settings,
    /// The operator's choices between two behaviors.
    pub compat: &'c Compat,
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
    /// The files of a multipart form.
    pub files: &'c [File],
    /// The storage of attached files.
    pub attachments: &'c Attachments,
    /// What renders documents.
    pub documents: &'c Renderer,
    /// Whether this caller gets passwords and other secrets. Only set for actions that tell some.
    pub tells_secrets: bool,
    /// Whether this server sends mails.
    pub sends_mail: bool,
    /// Number of records of the API log that this server has lost.
    pub lost_records: u64,
    /// Whether the own tables exist, without which a server can only read.
    pub has_own_tables: bool,
    /// The hashing permit; set for actions that hash passwords.
    pub(crate) hashing_permit: Option<&'c HashingPermit>,
    /// What may be asked outside; set for actions that ask.
    pub(crate) outside: Option<Outside<'c>>,
    /// Key of a write's request row; `None` for a read.
    pub(crate) key: Option<&'c RequestKey>,
}

impl<'c> Call<'c> {
    /// Returns the hashing permit; an error for actions that did not declare that they hash passwords.
    pub fn hashing_permit(&self) -> Result<&'c HashingPermit> {
        self.hashing_permit.ok_or(Error::Internal("an action without a hashing permit tried to hash a password".into()))
    }

    /// Converts the call into what an operation works with.
    pub fn context(self) -> Context<'c> {
        Context {
            db: self.db,
            author: self.author,
            now: self.now,
            settings: self.settings,
            compat: self.compat,
            modules: self.modules,
            registrars: self.registrars,
            questions: self.questions,
            gateways: self.gateways,
            gateway_questions: self.gateway_questions,
            fraud_questions: self.fraud_questions,
            keyring: self.keyring,
            attachments: self.attachments,
            documents: self.documents,
            sends_mail: self.sends_mail,
            has_own_tables: self.has_own_tables,
            take_note: reading::take_roundings,
            outside: self.outside,
            key: self.key,
        }
    }

    /// Begins writing, with a lock on `subject` until the transaction ends.
    pub async fn write(self, subject: Subject) -> Result<Writer<'c>> {
        Ok(self.context().write(subject).await?)
    }
}
