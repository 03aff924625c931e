//! The API log: records of calls with the action, caller, address and outcome.
//!
//! The record of a write is committed with the write, in its request row, from where the relay moves it. All other records
//! go through a bounded queue and are written in batches; records that do not fit are dropped and counted in a metric.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde::Serialize;
use sqlx::Connection;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug_span, warn};

use super::record_relay::RecordRelay;
use crate::config::{self, LoggedCalls};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::domain::time::Moment;
use crate::redaction::{Hidden, in_ascii};
use crate::store::system::api_log::{self, ERROR, Indexing, Record};

/// Capacity of the queue. A record takes a few kilobytes.
const QUEUE_CAPACITY: usize = 2_048;
/// Maximum number of records per transaction. Each transaction competes with calls for a connection, so there should be
/// few.
const BATCH_SIZE: usize = 512;
/// Time limit for writing a batch.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time in which further records are collected before a batch is written.
const BATCH_DELAY: Duration = Duration::from_millis(100);
/// The log level of calls without an error, as a number of PHP's loggers.
const INFO: i64 = 200;

/// Where a request came from: address, method, path and ids.
#[derive(Debug, Clone)]
pub struct Origin {
    pub address: std::net::IpAddr,
    pub method: String,
    pub path: String,
    pub user_agent: Option<String>,
    /// The client's request id if it is acceptable, else a generated one; returned in the response.
    pub request_id: String,
    /// The `traceparent` header that the client sent.
    pub traceparent: Option<String>,
}

impl Origin {
    /// Removes secrets: clients have been seen to mix up fields.
    pub fn redact(&mut self, hidden: &Hidden) {
        let masked = |text: &str| match hidden.masked(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(masked) => Some(masked),
        };
        for text in [Some(&mut self.path), self.user_agent.as_mut(), Some(&mut self.request_id)].into_iter().flatten() {
            if let Some(masked) = masked(text) {
                *text = masked;
            }
        }
        self.traceparent.take_if(|traceparent| masked(traceparent).is_some());
    }
}

pub struct ApiLog {
    settings: config::ApiLog,
    queue: mpsc::Sender<Record>,
    /// Number of records that were lost because the queue was full or the database unavailable.
    lost: Counter,
    relay: RecordRelay,
    stopping: CancellationToken,
    /// Stops the log when no settings refer to it any more.
    stopping_guard: Arc<DropGuard>,
    writing: TaskTracker,
}

/// A call that has ended.
pub struct FinishedCall<'c> {
    pub origin: &'c Origin,
    pub action: &'c str,
    /// The credential's identifier or the user name of staff, if authentication succeeded.
    pub caller: Option<&'c str>,
    /// The identifier or user name of the account for which authentication failed.
    pub claimed: Option<&'c str>,
    pub request: String,
    pub response: String,
    pub content_type: &'c str,
    /// Whether it was passed to the upstream.
    pub is_passed: bool,
    /// What was probably meant, if the request has names that do not exist.
    pub hint: Option<&'c str>,
    pub status: u16,
    pub is_error: bool,
    /// The client that it has changed, and the invoice that it named or made; 0 for none.
    pub client: i64,
    pub invoice: i64,
    pub at: Moment,
    pub duration: Duration,
}

/// The JSON in `request_headers`.
#[derive(Serialize)]
struct RequestHeaders<'c> {
    request_id: &'c str,
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'c str>,
    /// The identifier or user name of the account for which authentication failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed: Option<&'c str>,
    #[serde(rename = "User-Agent", skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'c str>,
}

/// The JSON in `response_headers`.
#[derive(Serialize)]
struct ResponseHeaders<'c> {
    #[serde(rename = "Content-Type")]
    content_type: &'c str,
    /// In milliseconds.
    duration: f64,
    /// Whether the call was passed to the upstream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    upstream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'c str>,
}

