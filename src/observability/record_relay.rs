//! The record relay: moves the records of writes from the request rows, with which they were committed, to the API log.
//!
//! A record is inserted there and removed here by one transaction, so it is moved exactly once, whichever server does it, and
//! whenever one is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::database::errors::{self, Retry, transact};
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::store::system::api_log::{self, Indexing, Record};
use crate::store::system::request_records::{self, BATCH_SIZE, PendingRecord};

/// Time in which further records are collected after a batch was moved.
const BATCH_DELAY: Duration = Duration::from_millis(100);
/// Delay after a failure of the database.
const RETRY_DELAY: Duration = Duration::from_millis(250);
/// Delay if the API log is missing, or lacks a column.
const SCHEMA_RETRY_DELAY: Duration = Duration::from_secs(30);
/// Time limit for moving a batch.
const MOVE_TIMEOUT: Duration = Duration::from_secs(10);

/// The JSON of a record in its request row.
#[derive(Serialize, Deserialize)]
struct StoredRecord<R> {
    /// The server's number of the record: calls that began in the same second are logged in this order.
    number: u64,
    #[serde(flatten)]
    record: R,
}

#[derive(Clone)]
pub(super) struct RecordRelay {
    hosts: Arc<Hosts>,
    /// Number of records that the API log rejects.
    lost: Counter,
    indexing: Indexing,
    woken: Arc<Notify>,
    next_number: Arc<AtomicU64>,
}

impl RecordRelay {
    pub fn new(hosts: Arc<Hosts>, lost: Counter, indexing: Indexing) -> RecordRelay {
        RecordRelay { hosts, lost, indexing, woken: Arc::default(), next_number: Arc::default() }
    }

    /// Encodes a record for its request row.
    pub fn encode(&self, record: &Record) -> Vec<u8> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        serde_json::to_vec(&StoredRecord { number, record }).unwrap_or_default()
    }

    /// Has records moved, because one was committed, or a server may have left some behind.
    pub fn wake(&self) {
        self.woken.notify_one();
    }

    /// Moves records whenever it is woken until `stopping` is cancelled, and once more then.
    pub async fn run(self, stopping: CancellationToken) {
        loop {
            tokio::select! {
                () = self.woken.notified() => {}
                () = stopping.cancelled() => {}
            }
            let is_last = stopping.is_cancelled();
            let mut pause = BATCH_DELAY;
            if let Err(error) = self.move_all().await {
                warn!(%error, "records of writes are not in the API log yet: they could not be moved");
                pause = if errors::is_schema_mismatch(&error) { SCHEMA_RETRY_DELAY } else { RETRY_DELAY };
                self.wake();
            }
            if is_last {
                return;
            }
            let _ = timeout(pause, stopping.cancelled()).await;
        }
    }

    /// Moves all records. One that the API log rejects is dropped, or it would stay in the way of all others.
    async fn move_all(&self) -> sqlx::Result<()> {
        let mut limit = BATCH_SIZE;
        let mut rejected = None;
        loop {
            let mut batch = Batch { limit, rejected: rejected.take(), ..Batch::default() };
            match self.move_batch(&mut batch).await {
                Ok(()) if batch.dropped > 0 => {
                    self.lost.inc_by(batch.dropped);
                    limit = BATCH_SIZE;
                }
                Ok(()) if batch.keys.len() < limit => return Ok(()),
                Ok(()) => {}
                Err(error) if errors::is_invalid_value(&error) && limit > 1 => limit = 1,
                Err(error) if errors::is_invalid_value(&error) => {
                    warn!(%error, "the record of a write was lost: the API log rejects it");
                    rejected = batch.keys.pop();
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn move_batch(&self, batch: &mut Batch) -> sqlx::Result<()> {
        let mut lease = Lease::acquire_to_write(&self.hosts).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let moving = async { transact!(batch.move_with(&mut lease, self.indexing).await) };
        match timeout(MOVE_TIMEOUT, moving).await {
            Ok(Ok(())) => {
                lease.release_clean();
                Ok(())
            }
            Ok(Err(error)) => {
                match errors::retry_policy(&error) {
                    Retry::NewConnection => lease.discard(&error),
                    Retry::SameConnection | Retry::Never => lease.release_clean(),
                }
                Err(error)
            }
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }
}

/// Records that one transaction moves.
#[derive(Default)]
struct Batch {
    limit: usize,
    /// The key of the record to drop, because the API log has rejected it.
    rejected: Option<Vec<u8>>,
    /// The keys of the records that were found.
    keys: Vec<Vec<u8>>,
    /// Number of records that were removed without being in the API log.
    dropped: u64,
}

impl Batch {
    async fn move_with(&mut self, lease: &mut Lease, indexing: Indexing) -> sqlx::Result<()> {
        if !request_records::is_any_pending(lease).await? {
            return lease.roll_back().await;
        }
        // Servers move records one after the other. Another one may have moved these meanwhile.
        let pending = request_records::pending(lease.lock(Subject::ApiLog).await?, self.limit).await?;
        if pending.is_empty() {
            return lease.roll_back().await;
        }
        self.keys = pending.iter().map(|record| record.key.clone()).collect();
        let records = decode(pending.iter().filter(|record| self.rejected.as_ref() != Some(&record.key)));
        if let Some(error) = api_log::insert_all(lease, &records, indexing).await? {
            warn!(%error, "calls could not be indexed for the console");
        }
        if !request_records::clear(lease, &pending).await? {
            return Err(sqlx::Error::Protocol("the transaction was lost".into()));
        }
        lease.commit().await?;
        self.dropped = (pending.len() - records.len()) as u64;
        Ok(())
    }
}

/// Returns the records in the order of their calls.
fn decode<'p>(pending: impl Iterator<Item = &'p PendingRecord>) -> Vec<Record> {
    let mut records: Vec<StoredRecord<Record>> = pending.filter_map(decode_one).collect();
    records.sort_by_key(|stored| (stored.record.at, stored.number));
    records.into_iter().map(|stored| stored.record).collect()
}

fn decode_one(pending: &PendingRecord) -> Option<StoredRecord<Record>> {
    match serde_json::from_slice::<StoredRecord<Record>>(&pending.log) {
        Ok(mut stored) => {
            stored.record.at = pending.created_at;
            Some(stored)
        }
        Err(error) => {
            warn!(%error, "the record of a write was lost: it cannot be read");
            None
        }
    }
}
