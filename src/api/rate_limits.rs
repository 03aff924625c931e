//! Applies rate limits to calls, and exchanges their counts with other servers in the background.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, info, warn};

use super::{Api, FINAL_WRITE_TIMEOUT, RequestState};
use crate::auth::Caller;
use crate::auth::rate_limits::WindowUsage;
use crate::database::lease::Lease;
use crate::error::{Error, Result};

/// Interval between two exchanges of counts while callers with rate limits make calls.
const EXCHANGE_INTERVAL: Duration = Duration::from_millis(500);
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);

impl Api {
    /// Counts the call if the caller has a rate limit, and rejects it if that is exhausted.
    pub(super) async fn count_call(&self, mut lease: Lease, caller: &Caller, request: &RequestState) -> Result<Lease> {
        let (limits, now) = (caller.limits.or(request.config.call_limits), request.now.utc());
        if limits.is_unlimited() {
            return Ok(lease);
        }
        if self.rate_limits.must_load(caller.id)
            && let Err(error) = self.rate_limits.load(caller.id, now, &mut lease).await
        {
            warn!(%error, "counts of calls could not be read, so a rate limit is counted anew");
            lease.discard(&error);
            lease = Lease::acquire_for(self.commits(request), &self.hosts).await?;
        }
        let (is_accepted, usage) = self.rate_limits.count(caller.id, limits, now);
        let _ = request.usage.set(usage);
        match usage.tightest() {
            Some(WindowUsage { window, limit, reset_seconds, .. }) if !is_accepted => {
                lease.release_clean();
                Err(Error::RateLimited { limit, window: window.name(), seconds: reset_seconds })
            }
            _ => Ok(lease),
        }
    }

    /// Exchanges the counts of calls with other servers until `stopping` is cancelled, and then once more, so that none is
    /// lost.
    pub async fn run_count_exchange(&self, stopping: CancellationToken) {
        let exchanges = async {
            let mut has_failed = false;
            loop {
                self.rate_limits.until_counted().await;
                sleep(EXCHANGE_INTERVAL).await;
                match timeout(EXCHANGE_TIMEOUT, self.exchange_counts()).await {
                    Ok(Ok(())) if has_failed => {
                        has_failed = false;
                        info!("counts of calls are exchanged with other servers again");
                    }
                    Ok(Ok(())) => {}
                    failure if !has_failed => {
                        has_failed = true;
                        warn!(
                            ?failure,
                            "counts of calls are not exchanged: until then this server applies rate limits by itself"
                        );
                    }
                    _ => {}
                }
            }
        };
        tokio::select! {
            () = exchanges.instrument(debug_span!("call_counts", part = "call_counts")) => {}
            () = stopping.cancelled() => {}
        }
        let _ = timeout(FINAL_WRITE_TIMEOUT, self.exchange_counts()).await;
    }

    /// Stores the counts of calls of this server, and reads those of others.
    pub async fn exchange_counts(&self) -> sqlx::Result<()> {
        self.rate_limits.exchange(self.clock.now().utc(), &self.hosts).await
    }
}
