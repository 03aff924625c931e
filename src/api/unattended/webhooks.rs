//! Webhooks while a server runs: who listens, the relay of events, readers that wait for events, and what operators do with endpoints.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, warn};

use super::super::{Api, ApiRequest, ApiResponse};
use super::{Surroundings, Work};
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::error::Result;
use crate::observability::api_log::Origin;
use crate::operations;
use crate::operations::webhooks::{self, NewWebhook, Refusal, Replay, WebhookUpdate};
use crate::outbox::webhooks::relay::{self, LISTENER_INTERVAL, Relayed};

/// Minimum time between two relays: under load, one relay numbers the events of many writes.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// How long a reader waits for an event at most.
const MAX_WAIT: Duration = Duration::from_secs(25);
/// How often a reader that waits looks whether the server stops, and at most looks for events.
const WAIT_STEP: Duration = Duration::from_secs(1);

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

impl Api {
    /// Runs `GetEvents`. If there is no event, it is run again once there is one, for as many seconds as `wait` says. Only callers
    /// who may run it wait.
    pub async fn wait_for_events(self: &Arc<Self>, request: ApiRequest, origin: Origin) -> ApiResponse {
        let mut request = request;
        let wait = request.parameters.values.shift_remove("wait");
        let wait = wait.and_then(|wait| wait.as_str()?.trim().parse().ok()).map_or(MAX_WAIT, Duration::from_secs);
        let mut last = self.last_event.subscribe();
        let ends_at = Instant::now() + wait.min(MAX_WAIT);
        let mut is_first = true;
        loop {
            let (action, parameters) = (request.action.clone(), request.parameters.clone());
            let mut again = ApiRequest {
                token: request.token.clone(),
                ..ApiRequest::new(action, parameters, request.style, request.hidden.clone())
            };
            last.mark_unchanged();
            let asked_at = Instant::now();
            let response = self.handle(request, origin.clone()).await;
            let next = next_without_events(&response);
            let Some(next) = next.filter(|_| Instant::now() < ends_at) else { return response };
            // What nobody wants who waits here is not looked at again.
            again.parameters.values.insert("after".to_owned(), next.to_string().into());
            loop {
                let step = WAIT_STEP.min(ends_at.saturating_duration_since(Instant::now()));
                if step.is_zero() || self.is_draining() {
                    return response;
                }
                if timeout(step, last.changed()).await.is_ok() {
                    break;
                }
            }
            // Under load, many events that are not wanted come each second.
            let looks_at = if is_first { asked_at } else { asked_at + WAIT_STEP };
            sleep_until(looks_at.min(ends_at)).await;
            is_first = false;
            request = again;
        }
    }

    /// Does what an operator asks for.
    pub async fn manage_webhooks(&self, command: WebhookCommand) -> Result<std::result::Result<WebhookDone, Refusal>> {
        let surroundings = self.surroundings("System", String::new())?;
        let now = surroundings.now;
        self.commit(&Managing { surroundings, command }, now).await
    }
}

/// After which number to look next, if this is a reply of `GetEvents` without an event.
fn next_without_events(response: &ApiResponse) -> Option<i64> {
    if response.status != 200 {
        return None;
    }
    let reply: serde_json::Value = serde_json::from_slice(&response.reply.body.whole()).ok()?;
    (reply["numreturned"] == 0).then(|| reply["nextafter"].as_i64())?
}

/// What an operator does with endpoints.
#[derive(Debug, Clone)]
pub enum WebhookCommand {
    Create { kind: &'static str, url: String, events: String, description: String },
    Rotate { id: i64, hours: u32 },
    Enable { id: i64, enables: bool },
    Delete { id: i64 },
    Test { id: i64 },
    Replay { id: i64, which: Replay },
}

/// What was done.
#[derive(Debug)]
pub enum WebhookDone {
    Created { id: i64, secret: String },
    Rotated { secret: String },
    Replayed { events: u64 },
    Done,
}

struct Managing {
    surroundings: Surroundings,
    command: WebhookCommand,
}

impl Work for Managing {
    type Done = WebhookDone;
    type Refusal = Refusal;

    async fn run(&self, lease: &mut Lease, key: &RequestKey) -> operations::Result<WebhookDone, Refusal> {
        let context = self.surroundings.context(lease, key);
        match self.command.clone() {
            WebhookCommand::Create { kind, url, events, description } => {
                let new = NewWebhook { kind: kind.to_owned(), url, events, description };
                let created = webhooks::create(context, new).await?;
                Ok(WebhookDone::Created { id: created.id, secret: created.secret })
            }
            WebhookCommand::Rotate { id, hours } => {
                let update = WebhookUpdate { rotates: Some(hours), ..WebhookUpdate::default() };
                let secret = webhooks::update(context, id, update).await?.unwrap_or_default();
                Ok(WebhookDone::Rotated { secret })
            }
            WebhookCommand::Enable { id, enables } => {
                let update = WebhookUpdate { enables: Some(enables), ..WebhookUpdate::default() };
                webhooks::update(context, id, update).await.map(|_| WebhookDone::Done)
            }
            WebhookCommand::Delete { id } => webhooks::delete(context, id).await.map(|()| WebhookDone::Done),
            WebhookCommand::Test { id } => webhooks::test(context, id).await.map(|()| WebhookDone::Done),
            WebhookCommand::Replay { id, which } => {
                Ok(WebhookDone::Replayed { events: webhooks::replay(context, id, which).await? })
            }
        }
    }
}
