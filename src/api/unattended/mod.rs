//! Operations that no action runs, because others than callers of the API cause them: browsers, gateways, mail servers.
//!
//! Their transactions are run again as those of calls are. Each operation finds by itself whether it was committed before.

mod administering;
mod automation;
mod console;
mod gateway_callbacks;
mod jobs;
mod maintenance;
mod operating;
mod outbox_decisions;
mod received_mail;
mod single_sign_on;
mod statement;
mod tokens;
mod webhooks;

use std::sync::Arc;

use tokio::time::sleep;

use super::idempotency::IdempotentRequest;
use super::{Api, ApiConfig, CallQuestions, MAX_RECONNECT_BACKOFF_MS, backoff};
use crate::attachments::Attachments;
use crate::database::errors::{Retry, is_duplicate, retry_policy, transact};
use crate::database::lease::Lease;
use crate::database::writer::{RequestKey, Subject};
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::Moment;
use crate::error::{Error, Result, refuse_as};
use crate::fault::Fault;
use crate::operations::{Context, OperationError};
use crate::store::authentication::console::{self as console_store, SentForm};
use crate::store::system::requests::{self, KeptBody, NewRequest, Reply};

pub use console::{AcceptedInvitation, ConsoleLogIn, ConsoleSession, NotAccepted, OpenInvitation};
pub use gateway_callbacks::{Callback, CallbackAnswer};
pub use jobs::{DryTask, JOB_IS_ALIVE, NewJob};
pub use operating::{FORM_USED, Operation, Sender};
pub use outbox_decisions::EntryDecision;
pub use single_sign_on::SignIn;
pub use statement::sign;
pub use tokens::{TokenAnswer, TokenForm};
pub use webhooks::{WebhookCommand, WebhookDone};

/// Number of attempts at a transaction that others are in the way of.
const MAX_ATTEMPTS: u32 = 30;

/// What is to be done in a transaction.
pub(super) trait Work: Sync {
    type Done: Send;
    type Refusal: Send;

    /// The form that asks for it, which is used up if and only if the transaction is committed.
    fn form(&self) -> Option<SentForm> {
        None
    }

    fn run(
        &self,
        lease: &mut Lease,
        key: &RequestKey,
    ) -> impl Future<Output = std::result::Result<Self::Done, OperationError<Self::Refusal>>> + Send;
}

impl Api {
    /// Runs a transaction until it is committed, refused, or fails for good. If the answer to a COMMIT gets lost, the request's row
    /// shows whether the transaction was committed.
    pub(super) async fn commit<W: Work>(
        &self,
        work: &W,
        now: Moment,
    ) -> Result<std::result::Result<W::Done, W::Refusal>> {
        let identity = IdempotentRequest::random().map_err(Fault::internal)?;
        let mut unanswered = None;
        let mut attempt = 1;
        loop {
            let error = match Lease::acquire_to_write(&self.hosts).await {
                Ok(mut lease) => {
                    match transact!(commit_once(&mut lease, work, &identity, &mut unanswered, now).await) {
                        Ok(Attempt::Committed(done)) => {
                            lease.release_clean();
                            return Ok(Ok(done));
                        }
                        Ok(Attempt::FormUsed) => {
                            lease.release();
                            match unanswered {
                                None => return refuse_as(FORM_USED, "This form was sent before, and carried out"),
                                Some(_) => Error::Vanished,
                            }
                        }
                        Err(OperationError::Refused(refusal)) => {
                            lease.release();
                            match unanswered {
                                None => return Ok(Err(refusal)),
                                // Its own effect may be what refuses it.
                                Some(_) => Error::Vanished,
                            }
                        }
                        Err(OperationError::Fault(fault)) => {
                            let error = Error::from(fault);
                            match &error {
                                Error::Database(error) => lease.discard(error),
                                _ => lease.release(),
                            }
                            error
                        }
                    }
                }
                Err(fault) => fault.into(),
            };
            let may_succeed = match &error {
                Error::Database(error) => retry_policy(error) != Retry::Never,
                Error::Vanished | Error::Busy => true,
                _ => false,
            };
            if attempt == MAX_ATTEMPTS || !may_succeed {
                return Err(if unanswered.is_some() { Error::OutcomeUnknown } else { error });
            }
            sleep(backoff(attempt, MAX_RECONNECT_BACKOFF_MS)?).await;
            attempt += 1;
        }
    }
}

