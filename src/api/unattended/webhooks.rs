//! Webhooks while a server runs: who listens, and the relay of events.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, warn};

use crate::api::Api;
use crate::outbox::webhooks::relay::{self, LISTENER_INTERVAL, Relayed};

/// Minimum time between two relays: under load, one relay numbers the events of many writes.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

impl Api {
    /// Relays events after writes, and reads who listens every two seconds, until `stopping` is cancelled.
    pub async fn run_webhooks(&self, stopping: CancellationToken) {
        if self.is_read_only {
            return;
        }
        while !stopping.is_cancelled() {
            let relayed = self.relay_events().instrument(debug_span!("webhooks", part = "webhooks")).await;
            if let Err(error) = relayed {
                warn!(%error, "events could not be relayed");
            }
            sleep(MIN_INTERVAL).await;
            let _ = timeout(LISTENER_INTERVAL, async {
                tokio::select! {
                    () = self.events_raised.notified() => {}
                    () = stopping.cancelled() => {}
                }
            })
            .await;
        }
    }

    /// Reads who listens unless that is known, and numbers committed events.
    pub async fn relay_events(&self) -> sqlx::Result<Relayed> {
        relay::renew_listeners(&self.hosts).await?;
        let relayed = relay::run(&self.hosts, &self.clock).await?;
        if relayed.deliveries > 0 {
            self.config().outbox.wake();
        }
        self.last_event.send_if_modified(|last| std::mem::replace(last, relayed.last.max(*last)) < relayed.last);
        Ok(relayed)
    }
}
