//! Runs a read: retries it if the connection fails, and keeps large replies from delaying other calls.

use std::borrow::Cow;
use std::sync::atomic::Ordering;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::memory_budget::{self, MemoryPermit};
use super::{Api, MAX_RECONNECT_BACKOFF_MS, RequestState, backoff, fitting_parameters, refuse_invalid_value};
use crate::actions::ActionEntry;
use crate::auth::Caller;
use crate::database;
use crate::database::errors::Retry;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::wire::Encoded;

const MAX_ATTEMPTS: u32 = 3;

impl Api {
    pub(super) async fn read(
        &self,
        lease: Lease,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        // The memory permit is held until the reply has been encoded.
        let (lease, permit) = self.acquire_memory(lease, entry).await?;
        // Boxed, because it would otherwise be in the future of a call several times.
        let read = Box::pin(self.read_with_retries(lease, entry, request, caller));
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
        Ok((Lease::acquire(&self.hosts).await?, Some(permit)))
    }

    /// Runs the action, and retries it on another connection if the connection fails.
    async fn read_with_retries(
        &self,
        lease: Lease,
        entry: &ActionEntry,
        request: &RequestState,
        caller: &Caller,
    ) -> Result<Encoded> {
        let mut lease = match &self.replica {
            Some(replica) => {
                lease.release_clean();
                // If the replica is down, the main database is used.
                match Lease::acquire(replica).await {
                    Ok(lease) => lease,
                    Err(_) => Lease::acquire(&self.hosts).await?,
                }
            }
            None => lease,
        };
        let mut parameters = Cow::Borrowed(&request.parameters);
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let call = self.new_call(&mut lease, request, caller, None);
            let run = entry.run(&parameters, &request.encoder, call);
            let run = timeout(request.config.time_limit / 2, run).await;
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
}

/// Runs work that blocks for milliseconds while another thread continues with other calls.
async fn run_blocking<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}
