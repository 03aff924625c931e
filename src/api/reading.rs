//! The life of a read: it may be run again, and a long reply keeps nobody else waiting.

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
        // Kept until the reply has been made.
        let (lease, place) = self.in_place(lease, entry).await?;
        let read = self.read_again(lease, entry, request, caller);
        match place {
            Some(place) if room::is_long(&place) => {
                // Nobody ends it from outside.
                let left = self.time_limit.saturating_sub(request.start.elapsed());
                beside_others(timeout(left, read)).await.unwrap_or_else(|_| Err(request.out_of_time()))
            }
            _ => read.await,
        }
    }

    /// Waits for room for the reply, of a call that is likely to need it; meanwhile the connection is for others.
    async fn in_place(&self, lease: Lease, entry: &Entry) -> Result<(Lease, Option<Place>)> {
        let Some(kilobytes) = self.room.needed(entry) else { return Ok((lease, None)) };
        if let Some(place) = self.room.try_take(kilobytes) {
            return Ok((lease, Some(place)));
        }
        lease.give_back_at_rest();
        let place = self.room.take(kilobytes).await?;
        Ok((Lease::take(&self.hosts).await?, Some(place)))
    }

    /// Runs it, again where its connection failed.
    async fn read_again(&self, lease: Lease, entry: &Entry, request: &Request, caller: &Caller) -> Result<Encoded> {
        let mut lease = match &self.replica {
            Some(replica) => {
                lease.give_back_at_rest();
                // One that is down is no reason not to answer.
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
                    warn!(%error, action = &*entry.name, attempt, "the database failed a read");
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

/// Does what takes a processor for milliseconds, while another thread goes on with other calls.
async fn beside_others<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}