impl ApiLog {
    /// Starts a log that writes to this database until it is stopped, and counts the records that it loses. The records of
    /// writes are moved to it unless the server only reads.
    pub fn start(
        settings: config::ApiLog,
        hosts: Arc<Hosts>,
        lost: Counter,
        is_read_only: bool,
        indexing: Indexing,
    ) -> ApiLog {
        let (queue, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let (stopping, writing) = (CancellationToken::new(), TaskTracker::new());
        let relay = RecordRelay::new(Arc::clone(&hosts), lost.clone(), indexing);
        if !is_read_only {
            writing.spawn(relay.clone().run(stopping.clone()).instrument(debug_span!("log", part = "log")));
        }
        let write = write(Destination { hosts, indexing }, waiting, lost.clone(), stopping.clone());
        writing.spawn(write.instrument(debug_span!("log", part = "log")));
        let stopping_guard = Arc::new(stopping.clone().drop_guard());
        ApiLog { settings, queue, lost, relay, stopping, stopping_guard, writing }
    }

    /// Returns the same log with other settings.
    #[must_use]
    pub fn with_settings(&self, settings: config::ApiLog) -> ApiLog {
        ApiLog {
            settings,
            queue: self.queue.clone(),
            lost: self.lost.clone(),
            relay: self.relay.clone(),
            stopping: self.stopping.clone(),
            stopping_guard: Arc::clone(&self.stopping_guard),
            writing: self.writing.clone(),
        }
    }

    /// Number of bytes that are kept of each request and reply; 0 if logging is off.
    pub fn bytes(&self) -> usize {
        if self.settings.calls == LoggedCalls::Off { 0 } else { self.settings.bytes }
    }

    /// Whether calls with this outcome are recorded.
    pub fn keeps(&self, is_error: bool) -> bool {
        match self.settings.calls {
            LoggedCalls::All => true,
            LoggedCalls::Errors => is_error,
            LoggedCalls::Off => false,
        }
    }

    /// Queues a record, or counts it as dropped if the queue is full.
    pub fn add(&self, record: Record) {
        if self.queue.try_send(record).is_err() {
            self.lost.inc();
        }
    }

    /// Encodes the record of a write for its request row.
    pub fn encode(&self, record: &Record) -> Vec<u8> {
        self.relay.encode(record)
    }

    /// Has records of writes moved here, because one was committed, or a server may have left some behind.
    pub fn wake(&self) {
        self.relay.wake();
    }

    /// Number of records that are still to be written.
    pub fn waiting(&self) -> usize {
        QUEUE_CAPACITY - self.queue.capacity()
    }

    /// Writes the queued records and stops.
    pub async fn finish(&self) {
        self.stopping.cancel();
        self.writing.close();
        self.writing.wait().await;
    }
}

/// Builds the record of a call.
pub fn record(call: FinishedCall<'_>) -> Record {
    let origin = call.origin;
    let request_headers = RequestHeaders {
        request_id: &origin.request_id,
        address: origin.address.to_string(),
        credential: call.caller,
        claimed: call.claimed,
        user_agent: origin.user_agent.as_deref(),
    };
    let duration = (call.duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0;
    let response_headers =
        ResponseHeaders { content_type: call.content_type, duration, upstream: call.is_passed, hint: call.hint };
    Record {
        at: call.at.utc(),
        action: ascii(call.action),
        endpoint: ascii(&origin.path),
        method: origin.method.clone(),
        request: call.request,
        request_headers: in_ascii(&request_headers),
        response: call.response,
        response_headers: serde_json::to_string(&response_headers).unwrap_or_default(),
        status: call.status,
        level: if call.is_error { ERROR } else { INFO },
        client: call.client,
        invoice: call.invoice,
    }
}

/// Replaces all but plain ASCII, including what has a meaning in HTML, and cuts a text to 255 characters, which a column
/// holds in any table.
fn ascii(text: &str) -> String {
    let is_plain = |c: &char| (c.is_ascii_graphic() || *c == ' ') && !matches!(c, '<' | '>' | '&' | '"' | '\'');
    if text.len() <= 255 && text.chars().all(|c| is_plain(&c)) {
        return text.to_owned();
    }
    text.chars().take(255).map(|c| if is_plain(&c) { c } else { '?' }).collect()
}

/// Where records are written.
struct Destination {
    hosts: Arc<Hosts>,
    indexing: Indexing,
}

async fn write(
    destination: Destination,
    mut waiting: mpsc::Receiver<Record>,
    lost: Counter,
    stopping: CancellationToken,
) {
    let mut reported = 0;
    loop {
        let mut records = Vec::new();
        tokio::select! {
            _ = waiting.recv_many(&mut records, BATCH_SIZE) => {}
            () = stopping.cancelled(), if !waiting.is_closed() => waiting.close(),
        }
        if records.is_empty() && waiting.is_closed() && waiting.is_empty() {
            return;
        }
        if let Err(error) = destination.insert(&records).await {
            warn!(%error, records = records.len(), "API log records were lost: they could not be written");
            lost.inc_by(records.len() as u64);
            reported += records.len() as u64;
        }
        let total = lost.get();
        if total > reported {
            warn!(records = total - reported, "API log records were lost: the queue was full");
            reported = total;
        }
        if records.len() < BATCH_SIZE && !waiting.is_closed() {
            let _ = timeout(BATCH_DELAY, stopping.cancelled()).await;
        }
    }
}

impl Destination {
    async fn insert(&self, records: &[Record]) -> sqlx::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let Ok(mut lease) = Lease::acquire(&self.hosts).await else { return Err(sqlx::Error::PoolTimedOut) };
        let write = async {
            let mut transaction = lease.begin().await?;
            if let Some(error) = api_log::insert_all(&mut transaction, records, self.indexing).await? {
                warn!(%error, "calls could not be indexed for the console");
            }
            transaction.commit().await
        };
        match timeout(WRITE_TIMEOUT, write).await {
            Ok(Ok(())) => {
                lease.release_clean();
                Ok(())
            }
            Ok(Err(error)) => {
                lease.discard(&error);
                Err(error)
            }
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}
