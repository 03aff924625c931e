//! Numbers about this server, as Prometheus reads them. Each is declared here, with its name and what it means;
//! `docs/operating.md` says what to make of them.
//!
//! What calls count is a few additions to integers in memory. Everything else is looked at when somebody asks.

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

/// The form in which [`Metrics::text`] tells them.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const PREFIX: &str = "whmcs_api";
/// In seconds. A read takes some milliseconds, a write some more; none takes longer than `limits.call_seconds`.
const CALL_BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// In seconds. Usually nobody waits; nobody does so for longer than the last.
const WAIT_BUCKETS: [f64; 7] = [0.0001, 0.001, 0.01, 0.1, 0.5, 1.0, 5.0];

/// Stands for all names that no action has: whatever callers make up, it makes no new series.
const NO_ACTION: Cow<'static, str> = Cow::Borrowed("unknown");
const UNFINISHED: &str = "unfinished";
const FAILED: &str = "failed";
const BLOCKED: &str = "blocked";
const KINDS: [&str; 2] = ["read", "write"];

/// Few values each, none of which callers choose.
type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];
type Times = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// What is counted as it happens.
pub struct Metrics {
    registry: Registry,
    calls: Family<Labels<2>, Counter>,
    call_times: Times,
    logins_failed: Family<Labels<1>, Counter>,
    repeated: Family<Labels<1>, Counter>,
    outbox_attempts: Family<Labels<2>, Counter>,
    waits: Times,
    audit_findings: Family<Labels<1>, Gauge>,
    /// 0 before the first.
    audit_time: Gauge,
    /// Calls for which there was no place.
    pub overloaded: Counter,
    /// Requests that were no calls.
    pub unreadable: Counter,
    /// Records of the API log that could not be written.
    pub lost_records: Counter,
    pub connections: Connections,
}

/// The connections of a listener.
#[derive(Clone, Default)]
pub struct Connections {
    pub open: Gauge,
    pub refused: Counter,
}

/// A call that has ended.
pub struct FinishedCall<'c> {
    /// If there is such an action.
    pub action: Option<Cow<'static, str>>,
    pub is_write: bool,
    pub error: Option<&'c Error>,
    pub duration: Duration,
    /// How often it was begun.
    pub attempts: u32,
}

/// What is looked at when somebody asks.
pub struct Snapshot {
    pub is_ready: bool,
    pub calls_in_flight: usize,
    pub records_waiting: usize,
    pub servers: Vec<HostStatus>,
    /// `None` when the database did not say.
    pub queues: Option<QueueLengths>,
}

impl Metrics {
    /// None counted yet, of a server with these limits and actions.
    pub fn new(calls: usize, connections: usize, actions: impl Iterator<Item = Cow<'static, str>>) -> Metrics {
        let mut registry = Registry::with_prefix(PREFIX);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that answers", build);
        let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time: Gauge = add(&mut registry, "start_time_seconds", "When it was started, in seconds since 1970");
        time.set(whole(started.as_secs()));
        let limit: Gauge = add(&mut registry, "calls_limit", "How many calls are worked on at a time (limits.calls)");
        limit.set(whole(calls as u64));
        let limit: Gauge =
            add(&mut registry, "connections_limit", "How many connections may be open (limits.connections)");
        limit.set(whole(connections as u64));
        let times = |times: fn() -> Histogram| Times::new_with_constructor(times);
        let (call_times, waits) = (times(|| Histogram::new(CALL_BUCKETS)), times(|| Histogram::new(WAIT_BUCKETS)));
        registry.register(
            "call_duration_seconds",
            "How long calls took, from when their request was read, by action",
            call_times.clone(),
        );
        registry.register(
            "database_wait_seconds",
            "How long connections were waited for, by what the servers are for",
            waits.clone(),
        );
        let metrics = Metrics {
            calls: add(&mut registry, "calls", "Calls that were answered, by action and outcome"),
            logins_failed: add(&mut registry, "logins_failed", "Callers who were not let in, by the reason"),
            repeated: add(
                &mut registry,
                "attempts_repeated",
                "Reads and writes that were run again, after a collision or with another connection",
            ),
            outbox_attempts: add(
                &mut registry,
                "outbox_attempts",
                "Attempts at side effects outside the database, by kind and by how they ended",
            ),
            audit_findings: add(
                &mut registry,
                "audit_findings",
                "What the last audit of the books found, by the rule that is broken",
            ),
            audit_time: Gauge::default(),
            overloaded: add(&mut registry, "calls_shed", "Calls that were told to come again, because of limits.calls"),
            unreadable: add(
                &mut registry,
                "requests_unreadable",
                "Requests that were no calls: another path or method, malformed, too large, too slow",
            ),
            lost_records: add(
                &mut registry,
                "log_records_lost",
                "Calls that tblapilog does not tell of, for want of room",
            ),
            connections: Connections {
                open: add(&mut registry, "connections_open", "Connections of clients that are open"),
                refused: add(&mut registry, "connections_refused", "Connections for which there was no place"),
            },
            call_times,
            waits,
            registry,
        };
        metrics.initialize_series(actions);
        metrics
    }

