//! Runs a write in a transaction, which is retried if it fails for a passing reason. The caller learns whether the
//! write was committed as a whole, left no trace, or has an unknown outcome.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::{
    Api, MAX_RECONNECT_BACKOFF_MS, RequestState, backoff, fitting_parameters, idempotency, refuse_invalid_value,
};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database;
use crate::database::errors::{Retry, transact};
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::fossbilling::FossBillingCall;
use crate::store;
use crate::store::system::requests::KeptBody;
use crate::wire::{Encoded, Parameters};

/// Number of conflicts with other transactions after which a write fails with `Busy`.
const MAX_CONFLICTS: u32 = 30;
/// Maximum back-off after a conflict, in milliseconds.
const MAX_CONFLICT_BACKOFF_MS: u64 = 100;

impl Api {
    /// Runs a write until an attempt is committed or fails for good.
    pub(super) async fn write(
        &self,
        lease: Lease,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<(Encoded, idempotency::IdempotentRequest)> {
        let identity = identity(entry, request, caller)?;
        let mut lease = Some(lease);
        let mut parameters = Cow::Borrowed(&request.parameters);
        let mut conflicts = 0;
        // There is no limit on attempts: the time limit of the call ends the loop.
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let mut current = match lease.take() {
                Some(lease) => lease,
                None => match Lease::acquire_to_write(&self.hosts).await {
                    Ok(lease) => lease,
                    // A cluster may be electing the servers that stay in it.
                    Err(_) => {
                        sleep(backoff(attempt, MAX_RECONNECT_BACKOFF_MS)?).await;
                        continue;
                    }
                },
            };
            // Half the time limit leaves time to retry on another server if this one hangs.
            let attempts =
                async { transact!(self.attempt(&mut current, entry, &parameters, request, caller, &identity).await) };
            let run = timeout(request.config.time_limit / 2, attempts).await;
            let outcome = run.unwrap_or_else(|_| Err(sqlx::Error::Protocol("an attempt took too long".into()).into()));
            let retry_policy = outcome.as_ref().err().map_or(Retry::Never, retry_policy);
            match (outcome, retry_policy) {
                (Err(error), Retry::SameConnection) => {
                    warn!(%error, action = &*entry.name, attempt, "retrying a write");
                    current.release_clean();
                    conflicts += 1;
                    if conflicts == MAX_CONFLICTS {
                        break;
                    }
                    sleep(backoff(attempt, MAX_CONFLICT_BACKOFF_MS)?).await;
                }
                (Err(error), Retry::NewConnection) => {
                    warn!(%error, action = &*entry.name, attempt, "retrying a write on another connection");
                    if let Error::Database(error) = &error {
                        current.discard(error);
                    }
                    sleep(backoff(attempt, MAX_RECONNECT_BACKOFF_MS)?).await;
                }
                (Err(Error::Database(error)), Retry::Never) if request.is_commit_uncertain.load(Ordering::Relaxed) => {
                    warn!(%error, action = &*entry.name, "it is unknown whether a write was committed");
                    return Err(Error::OutcomeUnknown);
                }
                (Ok(reply), _) => {
                    current.release_clean();
                    return Ok((reply, identity));
                }
                (Err(error), _) => {
                    current.release_clean();
                    match fitting_parameters(&error, entry, &parameters) {
                        Some(fitting) => parameters = Cow::Owned(fitting),
                        None => return Err(refuse_invalid_value(error)),
                    }
                }
            }
        }
        Err(request.time_limit_error())
    }

    /// Runs one transaction: the action, and the request row with its reply. It is committed as a whole or not at all. If the
    /// request is found to be committed already, the stored reply is returned.
    async fn attempt(
        &self,
        lease: &mut Lease,
        entry: &ActionEntry,
        parameters: &Parameters,
        request: &RequestState,
        caller: &Caller,
        identity: &idempotency::IdempotentRequest,
    ) -> Result<Encoded> {
        if !request.begin(lease, identity).await? {
            lease.roll_back().await?;
            return replay(lease, identity, request).await;
        }
        if let Some(guard) = request.guard.get() {
            // If the check fails with an error of the database, the connection may have settings of a rehearsal.
            let check = Box::pin(self.check_guard(guard, lease, entry, parameters, request, caller)).await;
            if let Err(error) = check {
                let _ = lease.roll_back().await;
                return Err(error);
            }
        }
        let call = self.new_call(lease, request, caller, Some(&identity.key));
        let outcome = match entry.run(parameters, &request.encoder, call).await {
            Ok(reply) => request.finish(lease, entry, identity, reply).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(reply) => {
                self.config.borrow().outbox.wake();
                self.events_raised.notify_one();
                Ok(reply)
            }
            Err(error) => {
                // If the rollback fails, the pool closes the connection.
                let _ = lease.roll_back().await;
                Err(error)
            }
        }
    }
}

