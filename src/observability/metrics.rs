//! Metrics of this server for Prometheus. Each is declared here with its name and description; `docs/operating.md`
//! explains how to use them.
//!
//! Counting a call costs a few additions in memory. All other values are read when metrics are requested.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry};

use crate::database::hosts::HostStatus;
use crate::error::Error;
use crate::outbox;
use crate::store::system::queue_lengths::QueueLengths;

/// The content type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const PREFIX: &str = "whmcs_api";
/// Histogram buckets of call durations, in seconds. A read takes a few milliseconds, a write some more; none takes
/// longer than `limits.call_seconds`.
const CALL_BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Histogram buckets of waits for a connection, in seconds. Usually there is no wait; none is longer than the last
/// bucket.
const WAIT_BUCKETS: [f64; 7] = [0.0001, 0.001, 0.01, 0.1, 0.5, 1.0, 5.0];

/// The label for all unknown actions, so that names which callers make up do not create new series.
const UNKNOWN_ACTION: Cow<'static, str> = Cow::Borrowed("unknown");
/// The label for all actions that only the upstream has.
pub const PASSED_ACTION: Cow<'static, str> = Cow::Borrowed("upstream");
/// The label for requests of agents that call no action.
pub const SESSION_ACTION: Cow<'static, str> = Cow::Borrowed("mcp");
/// The steps of agents.
const AGENT_STEPS: [&str; 4] = ["session", "call", "plan", "confirm"];
/// Outcomes of agents' requests beside those of [`outcome`]: why a write was refused to an agent, by the code of the refusal.
const AGENT_REFUSALS: [&str; 7] =
    ["agent_reads", "agent_limit", "plan_needed", "plan_unknown", "plan_outdated", "plan_impossible", "declined"];
const UNFINISHED: &str = "unfinished";
const FAILED: &str = "failed";
const BLOCKED: &str = "blocked";
const KINDS: [&str; 2] = ["read", "write"];

/// Labels of a series. Each has few possible values, none of which callers choose.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// The metrics that are updated as things happen.
pub struct Metrics {
    registry: Registry,
    calls: Family<Labels<2>, Counter>,
    call_times: Histograms,
    logins_failed: Family<Labels<1>, Counter>,
    retries: Family<Labels<1>, Counter>,
    outbox_attempts: Family<Labels<2>, Counter>,
    agent_requests: Family<Labels<2>, Counter>,
    upstream_calls: Family<Labels<1>, Counter>,
    comparisons: Family<Labels<1>, Counter>,
    differences: Family<Labels<2>, Counter>,
    waits: Histograms,
    audit_findings: Family<Labels<1>, Gauge>,
    audit_checked: Family<Labels<1>, Gauge>,
    /// Time of the last audit in seconds since 1970; 0 before the first.
    audit_time: Gauge,
    /// Time of the last run of the automation on this server, in seconds since 1970.
    pub automation_time: Gauge,
    /// Number of calls that were rejected because `limits.calls` was reached.
    pub overloaded: Counter,
    /// Number of calls that were rejected by a rate limit or quota.
    pub rate_limited: Counter,
    /// Number of requests that could not be read as API calls.
    pub unreadable: Counter,
    /// Number of API log records that were lost.
    pub lost_records: Counter,
    /// Number of calls of callers who were not let in that were not recorded in the API log.
    pub omitted_records: Counter,
    pub connections: Connections,
}

/// Counters of the connections of a listener.
#[derive(Clone, Default)]
pub struct Connections {
    pub open: Gauge,
    pub refused: Counter,
    handshakes_failed: Family<Labels<1>, Counter>,
    /// When the TLS certificate expires, in seconds since 1970; 0 without TLS.
    pub certificate_expiry: Gauge,
}

/// Why a TLS handshake failed.
#[derive(Debug, Clone, Copy)]
pub enum HandshakeFailure {
    /// The client closed the connection before the end of its handshake.
    Aborted,
    /// A newer connection needed the slot.
    Displaced,
    /// The client spoke HTTP without TLS.
    PlainHttp,
    /// The client has no version or cipher in common with the server, or does not speak TLS.
    Protocol,
    /// The client sent an alert: usually it does not trust the certificate.
    RejectedByClient,
    /// The client took longer than `limits.handshake_seconds`.
    Timeout,
}