/// What became of an attempt that was not refused.
enum Attempt<D> {
    Committed(D),
    /// What the form asks for was done before.
    FormUsed,
}

/// Runs a transaction, unless an earlier attempt was committed: one whose COMMIT got no answer, which has left its outcome in
/// `unanswered`.
async fn commit_once<W: Work>(
    lease: &mut Lease,
    work: &W,
    identity: &IdempotentRequest,
    unanswered: &mut Option<W::Done>,
    now: Moment,
) -> std::result::Result<Attempt<W::Done>, OperationError<W::Refusal>> {
    if unanswered.is_some() && requests::was_committed(lease, &identity.key).await? {
        lease.roll_back().await?;
        return unanswered.take().map(Attempt::Committed).ok_or_else(|| Fault::Vanished.into());
    }
    // The lock is what shows at the end whether the database has lost the transaction, and the form with it.
    if let Some(form) = work.form()
        && !console_store::use_form(lease.lock(Subject::Staff).await?, form).await?
    {
        return Ok(Attempt::FormUsed);
    }
    let done = work.run(lease, &identity.key).await?;
    // The last statement of a transaction looks whether the database has lost the transaction.
    let new = NewRequest { key: &identity.key, fingerprint: &identity.fingerprint, now };
    let reply = Reply { format: "json", body: KeptBody::Plain(b"{}"), log: None };
    let is_recorded = match requests::record(lease, new, reply).await {
        // The earlier attempt was committed after all, which the next one finds.
        Err(error) if is_duplicate(&error) => false,
        recorded => recorded?,
    };
    if !is_recorded {
        return Err(Fault::Vanished.into());
    }
    match lease.commit().await {
        Ok(()) => Ok(Attempt::Committed(done)),
        Err(error) if retry_policy(&error) == Retry::SameConnection => Err(error.into()),
        Err(error) => {
            *unanswered = Some(done);
            Err(sqlx::Error::Protocol(format!("COMMIT failed: {error}")).into())
        }
    }
}

/// What an operation needs besides its transaction, for as long as it is attempted.
pub(super) struct Surroundings {
    pub config: Arc<ApiConfig>,
    pub now: Moment,
    pub attachments: Attachments,
    author: Author,
    form: Option<SentForm>,
    questions: CallQuestions,
    has_own_tables: bool,
}

impl Api {
    /// Prepares for work under the name of nobody in `tbladmins`, from an address or none; an error on a server that only reads.
    pub(super) fn surroundings(&self, author: &str, address: String) -> Result<Surroundings> {
        self.surroundings_of(Author { admin: AdminId(0), name: author.to_owned(), address })
    }

    /// Prepares for work in somebody's name; an error on a server that only reads.
    fn surroundings_of(&self, sender: impl Into<Sender>) -> Result<Surroundings> {
        let Sender { author, form } = sender.into();
        if self.is_read_only {
            return Err(Error::ReadOnly);
        }
        let config = self.config();
        Ok(Surroundings {
            attachments: Attachments::new(Arc::clone(&config.attachments)),
            config,
            now: self.clock.now(),
            author,
            form,
            questions: CallQuestions::default(),
            has_own_tables: self.hosts.has_own_tables(),
        })
    }
}

impl Surroundings {
    pub fn context<'c>(&'c self, lease: &'c mut Lease, key: &'c RequestKey) -> Context<'c> {
        Context { key: Some(key), ..self.context_to_read(lease) }
    }

    /// What an operation works with that only reads.
    pub fn context_to_read<'c>(&'c self, lease: &'c mut Lease) -> Context<'c> {
        let config = &self.config;
        Context {
            db: lease,
            author: &self.author,
            now: self.now,
            settings: &config.settings,
            compat: &config.compat,
            modules: &config.modules,
            registrars: &config.registrars,
            questions: &self.questions.registrars,
            gateways: &config.gateways,
            gateway_questions: &self.questions.gateways,
            fraud_questions: &self.questions.fraud,
            keyring: &config.keyring,
            attachments: &self.attachments,
            documents: &config.documents,
            sends_mail: config.outbox.sends_mail(),
            has_own_tables: self.has_own_tables,
            take_note: || None,
            outside: None,
            key: None,
        }
    }
}