impl RequestState {
    /// Ensures that the request is not committed yet, and will not be by others before this transaction ends. Returns `false`
    /// if it is.
    async fn begin(&self, lease: &mut Lease, identity: &idempotency::IdempotentRequest) -> Result<bool> {
        self.was_commit_unanswered.fetch_or(self.is_commit_uncertain.load(Ordering::Relaxed), Ordering::Relaxed);
        let is_new = if identity.has_client_key {
            // Another call may have the same key, so the row is inserted first: its key is a lock.
            let begun = store::system::requests::begin(lease, self.row(identity)).await;
            if begun.as_ref().is_err_and(database::errors::is_lock_wait_timeout) {
                lease.roll_back().await?;
                return Err(Error::InProgress);
            }
            begun?
        } else {
            // Nobody else has the key, so only an earlier attempt can have inserted the row.
            !self.was_commit_unanswered.load(Ordering::Relaxed)
                || !store::system::requests::was_committed(lease, &identity.key).await?
        };
        if is_new {
            self.is_commit_uncertain.store(false, Ordering::Relaxed);
        }
        Ok(is_new)
    }

    /// Records the request with its reply, and commits.
    async fn finish(
        &self,
        lease: &mut Lease,
        entry: &ActionEntry,
        identity: &idempotency::IdempotentRequest,
        mut reply: Encoded,
    ) -> Result<Encoded> {
        self.changed_client.store(lease.locked_client().map_or(0, |client| client.0), Ordering::Relaxed);
        self.changed_invoice.store(lease.locked_invoice().map_or(0, |invoice| invoice.0), Ordering::Relaxed);
        // The record includes the answers of modules and registrars, which are not known yet.
        let record = if entry.runs_modules || entry.runs_registrars || entry.gateway_words.is_some() {
            None
        } else {
            Api::record(self, 200, &mut reply, false)
        };
        let log = record.map(|record| self.config.log.encode(&record));
        let whole = reply.body.whole();
        let sealed = match entry.reply_has_secrets() {
            true => Some(identity.sealed(&whole, &self.config.keyring)?),
            false => None,
        };
        let body = sealed.as_deref().map_or(KeptBody::Plain(&whole), KeptBody::Sealed);
        let stored = store::system::requests::Reply { format: reply.format.name(), body, log: log.as_deref() };
        let is_recorded = match identity.has_client_key {
            true => store::system::requests::complete(lease, &identity.key, stored).await?,
            false => match store::system::requests::record(lease, self.row(identity), stored).await {
                // An earlier attempt was committed after all, so the next one looks up its reply.
                Err(error) if database::errors::is_duplicate(&error) => {
                    self.is_commit_uncertain.store(true, Ordering::Relaxed);
                    false
                }
                recorded => recorded?,
            },
        };
        if !is_recorded {
            return Err(Error::Vanished);
        }
        self.commit(lease).await?;
        if log.is_some() {
            self.config.log.wake();
            self.is_logged.store(true, Ordering::Relaxed);
        }
        Ok(reply)
    }

    fn row<'k>(&self, identity: &'k idempotency::IdempotentRequest) -> store::system::requests::NewRequest<'k> {
        let idempotency::IdempotentRequest { key, fingerprint, .. } = identity;
        store::system::requests::NewRequest { key, fingerprint, now: self.now }
    }

    /// Commits, and records that the outcome is uncertain if no answer arrives.
    async fn commit(&self, lease: &mut Lease) -> sqlx::Result<()> {
        let was_uncertain = self.is_commit_uncertain.swap(true, Ordering::Relaxed);
        let committed = lease.commit().await;
        if committed.as_ref().is_err_and(|error| database::errors::retry_policy(error) == Retry::SameConnection) {
            self.is_commit_uncertain.store(was_uncertain, Ordering::Relaxed);
        }
        // Unless the error says that the transaction was rolled back, its outcome is unknown.
        committed.map_err(|error| match database::errors::retry_policy(&error) {
            Retry::Never => sqlx::Error::Protocol(format!("COMMIT failed: {error}")),
            _ => error,
        })
    }
}

/// Returns the stored reply of a request that an earlier attempt, or an earlier call with the same key, has committed.
async fn replay(
    db: &mut MySqlConnection,
    identity: &idempotency::IdempotentRequest,
    request: &RequestState,
) -> Result<Encoded> {
    let committed = store::system::requests::committed(db, &identity.key).await?.ok_or(Error::Vanished)?;
    let reply = identity.stored_reply(committed, &request.config.keyring)?;
    // What this call itself has committed is recorded already.
    request.is_logged.store(request.was_commit_unanswered.load(Ordering::Relaxed), Ordering::Relaxed);
    Ok(reply)
}

/// The request row of a write. The keys of guests are told apart by their sessions, besides their addresses.
fn identity(entry: &ActionEntry, request: &RequestState, caller: &Caller) -> Result<idempotency::IdempotentRequest> {
    let call = request.fossbilling.as_deref();
    if call.is_some_and(FossBillingCall::begins_session) {
        return idempotency::IdempotentRequest::random();
    }
    let scope = match call.and_then(FossBillingCall::guest_session) {
        Some(session) => Cow::Owned(format!("{} session {}", caller.name, session.id)),
        None => Cow::Borrowed(&*caller.name),
    };
    let RequestState { parameters, style, config, .. } = request;
    idempotency::IdempotentRequest::from_parameters(&scope, &entry.name, parameters, *style, &config.keyring)
}

/// Whether and how a failed attempt is retried.
fn retry_policy(error: &Error) -> Retry {
    match error {
        Error::Database(error) => database::errors::retry_policy(error),
        Error::Vanished => Retry::SameConnection,
        _ => Retry::Never,
    }
}