impl HandshakeFailure {
    const ALL: [HandshakeFailure; 6] = [
        HandshakeFailure::Aborted,
        HandshakeFailure::Displaced,
        HandshakeFailure::PlainHttp,
        HandshakeFailure::Protocol,
        HandshakeFailure::RejectedByClient,
        HandshakeFailure::Timeout,
    ];

    pub fn label(self) -> &'static str {
        match self {
            HandshakeFailure::Aborted => "aborted",
            HandshakeFailure::Displaced => "displaced",
            HandshakeFailure::PlainHttp => "plain_http",
            HandshakeFailure::Protocol => "protocol",
            HandshakeFailure::RejectedByClient => "rejected_by_client",
            HandshakeFailure::Timeout => "timeout",
        }
    }
}

impl Connections {
    pub fn count_failure(&self, reason: HandshakeFailure) {
        self.handshakes_failed.get_or_create(&[label("reason", reason.label())]).inc();
    }
}

/// A call that has ended.
pub struct FinishedCall<'c> {
    /// The action's name; `None` for an unknown action.
    pub action: Option<Cow<'static, str>>,
    pub is_write: bool,
    /// The outcome as a label, see [`outcome`].
    pub outcome: &'static str,
    pub error: Option<&'c Error>,
    pub duration: Duration,
    /// Number of times that it was attempted.
    pub attempts: u32,
}

/// The values that are read when metrics are requested.
pub struct Snapshot {
    pub is_ready: bool,
    pub calls_in_flight: usize,
    pub records_waiting: usize,
    pub servers: Vec<HostStatus>,
    /// `None` if the database did not answer in time.
    pub queues: Option<QueueLengths>,
}

impl Metrics {
    /// Creates the metrics of a server with these limits and actions.
    pub fn new(calls: usize, connections: usize, actions: impl Iterator<Item = Cow<'static, str>>) -> Metrics {
        let mut registry = Registry::with_prefix(PREFIX);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The version of the server", build);
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time: Gauge =
            register(&mut registry, "start_time_seconds", "Start time of the server, in seconds since 1970");
        time.set(gauge_value(started.as_secs()));
        let limit: Gauge = register(&mut registry, "calls_limit", "Maximum number of concurrent calls (limits.calls)");
        limit.set(gauge_value(calls as u64));
        let limit: Gauge =
            register(&mut registry, "connections_limit", "Maximum number of open connections (limits.connections)");
        limit.set(gauge_value(connections as u64));
        let times = |times: fn() -> Histogram| Histograms::new_with_constructor(times);
        let (call_times, waits) = (times(|| Histogram::new(CALL_BUCKETS)), times(|| Histogram::new(WAIT_BUCKETS)));
        registry.register(
            "call_duration_seconds",
            "Duration of calls from the moment their request was read, by action",
            call_times.clone(),
        );
        registry.register(
            "database_wait_seconds",
            "Time spent waiting for a database connection, by purpose of the servers",
            waits.clone(),
        );
        let metrics = Metrics {
            calls: register(&mut registry, "calls", "Calls that were answered, by action and outcome"),
            logins_failed: register(
                &mut registry,
                "logins_failed",
                "Calls that were rejected in authentication, by reason",
            ),
            retries: register(
                &mut registry,
                "attempts_repeated",
                "Retries of reads and writes, after a conflict or on another connection",
            ),
            outbox_attempts: register(
                &mut registry,
                "outbox_attempts",
                "Attempts at side effects outside the database, by kind and outcome",
            ),
            agent_requests: register(
                &mut registry,
                "mcp_requests",
                "Requests of agents by the Model Context Protocol, by step and outcome",
            ),
            upstream_calls: register(
                &mut registry,
                "upstream_calls",
                "Calls that were passed to the upstream, by outcome",
            ),
            comparisons: register(
                &mut registry,
                "upstream_comparisons",
                "Reads whose replies of the upstream and of this server were to be compared, by outcome",
            ),
            differences: register(
                &mut registry,
                "upstream_differences",
                "Differences between replies of the upstream and of this server, by action and kind",
            ),
            audit_findings: register(
                &mut registry,
                "audit_findings",
                "Number of findings of the last audit of the books, by violated rule",
            ),
            audit_checked: register(
                &mut registry,
                "audit_checked",
                "Number of rows that the last audit of the books has checked, by what they are",
            ),
            audit_time: Gauge::default(),
            automation_time: Gauge::default(),
            overloaded: register(
                &mut registry,
                "calls_shed",
                "Calls that were rejected because limits.calls was reached",
            ),
            rate_limited: register(
                &mut registry,
                "calls_rate_limited",
                "Calls that were rejected because the rate limit or quota of their caller was exhausted",
            ),
            unreadable: register(
                &mut registry,
                "requests_unreadable",
                "Requests that were not API calls: unknown path or method, malformed, too large or too slow",
            ),
            lost_records: register(
                &mut registry,
                "log_records_lost",
                "API log records that were lost: the queue was full or the database unavailable",
            ),
            omitted_records: register(
                &mut registry,
                "log_records_omitted",
                "Calls of callers who were not let in that were not recorded in the API log: more than \
                 api_log.refused_per_minute allows",
            ),
            connections: Connections {
                open: register(&mut registry, "connections_open", "Open connections of clients"),
                refused: register(
                    &mut registry,
                    "connections_refused",
                    "Connections that were rejected because a limit was reached",
                ),
                handshakes_failed: register(
                    &mut registry,
                    "tls_handshakes_failed",
                    "TLS handshakes that failed, by reason",
                ),
                certificate_expiry: Gauge::default(),
            },
            call_times,
            waits,
            registry,
        };
        metrics.initialize_series(actions);
        metrics
    }