    /// What alarms look at is there before it happens: an increase from nothing is none to Prometheus.
    fn initialize_series(&self, actions: impl Iterator<Item = Cow<'static, str>>) {
        for action in actions.chain([NO_ACTION]) {
            let _ = self.calls_of(action.clone(), FAILED);
            let _ = self.calls_of(action, UNFINISHED);
        }
        for reason in ["credential", "address", "disabled", "permission", BLOCKED] {
            let _ = self.logins_failed.get_or_create(&[label("reason", reason)]);
        }
        for (kind, ending) in outbox::KINDS.iter().flat_map(|kind| outbox::ENDINGS.map(|ending| (*kind, ending))) {
            let _ = self.outbox_attempts.get_or_create(&[label("kind", kind), label("outcome", ending)]);
        }
        for kind in KINDS {
            let _ = self.repeated.get_or_create(&[label("kind", kind)]);
        }
    }

    /// Counts the attempts of the outbox.
    pub fn count_attempts(&self) -> outbox::AttemptCounter {
        let attempts = self.outbox_attempts.clone();
        Box::new(move |kind, ending| {
            attempts.get_or_create(&[label("kind", kind), label("outcome", ending)]).inc();
        })
    }

    /// Counts a call.
    pub fn record_call(&self, call: &FinishedCall<'_>) {
        let action = call.action.clone().unwrap_or(NO_ACTION);
        self.calls_of(action.clone(), outcome(call.error)).inc();
        self.call_times.get_or_create(&[("action", action)]).observe(call.duration.as_secs_f64());
        if let Some(reason) = call.error.and_then(reason_of_failed_login) {
            self.logins_failed.get_or_create(&[label("reason", reason)]).inc();
        }
        if call.attempts > 1 {
            let kind = KINDS[usize::from(call.is_write)];
            self.repeated.get_or_create(&[label("kind", kind)]).inc_by(u64::from(call.attempts - 1));
        }
    }

    /// Counts a call that came to no end.
    pub fn record_panic(&self, action: Option<Cow<'static, str>>) {
        self.calls_of(action.unwrap_or(NO_ACTION), FAILED).inc();
    }

    /// Where waits for the servers that are for this are counted.
    pub fn waits(&self, purpose: &'static str) -> Histogram {
        self.waits.get_or_create_owned(&[label("purpose", purpose)])
    }

    /// Keeps how many findings of each rule an audit had.
    pub fn record_audit(&self, counts: impl Iterator<Item = (String, usize)>, at: i64) {
        for (rule, count) in counts {
            self.audit_findings.get_or_create(&[("rule", rule.into())]).set(whole(count as u64));
        }
        self.audit_time.set(at);
    }

    /// How many callers were not heard because they had failed too often.
    pub fn blocked(&self) -> u64 {
        self.logins_failed.get_or_create(&[label("reason", BLOCKED)]).get()
    }

