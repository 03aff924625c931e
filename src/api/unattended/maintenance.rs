//! Periodic maintenance while the server runs.

use std::time::Duration;

use tokio::time::{Instant, interval_at};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, debug_span, info, warn};

use crate::api::Api;
use crate::audit::{self, Report};
use crate::database::lease::Lease;
use crate::observability::metrics::Metrics;
use crate::store;

/// Interval between two runs of the maintenance tasks. It also decides how often the last use of credentials is stored.
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(30);
const TICKS_PER_HOUR: u64 = 120;
/// How long request rows are kept, by which a repeated write is recognized.
const REQUEST_RETENTION: chrono::Days = chrono::Days::new(2);

/// How long tokens that have expired are kept, so that an operator sees what became of them.
const TOKEN_RETENTION: chrono::Days = chrono::Days::new(1);

/// How long mails are known that were taken: mail servers give a mail up after a week.
const MAIL_RETENTION: chrono::Days = chrono::Days::new(14);

/// How long events are kept, to be sent again.
const EVENT_RETENTION: chrono::Days = chrono::Days::new(30);

/// How long counts of calls are kept: longer than the day of any server's clock.
const CALL_COUNT_RETENTION: chrono::Days = chrono::Days::new(2);

/// Numbers of requests that were rejected without an API log record.
#[derive(Debug, Clone, Copy, Default)]
struct UnloggedRequests {
    /// Rejected because of too many failures.
    blocked: u64,
    /// Rejected by a rate limit or quota.
    rate_limited: u64,
    /// Callers who were not let in, beyond `api_log.refused_per_minute`.
    refused: u64,
    /// Rejected because of too many concurrent calls.
    shed: u64,
    /// Rejected because they were no API calls: wrong path or method, too large, too slow or malformed.
    unreadable: u64,
}

impl UnloggedRequests {
    fn count(metrics: &Metrics) -> UnloggedRequests {
        UnloggedRequests {
            blocked: metrics.blocked(),
            rate_limited: metrics.rate_limited.get(),
            refused: metrics.omitted_records.get(),
            shed: metrics.overloaded.get(),
            unreadable: metrics.unreadable.get(),
        }
    }

    fn log_since(self, logged: UnloggedRequests) {
        let (blocked, refused) = (self.blocked - logged.blocked, self.refused - logged.refused);
        let rate_limited = self.rate_limited - logged.rate_limited;
        let (shed, unreadable) = (self.shed - logged.shed, self.unreadable - logged.unreadable);
        if blocked + refused + rate_limited + shed > 0 {
            warn!(blocked, refused, rate_limited, shed, unreadable, "calls were rejected without an API log record");
        } else if unreadable > 0 {
            info!(unreadable, "requests were rejected without an API log record");
        }
    }
}

impl Api {
    /// Runs the maintenance tasks periodically, and at least once, until `stopping` is cancelled. Work in progress is
    /// finished.
    pub async fn run_maintenance(&self, stopping: CancellationToken) {
        self.maintenance_loop(stopping).instrument(debug_span!("upkeep", part = "upkeep")).await;
    }

    async fn maintenance_loop(&self, stopping: CancellationToken) {
        let mut ticks = interval_at(Instant::now() + MAINTENANCE_INTERVAL, MAINTENANCE_INTERVAL);
        let mut logged = UnloggedRequests::default();
        for tick in 0_u64.. {
            let unlogged = UnloggedRequests::count(&self.metrics);
            unlogged.log_since(logged);
            logged = unlogged;
            self.hosts.close_idle();
            for others in [&self.replica, &self.sql_hosts].into_iter().flatten() {
                others.close_idle();
            }
            self.config().replies.evict_unused().await;
            if !self.is_read_only {
                self.flush(tick).await;
            }
            let audit_hours = self.config.borrow().settings.audit_hours;
            let audits = audit_hours > 0 && tick > 0;
            if audits && tick.is_multiple_of(audit_hours * TICKS_PER_HOUR) {
                tokio::select! {
                    () = self.audit() => {}
                    () = stopping.cancelled() => return,
                }
            }
            tokio::select! {
                _ = ticks.tick() => {}
                () = stopping.cancelled() => return,
            }
        }
    }

    async fn flush(&self, tick: u64) {
        self.config().log.wake();
        self.store_differences().await;
        if let Err(error) = self.config().authenticator.flush_uses(&self.hosts).await {
            warn!(%error, "the last use of credentials could not be stored");
        }
        if tick.is_multiple_of(TICKS_PER_HOUR) {
            self.prune().await;
        }
    }

    /// Audits the books, and records the number of problems.
    pub async fn audit(&self) {
        // A lease closes its connection if the audit is dropped in the middle of a statement, when the server stops.
        let Ok(mut lease) = Lease::acquire(&self.hosts).await else { return };
        match audit::run(&mut lease, |_, _| {}).await {
            Ok(report) => {
                lease.release();
                self.record_audit(&report);
                self.keep_audit(&report).await;
                if report.findings.is_empty() {
                    return;
                }
                warn!(count = report.findings.len(), "the books do not agree: `whmcs-api audit` lists the problems");
            }
            Err(error) => warn!(%error, "the books could not be audited"),
        }
    }

    /// Records the numbers of an audit in the metrics.
    pub(super) fn record_audit(&self, report: &Report) {
        let counts = audit::counts(&report.findings);
        self.metrics.record_audit(counts, report.checked(), chrono::Utc::now().timestamp());
    }

    async fn prune(&self) {
        let now = self.clock.now().utc();
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::system::requests::forget_before(db, now - REQUEST_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_requests were not deleted");
        }
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::system::call_counts::forget_before(db, now - CALL_COUNT_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_call_counts were not deleted");
        }
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::authentication::sso::forget_before(db, now - TOKEN_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_sso_tokens were not deleted");
        }
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::support::received_mails::forget_before(db, now - MAIL_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_received_mails were not deleted");
        }
        if let Err(error) =
            Lease::with_connection(&self.hosts, async |db| store::authentication::tokens::forget_before(db, now).await)
                .await
        {
            warn!(%error, "old rows of mod_whmcs_api_oauth_tokens were not deleted");
        }
        let minutes = self.config.borrow().settings.fossbilling_limits.session_minutes;
        let idle = chrono::TimeDelta::minutes(minutes.into());
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::fossbilling::sessions::forget_before(db, now - idle).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_fossbilling_sessions were not deleted");
        }
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::webhooks::events::forget_before(db, now - EVENT_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_events were not deleted");
        }
        if let Err(error) = Lease::with_connection(&self.hosts, async |db| {
            store::authentication::console::forget_before(db, now - TOKEN_RETENTION).await
        })
        .await
        {
            warn!(%error, "old rows of mod_whmcs_api_console_sessions were not deleted");
        }
        if let Err(error) = self.config().outbox.prune().await {
            warn!(%error, "old entries of the outbox were not deleted");
        }
        let keep_days = self.config.borrow().settings.api_log.keep_days;
        let kept_from = now.checked_sub_days(chrono::Days::new(keep_days)).filter(|_| keep_days > 0);
        if let Some(time) = kept_from
            && let Err(error) =
                Lease::with_connection(&self.hosts, async |db| store::system::api_log::forget_before(db, time).await)
                    .await
        {
            warn!(%error, "old rows of tblapilog were not deleted");
        }
        if let Some(time) = kept_from
            && let Err(error) =
                Lease::with_connection(&self.hosts, async |db| store::console::calls::forget_before(db, time).await)
                    .await
        {
            warn!(%error, "old rows of mod_whmcs_api_calls were not deleted");
        }
    }
}