    /// Creates the series that alerts use, with the value 0: Prometheus does not see an increase of a series that did
    /// not exist before.
    fn initialize_series(&self, actions: impl Iterator<Item = Cow<'static, str>>) {
        for action in actions.chain([UNKNOWN_ACTION, SESSION_ACTION]) {
            let _ = self.call_counter(action.clone(), FAILED);
            let _ = self.call_counter(action, UNFINISHED);
        }
        for reason in ["credential", "address", "disabled", "permission", BLOCKED] {
            let _ = self.logins_failed.get_or_create(&[label("reason", reason)]);
        }
        for (kind, ending) in
            outbox::KINDS.iter().flat_map(|kind| outbox::ATTEMPT_OUTCOMES.map(|ending| (*kind, ending)))
        {
            let _ = self.outbox_attempts.get_or_create(&[label("kind", kind), label("outcome", ending)]);
        }
        for step in AGENT_STEPS {
            let _ = self.agent_requests.get_or_create(&[label("step", step), label("outcome", "success")]);
        }
        for outcome in UPSTREAM_OUTCOMES {
            let _ = self.upstream_calls.get_or_create(&[label("outcome", outcome)]);
        }
        for outcome in COMPARISON_OUTCOMES {
            let _ = self.comparisons.get_or_create(&[label("outcome", outcome)]);
        }
        for reason in HandshakeFailure::ALL {
            let _ = self.connections.handshakes_failed.get_or_create(&[label("reason", reason.label())]);
        }
        for kind in KINDS {
            let _ = self.retries.get_or_create(&[label("kind", kind)]);
        }
    }

    /// Returns a counter for the attempts of the outbox.
    pub fn count_attempts(&self) -> outbox::AttemptCounter {
        let attempts = self.outbox_attempts.clone();
        Box::new(move |kind, ending| {
            attempts.get_or_create(&[label("kind", kind), label("outcome", ending)]).inc();
        })
    }

    /// Counts a call that has ended.
    pub fn record_call(&self, call: &FinishedCall<'_>) {
        let action = call.action.clone().unwrap_or(UNKNOWN_ACTION);
        self.call_counter(action.clone(), call.outcome).inc();
        self.call_times.get_or_create(&[("action", action)]).observe(call.duration.as_secs_f64());
        if let Some(reason) = call.error.and_then(reason_of_failed_login) {
            self.logins_failed.get_or_create(&[label("reason", reason)]).inc();
        }
        if let Some(Error::RateLimited { .. }) = call.error {
            self.rate_limited.inc();
        }
        if call.attempts > 1 {
            let kind = KINDS[usize::from(call.is_write)];
            self.retries.get_or_create(&[label("kind", kind)]).inc_by(u64::from(call.attempts - 1));
        }
    }

    /// Counts a request of an agent, by its step.
    pub fn record_agent(&self, step: &'static str, error: Option<&Error>) {
        let code = error.map(Error::code);
        let refusal = AGENT_REFUSALS.into_iter().find(|refusal| code.as_deref() == Some(refusal));
        let outcome = refusal.unwrap_or_else(|| outcome(error));
        self.agent_requests.get_or_create(&[label("step", step), label("outcome", outcome)]).inc();
    }

