//! The metrics of the API.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::timeout;

use super::{Api, RequestState};
use crate::actions::Catalogue;
use crate::config::Settings;
use crate::database::Access;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::observability::metrics::{self, Connections, FinishedCall, Metrics, Snapshot};
use crate::observability::recent_calls::RecentCalls;
use crate::observability::traces;
use crate::store::system::queue_lengths::{self, QueueLengths};

/// Time limit for reading queue lengths from the database.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);

/// Creates the metrics of a server with these settings and databases.
pub(super) fn new_metrics<'h>(
    settings: &Settings,
    catalogue: &Catalogue,
    all_hosts: impl Iterator<Item = &'h Arc<Hosts>>,
) -> Metrics {
    let actions = catalogue.iter().map(|entry| entry.name.clone());
    let metrics = Metrics::new(settings.limits.calls, settings.limits.connections, actions);
    for hosts in all_hosts {
        hosts.count_waits(metrics.waits(hosts.purpose()));
    }
    metrics
}

impl Api {
    /// Counts a call that has ended, records its outcome in its trace, and returns the outcome.
    pub(super) fn record_outcome(&self, request: &RequestState, error: Option<&Error>) -> &'static str {
        let entry = request.entry.as_deref();
        let attempts = request.attempts.load(Ordering::Relaxed);
        let answer = request.answer().filter(|_| error.is_none());
        let outcome = answer.map_or_else(
            || metrics::outcome(error),
            |answer| metrics::outcome_of_answer(answer.status, answer.is_error()),
        );
        let passed = request.passed.is_some().then_some(metrics::PASSED_ACTION);
        let is_session = request.agent.as_ref().is_some_and(|step| !step.calls_action());
        let instead = passed.or(is_session.then_some(metrics::SESSION_ACTION));
        if let Some(step) = &request.agent {
            self.metrics.record_agent(step.name(), error);
        }
        let action = entry.map(|entry| entry.name.clone()).or(instead);
        let (has_failed, now) = (metrics::is_failure(outcome), request.now.utc());
        if let Some(action) = action.clone() {
            self.recent_calls.add(action, has_failed, request.start.elapsed(), now);
        }
        self.metrics.record_call(&FinishedCall {
            action,
            is_write: entry.is_some_and(|entry| entry.access == Access::Write),
            outcome,
            error,
            duration: request.start.elapsed(),
            attempts,
        });
        traces::record_outcome(outcome, attempts);
        outcome
    }

    /// What this server has answered in the last day.
    pub fn recent_calls(&self) -> &RecentCalls {
        &self.recent_calls
    }

    /// Returns all metrics in Prometheus's text format.
    pub async fn metrics_text(&self) -> Result<String> {
        let others = [&self.replica, &self.sql_hosts].into_iter().flatten().flat_map(|hosts| hosts.statuses());
        let snapshot = Snapshot {
            is_ready: self.is_ready().await,
            calls_in_flight: self.max_calls - self.call_slots.available_permits(),
            records_waiting: self.config().log.waiting(),
            servers: self.hosts.statuses().chain(others).collect(),
            queues: timeout(QUERY_TIMEOUT, self.queue_lengths()).await.unwrap_or_default(),
        };
        self.metrics.text(&snapshot).map_err(|error| Error::Internal(error.to_string().into()))
    }

    /// Returns the counters of client connections.
    pub fn connections(&self) -> &Connections {
        &self.metrics.connections
    }

    /// Counts what waits in the queues; `None` if the database does not answer.
    pub async fn queue_lengths(&self) -> Option<QueueLengths> {
        let mut lease = Lease::acquire(&self.hosts).await.ok()?;
        let counted = queue_lengths::count(&mut lease).await;
        match counted {
            Ok(queues) => {
                lease.release();
                Some(queues)
            }
            Err(error) => {
                lease.discard(&error);
                None
            }
        }
    }
}
