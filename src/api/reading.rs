//! Runs a read: retries it if the connection fails, and keeps large replies from delaying other calls.

use std::sync::atomic::Ordering;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::room::{self, Place};
use super::{Api, LONG_PAUSE, Request, blame_value, pause_after};
use crate::actions::Entry;
use crate::auth::Caller;
use crate::database;
use crate::database::errors::Remedy;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::wire::Encoded;

const ATTEMPTS: u32 = 3;

impl Api {
    pub(super) async fn read(
        &self,
        lease: Lease,
        entry: &Entry,
        request: &Request,
        caller: &Caller,
    ) -> Result<Encoded> {
        // The memory permit is held until the reply has been encoded.
        let (lease, place) = self.in_place(lease, entry).await?;
        let read = self.read_again(lease, entry, request, caller);
        match place {
            Some(place) if room::is_long(&place) => {
                // The outer time limit cannot interrupt blocking work.
                let left = self.time_limit.saturating_sub(request.start.elapsed());
                beside_others(timeout(left, read)).await.unwrap_or_else(|_| Err(request.out_of_time()))
            }
            _ => read.await,
        }
    }

    /// Acquires memory for the reply if the action usually needs it; the database connection is released while waiting.
    async fn in_place(&self, lease: Lease, entry: &Entry) -> Result<(Lease, Option<Place>)> {
        let Some(kilobytes) = self.room.needed(entry) else { return Ok((lease, None)) };
        if let Some(place) = self.room.try_take(kilobytes) {
            return Ok((lease, Some(place)));
        }
        lease.give_back_at_rest();
        let place = self.room.take(kilobytes).await?;
        Ok((Lease::take(&self.hosts).await?, Some(place)))
    }

    /// Runs the action, and retries it on another connection if the connection fails.
    async fn read_again(&self, lease: Lease, entry: &Entry, request: &Request, caller: &Caller) -> Result<Encoded> {
        let mut lease = match &self.replica {
            Some(replica) => {
                lease.give_back_at_rest();
                // If the replica is down, the main database is used.
                match Lease::take(replica).await {
                    Ok(lease) => lease,
                    Err(_) => Lease::take(&self.hosts).await?,
                }
            }
            None => lease,
        };
        for attempt in 1.. {
            request.attempts.store(attempt, Ordering::Relaxed);
            let call = self.call(&mut lease, request, caller, None);
            let run = entry.run(&request.parameters, &request.encoder, call);
            let run = timeout(self.time_limit / 2, run).await;
            match run.unwrap_or_else(|_| Err(sqlx::Error::Protocol("a read took too long".into()).into())) {
                Err(Error::Database(error)) if database::errors::remedy(&error) != Remedy::None => {
                    warn!(%error, action = &*entry.name, attempt, "a read failed");
                    lease.failed(&error);
                    if attempt == ATTEMPTS {
                        break;
                    }
                    sleep(pause_after(8 * attempt, LONG_PAUSE)?).await;
                    lease = Lease::take(&self.hosts).await?;
                }
                Err(Error::Database(error)) => {
                    lease.give_back();
                    return Err(blame_value(error.into()));
                }
                outcome => {
                    lease.give_back_at_rest();
                    return outcome;
                }
            }
        }
        Err(Error::Busy)
    }
}

/// Runs work that blocks for milliseconds while another thread continues with other calls.
async fn beside_others<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}
