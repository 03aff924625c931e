//! Runs a write in a transaction, which is retried if it fails for a passing reason. The caller learns whether the
//! write was committed as a whole, left no trace, or has an unknown outcome.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use sqlx::MySqlConnection;
use tokio::time::{sleep, timeout};
use tracing::{Instrument, debug_span, warn};

use super::{
    Api, MAX_RECONNECT_BACKOFF_MS, RequestState, backoff, fitting_parameters, idempotency, refuse_invalid_value,
};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database;
use crate::database::errors::Retry;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::store;
use crate::wire::{Encoded, Format, Parameters};

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
        let identity = idempotency::IdempotentRequest::from_parameters(
            &caller.name,
            &entry.name,
            &request.parameters,
            request.style,
        )?;
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
            let attempt_at = self.attempt(&mut current, entry, &parameters, request, caller, &identity);
            let run = timeout(request.config.time_limit / 2, attempt_at).await;
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

    /// Runs one transaction: inserts the request row, runs the action, and stores the reply in the request row. The
    /// transaction is committed as a whole or not at all. If the request row exists already, the stored reply is
    /// returned.
    async fn attempt(
        &self,
        lease: &mut Lease,
        entry: &ActionEntry,
        parameters: &Parameters,
        request: &RequestState,
        caller: &Caller,
        identity: &idempotency::IdempotentRequest,
    ) -> Result<Encoded> {
        let key = &identity.key;
        lease.prepare().await?;
        match store::system::requests::begin(lease, key, &identity.fingerprint, request.now).await {
            // The row did not exist, so no earlier attempt was committed.
            Ok(true) => request.is_commit_uncertain.store(false, Ordering::Relaxed),
            Ok(false) => {
                lease.roll_back().await?;
                return replay(lease, identity, request).await;
            }
            Err(error) if identity.has_client_key && database::errors::is_lock_wait_timeout(&error) => {
                lease.roll_back().await?;
                return Err(Error::InProgress);
            }
            Err(error) => return Err(error.into()),
        }
        let call = self.new_call(lease, request, caller, Some(key));
        let outcome = entry.run(parameters, &request.encoder, call).await;
        let mut is_logged = false;
        let outcome = match outcome {
            Ok(mut reply) => {
                // The record includes the modules' answers, which are not known yet.
                if !entry.runs_modules
                    && let Some(record) = Api::record(request, 200, &mut reply, false)
                {
                    let span = debug_span!("log", part = "log");
                    store::system::api_log::insert(lease, &record).instrument(span).await?;
                    is_logged = true;
                }
                let row_exists =
                    store::system::requests::complete(lease, key, reply.format.name(), &reply.body.whole()).await?;
                if row_exists { Ok(reply) } else { Err(Error::Vanished) }
            }
            Err(error) => Err(error),
        };
        match outcome {
            Ok(reply) => {
                request.commit(lease).await?;
                self.config.borrow().outbox.wake();
                request.is_logged.store(is_logged, Ordering::Relaxed);
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
    if committed.fingerprint != identity.fingerprint {
        return Err(Error::KeyReused);
    }
    request.is_logged.store(request.is_commit_uncertain.load(Ordering::Relaxed), Ordering::Relaxed);
    let format = Format::parse(&committed.format).unwrap_or(Format::Json);
    Ok(Encoded { format, body: committed.reply.into(), log: "(replayed)".to_owned() })
}

/// Whether and how a failed attempt is retried.
fn retry_policy(error: &Error) -> Retry {
    match error {
        Error::Database(error) => database::errors::retry_policy(error),
        Error::Vanished => Retry::SameConnection,
        _ => Retry::Never,
    }
}
