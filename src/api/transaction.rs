//! The life of a write's transaction: it is committed whole, run again, or has left no trace; and nobody is told otherwise.

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

/// How often a write may collide with others before its caller is told to come again.
const ATTEMPTS: u32 = 30;
/// How many milliseconds there are at most between two attempts after a collision.
const SHORT_PAUSE: u64 = 100;

impl Api {
    /// Runs a write as often as it takes for one attempt to be committed whole, or to fail for good.
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
        // As long as there is time; that ends it from outside.
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let mut current = match lease.take() {
                Some(lease) => lease,
                None => match Lease::take(&self.hosts).await {
                    Ok(lease) => lease,
                    // The servers may be about to agree on which of them goes on.
                    Err(_) => {
                        sleep(pause_after(attempt, LONG_PAUSE)?).await;
                        continue;
                    }
                },
            };
            // A server that hangs leaves time to ask another one.
            let run = timeout(self.time_limit / 2, self.attempt(&mut current, entry, request, caller, &identity)).await;
            let outcome = run.unwrap_or_else(|_| Err(sqlx::Error::Protocol("an attempt took too long".into()).into()));
            let remedy = outcome.as_ref().err().map_or(Remedy::None, remedy);
            match (outcome, remedy) {
                (Err(error), Remedy::RunAgain) => {
                    warn!(%error, action = &*entry.name, attempt, "a write is run again");
                    current.give_back();
                    conflicts += 1;
                    if conflicts == ATTEMPTS {
                        break;
                    }
                    sleep(pause_after(attempt, SHORT_PAUSE)?).await;
                }
                (Err(error), Remedy::Reconnect) => {
                    warn!(%error, action = &*entry.name, attempt, "a write is run again on another connection");
                    if let Error::Database(error) = &error {
                        current.failed(error);
                    }
                    sleep(pause_after(attempt, LONG_PAUSE)?).await;
                }
                (Err(Error::Database(error)), Remedy::None) if request.in_doubt.load(Ordering::Relaxed) => {
                    warn!(%error, action = &*entry.name, "nobody knows whether a write was committed");
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

    /// One transaction: it begins with the call's own row and ends with its reply there, and between are what the action
    /// read and wrote. Either all of it is committed, or nothing; and if it was before, it is not done again.
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
            // So no earlier attempt was committed.
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
                // What modules will say is not known yet, and belongs to the record.
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
                // A connection that cannot even roll back is thrown away by the pool.
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}

impl Request {
    /// Commits, and keeps in mind that it may have happened when no answer comes.
    async fn commit(&self, transaction: sqlx::Transaction<'_, MySql>) -> sqlx::Result<()> {
        let was_in_doubt = self.in_doubt.swap(true, Ordering::Relaxed);
        let committed = transaction.commit().await;
        if committed.as_ref().is_err_and(|error| database::errors::remedy(error) == Remedy::RunAgain) {
            self.in_doubt.store(was_in_doubt, Ordering::Relaxed);
        }
        // Whatever it says: unless it says that it was rolled back, nobody knows.
        committed.map_err(|error| match database::errors::remedy(&error) {
            Remedy::None => sqlx::Error::Protocol(format!("COMMIT failed: {error}")),
            _ => error,
        })
    }
}

/// The reply to a request that was committed before, by an earlier attempt or by an earlier call with the same key.
async fn replay(db: &mut MySqlConnection, identity: &idempotency::Request, request: &Request) -> Result<Encoded> {
    let committed = store::system::requests::committed(db, &identity.key).await?.ok_or(Error::Vanished)?;
    if committed.fingerprint != identity.fingerprint {
        return Err(Error::KeyReused);
    }
    request.is_logged.store(request.in_doubt.load(Ordering::Relaxed), Ordering::Relaxed);
    let format = Format::parse(&committed.format).unwrap_or(Format::Json);
    Ok(Encoded { format, body: committed.reply.into(), log: "(replayed)".to_owned() })
}

/// What can be done about a failed attempt.
fn remedy(error: &Error) -> Remedy {
    match error {
        Error::Database(error) => database::errors::remedy(error),
        Error::Vanished => Remedy::RunAgain,
        _ => Remedy::None,
    }
}
