//! Runs a write in a transaction: it is committed as a whole, retried, or leaves no trace, and the caller is told
//! which.

use std::sync::atomic::Ordering;

use sqlx::MySqlConnection;
use sqlx::mysql::MySql;
use tokio::time::{sleep, timeout};
use tracing::{Instrument, debug_span, warn};

use super::{Api, LONG_PAUSE, Request, blame_value, idempotency, pause_after};
use crate::actions::Entry;
use crate::auth::Caller;
use crate::database;
use crate::database::errors::Remedy;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::store;
use crate::wire::{Encoded, Format};

/// Number of conflicts with other transactions after which a write fails with `Busy`.
const ATTEMPTS: u32 = 30;
/// Maximum back-off after a conflict, in milliseconds.
const SHORT_PAUSE: u64 = 100;

impl Api {
    /// Runs a write until an attempt is committed or fails for good.
    pub(super) async fn write(
        &self,
        lease: Lease,
        entry: &Entry,
        request: &Request,
        caller: &Caller,
    ) -> Result<(Encoded, idempotency::Request)> {
        let identity = idempotency::Request::of(&caller.name, &entry.name, &request.parameters, request.manner)?;
        let mut lease = Some(lease);
        let mut conflicts = 0;
        // Until the outer time limit ends it.
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let mut current = match lease.take() {
                Some(lease) => lease,
                None => match Lease::take(&self.hosts).await {
                    Ok(lease) => lease,
                    // A cluster may be electing the servers that stay in it.
                    Err(_) => {
                        sleep(pause_after(attempt, LONG_PAUSE)?).await;
                        continue;
                    }
                },
            };
            // Half the time limit leaves time to retry on another server if this one hangs.
            let run = timeout(self.time_limit / 2, self.attempt(&mut current, entry, request, caller, &identity)).await;
            let outcome = run.unwrap_or_else(|_| Err(sqlx::Error::Protocol("an attempt took too long".into()).into()));
            let remedy = outcome.as_ref().err().map_or(Remedy::None, remedy);
            match (outcome, remedy) {
                (Err(error), Remedy::RunAgain) => {
                    warn!(%error, action = &*entry.name, attempt, "retrying a write");
                    current.give_back();
                    conflicts += 1;
                    if conflicts == ATTEMPTS {
                        break;
                    }
                    sleep(pause_after(attempt, SHORT_PAUSE)?).await;
                }
                (Err(error), Remedy::Reconnect) => {
                    warn!(%error, action = &*entry.name, attempt, "retrying a write on another connection");
                    if let Error::Database(error) = &error {
                        current.failed(error);
                    }
                    sleep(pause_after(attempt, LONG_PAUSE)?).await;
                }
                (Err(Error::Database(error)), Remedy::None) if request.in_doubt.load(Ordering::Relaxed) => {
                    warn!(%error, action = &*entry.name, "it is unknown whether a write was committed");
                    return Err(Error::Unfinished);
                }
                (Ok(reply), _) => {
                    current.give_back_at_rest();
                    return Ok((reply, identity));
                }
                (Err(error), _) => {
                    current.give_back();
                    return Err(error);
                }
            }
        }
        Err(request.out_of_time())
    }

    /// Runs one transaction: inserts the request row, runs the action, and stores the reply in the request row. All of
    /// it is committed or nothing. If the request row exists already, the stored reply is returned.
    async fn attempt(
        &self,
        lease: &mut Lease,
        entry: &Entry,
        request: &Request,
        caller: &Caller,
        identity: &idempotency::Request,
    ) -> Result<Encoded> {
        let key = &identity.key;
        let mut transaction = lease.begin_to_write().await?;
        match store::system::requests::begin(&mut transaction, key, &identity.fingerprint, request.now).await {
            // The row did not exist, so no earlier attempt was committed.
            Ok(true) => request.in_doubt.store(false, Ordering::Relaxed),
            Ok(false) => {
                transaction.rollback().await?;
                return replay(lease, identity, request).await;
            }
            Err(error) if identity.is_shared && database::errors::is_lock_wait_timeout(&error) => {
                transaction.rollback().await?;
                return Err(Error::InProgress);
            }
            Err(error) => return Err(error.into()),
        }
        let call = self.call(&mut transaction, request, caller, Some(key));
        let outcome = entry.run(&request.parameters, &request.encoder, call).await;
        let mut is_logged = false;
        let outcome = match outcome {
            Ok(mut reply) => {
                // The record includes the modules' answers, which are not known yet.
                if !entry.asks_modules
                    && let Some(record) = self.record(request, 200, &mut reply, false)
                {
                    let span = debug_span!("log", part = "log");
                    store::system::api_log::insert(&mut transaction, &record).instrument(span).await?;
                    is_logged = true;
                }
                let is_there =
                    store::system::requests::complete(&mut transaction, key, reply.format.name(), &reply.body.whole())
                        .await?;
                if is_there { Ok(reply) } else { Err(Error::Vanished) }
            }
            outcome => outcome.map_err(blame_value),
        };
        match outcome {
            Ok(reply) => {
                request.commit(transaction).await?;
                self.outbox.wake();
                request.is_logged.store(is_logged, Ordering::Relaxed);
                Ok(reply)
            }
            Err(error) => {
                // If the rollback fails, the pool closes the connection.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}

impl Request {
    /// Commits, and records that the outcome is uncertain if no answer arrives.
    async fn commit(&self, transaction: sqlx::Transaction<'_, MySql>) -> sqlx::Result<()> {
        let was_in_doubt = self.in_doubt.swap(true, Ordering::Relaxed);
        let committed = transaction.commit().await;
        if committed.as_ref().is_err_and(|error| database::errors::remedy(error) == Remedy::RunAgain) {
            self.in_doubt.store(was_in_doubt, Ordering::Relaxed);
        }
        // Unless the error says that the transaction was rolled back, its outcome is unknown.
        committed.map_err(|error| match database::errors::remedy(&error) {
            Remedy::None => sqlx::Error::Protocol(format!("COMMIT failed: {error}")),
            _ => error,
        })
    }
}

/// Returns the stored reply of a request that an earlier attempt, or an earlier call with the same key, has committed.
async fn replay(db: &mut MySqlConnection, identity: &idempotency::Request, request: &Request) -> Result<Encoded> {
    let committed = store::system::requests::committed(db, &identity.key).await?.ok_or(Error::Vanished)?;
    if committed.fingerprint != identity.fingerprint {
        return Err(Error::KeyReused);
    }
    request.is_logged.store(request.in_doubt.load(Ordering::Relaxed), Ordering::Relaxed);
    let format = Format::parse(&committed.format).unwrap_or(Format::Json);
    Ok(Encoded { format, body: committed.reply.into(), log: "(replayed)".to_owned() })
}

/// Whether and how a failed attempt is retried.
fn remedy(error: &Error) -> Remedy {
    match error {
        Error::Database(error) => database::errors::remedy(error),
        Error::Vanished => Remedy::RunAgain,
        _ => Remedy::None,
    }
}