    /// All of it, with what was just seen.
    pub fn text(&self, seen: &Snapshot) -> Result<String, std::fmt::Error> {
        let mut seen = seen.registry();
        if self.audit_time.get() > 0 {
            let help = "When the books were audited last, in seconds since 1970";
            seen.register("audit_timestamp_seconds", help, self.audit_time.clone());
        }
        let mut text = String::new();
        text::encode_registry(&mut text, &self.registry)?;
        text::encode_registry(&mut text, &seen)?;
        text::encode_eof(&mut text)?;
        Ok(text)
    }

    fn calls_of(&self, action: Cow<'static, str>, outcome: &'static str) -> Counter {
        self.calls.get_or_create_owned(&[("action", action), label("outcome", outcome)])
    }
}

impl Snapshot {
    /// Made anew each time, so that it has nothing of what was seen before.
    fn registry(&self) -> Registry {
        let mut registry = Registry::with_prefix(PREFIX);
        let mut tell = |name, help, value: usize| add::<Gauge>(&mut registry, name, help).set(whole(value as u64));
        tell("ready", "Whether calls should be sent here, as /readyz says", self.is_ready.into());
        tell("calls_in_flight", "Calls that are being worked on", self.calls_in_flight);
        tell("log_records_waiting", "Calls that are still to be written to tblapilog", self.records_waiting);
        let usable: Family<Labels<2>, Gauge> =
            add(&mut registry, "database_usable", "Whether a database server is used, or is given up for now");
        let limit: Family<Labels<2>, Gauge> =
            add(&mut registry, "database_connections_limit", "How many connections it may have (database.connections)");
        let connections: Family<Labels<3>, Gauge> =
            add(&mut registry, "database_connections", "Connections to a database server, by whether a call has them");
        for server in &self.servers {
            let of = [label("purpose", server.purpose), ("server", server.name.clone().into())];
            usable.get_or_create(&of).set(server.is_usable.into());
            limit.get_or_create(&of).set(whole(server.limit as u64));
            let [purpose, name] = of;
            for (state, count) in [("idle", server.idle), ("used", server.used)] {
                let of = [purpose.clone(), name.clone(), label("state", state)];
                connections.get_or_create(&of).set(whole(count as u64));
            }
        }
        if let Some(QueueLengths { outbox, module_queue }) = &self.queues {
            let entries: Family<Labels<2>, Gauge> = add(
                &mut registry,
                "outbox_entries",
                "Side effects outside the database that are still to happen, have failed or have an unknown outcome",
            );
            for (kind, state) in outbox::KINDS.iter().flat_map(|kind| outbox::OPEN_STATES.map(|state| (*kind, state))) {
                let of_these = outbox.iter().filter(|entries| entries.kind == kind && entries.state == state);
                let count = of_these.map(|entries| entries.count).sum();
                entries.get_or_create(&[label("kind", kind), label("state", state)]).set(count);
            }
            let help = "Failed commands that staff see on tblmodulequeue";
            add::<Gauge>(&mut registry, "module_queue_entries", help).set(*module_queue);
        }
        registry
    }
}

fn add<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn label(name: &'static str, value: &'static str) -> (&'static str, Cow<'static, str>) {
    (name, Cow::Borrowed(value))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How a call ended, in few words that never change.
pub fn outcome(error: Option<&Error>) -> &'static str {
    match error {
        None => "success",
        Some(
            Error::Refused(_)
            | Error::RefusedAs { .. }
            | Error::NoAction
            | Error::UnknownAction(_)
            | Error::Malformed(_)
            | Error::InvalidIdempotencyKey
            | Error::KeyReused
            | Error::InProgress
            | Error::TooLarge { .. }
            | Error::TooSlow
            | Error::MethodNotAllowed(_)
            | Error::NoSuchPath,
        ) => "refused",
        Some(Error::NotPermitted(_)) => "denied",
        Some(error) if reason_of_failed_login(error).is_some() => "denied",
        Some(Error::Busy) => "busy",
        Some(Error::OutcomeUnknown) => UNFINISHED,
        Some(_) => FAILED,
    }
}

/// Whether somebody should look into calls that ended so.
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