    /// Counts a call that was passed to the upstream, with one of [`UPSTREAM_OUTCOMES`].
    pub fn record_passed(&self, outcome: &'static str) {
        self.upstream_calls.get_or_create(&[label("outcome", outcome)]).inc();
    }

    /// Counts a comparison, with one of [`COMPARISON_OUTCOMES`].
    pub fn record_comparison(&self, outcome: &'static str) {
        self.comparisons.get_or_create(&[label("outcome", outcome)]).inc();
    }

    /// Counts a difference between two replies to an action of the catalogue.
    pub fn record_difference(&self, action: Cow<'static, str>, kind: &'static str) {
        self.differences.get_or_create(&[("action", action), label("kind", kind)]).inc();
    }

    /// Counts a call that panicked.
    pub fn record_panic(&self, action: Option<Cow<'static, str>>) {
        self.call_counter(action.unwrap_or(UNKNOWN_ACTION), FAILED).inc();
    }

    /// Returns the histogram of waits for a connection to the servers with this purpose.
    pub fn waits(&self, purpose: &'static str) -> Histogram {
        self.waits.get_or_create_owned(&[label("purpose", purpose)])
    }

    /// Records the number of findings of an audit by rule, and how many rows it has checked.
    pub fn record_audit(
        &self,
        counts: impl Iterator<Item = (String, usize)>,
        checked: impl IntoIterator<Item = (&'static str, i64)>,
        at: i64,
    ) {
        for (of, count) in checked {
            self.audit_checked.get_or_create(&[label("of", of)]).set(count);
        }
        for (rule, count) in counts {
            self.audit_findings.get_or_create(&[("rule", rule.into())]).set(gauge_value(count as u64));
        }
        self.audit_time.set(at);
    }

    /// Returns the number of calls that were rejected because of too many failed attempts.
    pub fn blocked(&self) -> u64 {
        self.logins_failed.get_or_create(&[label("reason", BLOCKED)]).get()
    }

    /// Returns all metrics and the values of a snapshot in Prometheus's text format.
    pub fn text(&self, snapshot: &Snapshot) -> Result<String, std::fmt::Error> {
        let mut snapshot = snapshot.registry();
        if self.audit_time.get() > 0 {
            let help = "Time of the last audit of the books, in seconds since 1970";
            snapshot.register("audit_timestamp_seconds", help, self.audit_time.clone());
        }
        if self.automation_time.get() > 0 {
            let help = "Time of the last run of the automation on this server, in seconds since 1970";
            snapshot.register("automation_timestamp_seconds", help, self.automation_time.clone());
        }
        if self.connections.certificate_expiry.get() > 0 {
            let help = "Expiry time of the TLS certificate, in seconds since 1970";
            snapshot.register(
                "tls_certificate_expiry_timestamp_seconds",
                help,
                self.connections.certificate_expiry.clone(),
            );
        }
        let mut text = String::new();
        text::encode_registry(&mut text, &self.registry)?;
        text::encode_registry(&mut text, &snapshot)?;
        text::encode_eof(&mut text)?;
        Ok(text)
    }

    fn call_counter(&self, action: Cow<'static, str>, outcome: &'static str) -> Counter {
        self.calls.get_or_create_owned(&[("action", action), label("outcome", outcome)])
    }
}

impl Snapshot {
    /// Creates a registry of these values. It is created for each request, so that it contains no outdated series.
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        let mut add_gauge =
            |name, help, value: usize| register::<Gauge>(&mut registry, name, help).set(gauge_value(value as u64));
        add_gauge("ready", "Whether the server is ready for calls, as /readyz reports", self.is_ready.into());
        add_gauge("calls_in_flight", "Calls in progress", self.calls_in_flight);
        add_gauge(
            "log_records_waiting",
            "API log records that are waiting to be written to tblapilog",
            self.records_waiting,
        );
        let usable: Family<Labels<2>, Gauge> = register(
            &mut registry,
            "database_usable",
            "Whether a database server is in use (1) or avoided after failures (0)",
        );
        let limit: Family<Labels<2>, Gauge> = register(
            &mut registry,
            "database_connections_limit",
            "Maximum number of connections to a database server (database.connections)",
        );
        let connections: Family<Labels<3>, Gauge> =
            register(&mut registry, "database_connections", "Connections to a database server, by state: idle or used");
        for server in &self.servers {
            let labels = [label("purpose", server.purpose), ("server", server.name.clone().into())];
            usable.get_or_create(&labels).set(server.is_usable.into());
            limit.get_or_create(&labels).set(gauge_value(server.limit as u64));
            let [purpose, name] = labels;
            for (state, count) in [("idle", server.idle), ("used", server.used)] {
                let labels = [purpose.clone(), name.clone(), label("state", state)];
                connections.get_or_create(&labels).set(gauge_value(count as u64));
            }
        }
        if let Some(QueueLengths { outbox, module_queue, is_held, write_records, disabled_webhooks }) = &self.queues {
            let entries: Family<Labels<2>, Gauge> = register(
                &mut registry,
                "outbox_entries",
                "Side effects outside the database that are still to happen, have failed or have an unknown outcome",
            );
            for (kind, state) in outbox::KINDS.iter().flat_map(|kind| outbox::OPEN_STATES.map(|state| (*kind, state))) {
                let matching = outbox.iter().filter(|entries| entries.kind == kind && entries.state == state);
                let count = matching.map(|entries| entries.count).sum();
                entries.get_or_create(&[label("kind", kind), label("state", state)]).set(count);
            }
            let help = "Failed commands that staff see on tblmodulequeue";
            register::<Gauge>(&mut registry, "module_queue_entries", help).set(*module_queue);
            let help = "Whether the outbox is held after a restore (1), so that nothing is sent";
            register::<Gauge>(&mut registry, "outbox_held", help).set((*is_held).into());
            let help = "Endpoints of webhooks that are disabled";
            register::<Gauge>(&mut registry, "webhooks_disabled", help).set(*disabled_webhooks);
            let help = "Writes that are committed with their records, which are not in tblapilog yet";
            register::<Gauge>(&mut registry, "write_records_waiting", help).set(*write_records);
        }
        registry
    }
}

fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn label(name: &'static str, value: &'static str) -> (&'static str, Cow<'static, str>) {
    (name, Cow::Borrowed(value))
}

fn gauge_value(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How a call that was passed to the upstream can end: with an answer; with a rejection of the caller; with a redirect or
/// another page that is no reply (`failed`); without a connection or without a usable answer; or before it was passed, because
/// too many others were.
pub const UPSTREAM_OUTCOMES: [&str; 7] =
    ["answered", "forbidden", "redirect", "failed", "not_reached", "no_answer", "busy"];
/// How a comparison can end: the replies are equal or different, this server could not run the call, or the comparison was left
/// out because too many were waiting, the reply was too large, or the caller is not known here.
pub const COMPARISON_OUTCOMES: [&str; 5] = ["equal", "different", "failed", "dropped", "skipped"];

/// Returns the outcome of a passed call that was answered, as a label.
pub fn outcome_of_answer(status: u16, is_error: bool) -> &'static str {
    match (status, is_error) {
        (403, _) => "denied",
        (500.., _) => FAILED,
        (_, true) => "refused",
        (_, false) => "success",
    }
}

/// Returns the outcome of a call as a label that never changes.
pub fn outcome(error: Option<&Error>) -> &'static str {
    match error {
        None => "success",
        Some(Error::NotPermitted(_) | Error::UpstreamRefused { status: 403, .. }) => "denied",
        Some(
            Error::Refused(_)
            | Error::RefusedAs { .. }
            | Error::UpstreamRefused { .. }
            | Error::NoAction
            | Error::UnknownAction(_)
            | Error::Malformed(_)
            | Error::InvalidIdempotencyKey
            | Error::KeyReused
            | Error::KeyNotPromised
            | Error::InProgress
            | Error::TooLarge { .. }
            | Error::UnsupportedEncoding
            | Error::TooSlow
            | Error::MethodNotAllowed(_)
            | Error::NoSuchPath,
        ) => "refused",
        Some(error) if reason_of_failed_login(error).is_some() => "denied",
        Some(Error::RateLimited { .. }) => "rate_limited",
        Some(Error::Busy) => "busy",
        Some(Error::OutcomeUnknown) => UNFINISHED,
        Some(_) => FAILED,
    }
}

/// Whether an operator should look into calls with this outcome.
pub fn is_failure(outcome: &str) -> bool {
    [FAILED, UNFINISHED].contains(&outcome)
}

fn reason_of_failed_login(error: &Error) -> Option<&'static str> {
    match error {
        Error::NotAuthenticated => Some("credential"),
        Error::AddressNotAllowed(_) => Some("address"),
        Error::AdminDisabled => Some("disabled"),
        Error::NoApiAccess => Some("permission"),
        Error::TooManyFailures { .. } => Some(BLOCKED),
        _ => None,
    }
}
