//! Runs a read: retries it if the connection fails, and keeps large replies from delaying other calls. Replies that several
//! callers may get are in [`super::shared_read`].

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::memory_budget::{self, MemoryPermit};
use super::request::ReadCall;
use super::shared_read::SharedCall;
use super::{Api, MAX_RECONNECT_BACKOFF_MS, backoff, fitting_parameters, refuse_invalid_value};
use crate::actions::ActionEntry;
use crate::database;
use crate::database::errors::Retry;
use crate::database::fingerprint::{Fingerprint, FingerprintQuery};
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::wire::{Encoded, Parameters};

const MAX_ATTEMPTS: u32 = 3;

impl Api {
    pub(super) async fn read(&self, lease: Lease, call: ReadCall<'_>) -> Result<Encoded> {
        let ReadCall { entry, request, .. } = call;
        let config = &request.config;
        if let Some(query) = entry.fingerprint(&request.parameters, &config.compat, request.now)?
            && let Some(key) = config.replies.key(&entry.name, request.encoder.choice_name(), &query)
        {
            return self.read_shared(lease, SharedCall { call, query, key }).await;
        }
        self.read_alone(lease, call).await
    }

    /// Answers a call with a reply that is made for it alone.
    pub(super) async fn read_alone(&self, lease: Lease, call: ReadCall<'_>) -> Result<Encoded> {
        let lease = self.lease_to_read(lease).await?;
        Ok(self.make_reply(lease, call, None).await?.0)
    }

    /// Makes a reply. With a query, it is one for several callers, and its rows are read in one snapshot together with
    /// their fingerprint. If the database gives no snapshot, there is no fingerprint.
    pub(super) async fn make_reply(
        &self,
        lease: Lease,
        call: ReadCall<'_>,
        query: Option<&FingerprintQuery>,
    ) -> Result<(Encoded, Option<Fingerprint>)> {
        let ReadCall { entry, request, .. } = call;
        // The memory permit is held until the reply has been encoded.
        let (lease, permit) = self.acquire_memory(lease, entry).await?;
        // Boxed, because it would otherwise be in the future of a call several times.
        let read = Box::pin(self.read_with_retries(lease, call, query));
        match permit {
            Some(permit) if memory_budget::is_long_running(&permit) => {
                // The outer time limit cannot interrupt blocking work.
                let left = request.config.time_limit.saturating_sub(request.start.elapsed());
                run_blocking(timeout(left, read)).await.unwrap_or_else(|_| Err(request.time_limit_error()))
            }
            _ => read.await,
        }
    }

    /// Acquires memory for the reply if the action usually needs it; the database connection is released while waiting.
    async fn acquire_memory(&self, lease: Lease, entry: &ActionEntry) -> Result<(Lease, Option<MemoryPermit>)> {
        let Some(kilobytes) = self.memory_budget.estimated_kilobytes(entry) else { return Ok((lease, None)) };
        if let Some(permit) = self.memory_budget.try_acquire(kilobytes) {
            return Ok((lease, Some(permit)));
        }
        lease.release_clean();
        let permit = self.memory_budget.acquire(kilobytes).await?;
        Ok((self.new_lease_to_read().await?, Some(permit)))
    }

    /// Returns a connection to the replica, if there is one, in place of the one that authentication used.
    pub(super) async fn lease_to_read(&self, lease: Lease) -> Result<Lease> {
        match &self.replica {
            Some(_) => {
                lease.release_clean();
                self.new_lease_to_read().await
            }
            None => Ok(lease),
        }
    }

    /// Acquires a connection to the replica, or to the main database if there is no replica or it is down.
    pub(super) async fn new_lease_to_read(&self) -> Result<Lease> {
        if let Some(replica) = &self.replica
            && let Ok(lease) = Lease::acquire(replica).await
        {
            return Ok(lease);
        }
        Ok(Lease::acquire(&self.hosts).await?)
    }

    /// Runs the action, and retries it on another connection if the connection fails.
    async fn read_with_retries(
        &self,
        mut lease: Lease,
        call: ReadCall<'_>,
        query: Option<&FingerprintQuery>,
    ) -> Result<(Encoded, Option<Fingerprint>)> {
        let ReadCall { entry, request, .. } = call;
        let mut parameters = Cow::Borrowed(&request.parameters);
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let run = self.run_read(&mut lease, call, &parameters, query);
            // Half the time limit leaves time to retry on another server if this one hangs. Who asks others gets all of it.
            let limit = if entry.asks_outside { request.config.time_limit } else { request.config.time_limit / 2 };
            let run = timeout(limit, run).await;
            match run.unwrap_or_else(|_| Err(sqlx::Error::Protocol("a read took too long".into()).into())) {
                Err(Error::Database(error)) if database::errors::retry_policy(&error) != Retry::Never => {
                    warn!(%error, action = &*entry.name, attempt, "a read failed");
                    lease.discard(&error);
                    if attempt >= MAX_ATTEMPTS {
                        break;
                    }
                    sleep(backoff(8 * attempt, MAX_RECONNECT_BACKOFF_MS)?).await;
                    lease = Lease::acquire(&self.hosts).await?;
                }
                Err(error) if let Some(fitting) = fitting_parameters(&error, entry, &parameters) => {
                    parameters = Cow::Owned(fitting);
                }
                Err(Error::Database(error)) => {
                    lease.release();
                    return Err(refuse_invalid_value(error.into()));
                }
                outcome => {
                    lease.release_clean();
                    return outcome;
                }
            }
        }
        Err(Error::Busy)
    }

    async fn run_read(
        &self,
        lease: &mut Lease,
        call: ReadCall<'_>,
        parameters: &Parameters,
        query: Option<&FingerprintQuery>,
    ) -> Result<(Encoded, Option<Fingerprint>)> {
        let ReadCall { entry, request, caller } = call;
        let Some(query) = query else {
            let call = self.new_call(lease, request, caller, None);
            return Ok((entry.run(parameters, &request.encoder, call).await?, None));
        };
        let has_snapshot = match lease.begin_snapshot().await {
            Err(error) if database::errors::retry_policy(&error) == Retry::Never => {
                warn!(%error, action = &*entry.name, "the database gives no snapshot, so replies are not kept in memory");
                false
            }
            begun => begun.map(|()| true)?,
        };
        let encoder = request.encoder.for_several();
        let run = entry.run(parameters, &encoder, self.new_call(lease, request, caller, None)).await;
        let read = match run {
            Ok(reply) if !has_snapshot => Ok((reply, None)),
            Ok(reply) => match query.read(lease).await {
                Ok(fingerprint) => Ok((reply, fingerprint)),
                Err(error) if database::errors::retry_policy(&error) == Retry::Never => Ok((reply, None)),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error),
        };
        // Nothing was written. If this fails, the connection is closed.
        lease.roll_back().await?;
        read
    }
}

/// Runs work that blocks for milliseconds while another thread continues with other calls.
pub(super) async fn run_blocking<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}
