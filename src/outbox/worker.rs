//! The worker: attempts due entries, and handles those whose claim has expired.
//!
//! Each kind and target has a lane of its own, with a limited number of concurrent attempts: a target that hangs fills
//! its own lane, and delays nothing in the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, debug_span, warn};

use super::Receivers;
use super::attempts::{AnyKind, AttemptCounter, Engine};
use super::gateways::{Books, GatewayCommands};
use super::kind::{Kind, WithoutAnswer};
use super::mail::delivery::MailDelivery;
use super::modules::ModuleCommands;
use super::notifications::Notifications;
use super::registrars::RegistrarCommands;
use super::takeover;
use super::webhooks::Webhooks;
use crate::config::Settings;
use crate::database::errors;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::writer::RequestKey;
use crate::domain::time::Clock;
use crate::fault::Result;
use crate::store::system::holds;
use crate::store::system::older_outboxes;
use crate::store::system::outbox::{self, DueEntry, Lane, Progress};

/// Polling interval of the outbox without a notification.
const POLL_INTERVAL: Duration = Duration::from_secs(10);
/// Minimum time between two polls because of notifications. A write after a quiet time causes a poll at once; under load
/// there are few polls for many writes, most of which add no entry.
const MIN_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// Number of entries of a lane that are read at once.
const BATCH_SIZE: u32 = 50;
/// Number of concurrent attempts at the entries of one call.
const CALL_CONCURRENCY: usize = 4;
/// How long finished entries are kept.
const RETENTION: chrono::Days = chrono::Days::new(30);

/// The transactional outbox of one server.
pub struct Outbox {
    engine: Engine,
    kinds: Vec<Arc<dyn AnyKind>>,
    /// All lanes that have had an entry so far.
    lanes: Mutex<HashMap<Lane, LaneState>>,
    written: Notify,
}

struct LaneState {
    /// One slot for each concurrent attempt.
    slots: Arc<Semaphore>,
    /// Whether a task works on the lane.
    is_active: bool,
    /// Whether entries became due after that task last read the lane.
    has_more: bool,
    /// Wakes that task when entries have become due, so that it need not wait for an attempt.
    more: Arc<Notify>,
}

/// What the task that works on a lane needs.
struct LaneWork {
    slots: Arc<Semaphore>,
    more: Arc<Notify>,
}

/// The progress of the entries of a kind that a request has caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestProgress {
    /// All of them are done.
    Done,
    /// At least one has failed, for this reason; it may still be retried.
    Failed(String),
    /// It is unknown whether the side effect of at least one has happened.
    Unknown,
    /// A later entry has superseded at least one.
    Superseded,
    /// At least one has not ended yet.
    Open,
}

impl Outbox {
    /// Creates an outbox with all kinds of side effects.
    pub fn new(
        hosts: &Arc<Hosts>,
        settings: &Settings,
        receivers: &Receivers,
        books: impl Books,
        clock: Clock,
        count: AttemptCounter,
    ) -> Result<Arc<Outbox>> {
        let entities = settings.compat.entities;
        let mail = MailDelivery::new(Arc::clone(hosts), settings.mail.clone(), entities)?;
        let queue = settings.module_queue.clone();
        let Receivers { modules, registrars, gateways, keyring } = receivers.clone();
        let module_commands = ModuleCommands::new(Arc::clone(hosts), modules, settings, Arc::clone(&keyring));
        let compat = settings.compat.clone();
        let registrar_commands = RegistrarCommands::new(Arc::clone(hosts), registrars, queue.clone(), compat);
        let notifications = Notifications::new(&settings.notifications, queue.clone())?;
        let webhooks = Webhooks::new(Arc::clone(hosts), Arc::clone(&keyring), &settings.webhooks, clock)?;
        let gateway_commands = GatewayCommands::new(Arc::clone(hosts), gateways, keyring, queue, clock, books);
        let kinds: Vec<Arc<dyn AnyKind>> = vec![
            Arc::new(mail),
            Arc::new(module_commands),
            Arc::new(registrar_commands),
            Arc::new(gateway_commands),
            Arc::new(notifications),
            Arc::new(webhooks),
        ];
        Ok(Outbox::with_kinds(hosts, kinds, clock, count))
    }

    /// Creates an outbox with one kind, which need not be among those of [`Outbox::new`].
    pub fn with_kind<K: Kind>(hosts: &Arc<Hosts>, kind: K, clock: Clock, count: AttemptCounter) -> Arc<Outbox> {
        Outbox::with_kinds(hosts, vec![Arc::new(kind)], clock, count)
    }

    fn with_kinds(
        hosts: &Arc<Hosts>,
        kinds: Vec<Arc<dyn AnyKind>>,
        clock: Clock,
        count: AttemptCounter,
    ) -> Arc<Outbox> {
        let engine = Engine { hosts: Arc::clone(hosts), clock, count };
        Arc::new(Outbox { engine, kinds, lanes: Mutex::default(), written: Notify::new() })
    }

    /// Wakes the worker after a commit, which may have added an entry.
    pub fn wake(&self) {
        self.written.notify_one();
    }

    /// Runs the worker until `stopping` is cancelled, and then waits for running attempts to end.
    pub async fn run(self: &Arc<Self>, stopping: CancellationToken) {
        self.report_obstacles().await;
        let lanes = TaskTracker::new();
        while !stopping.is_cancelled() {
            self.take_over_entries().await;
            let look = sleep(POLL_INTERVAL);
            tokio::pin!(look);
            loop {
                let next_poll = Instant::now() + MIN_POLL_INTERVAL;
                self.start_lanes(&lanes, &stopping).await;
                let notified = async {
                    self.written.notified().await;
                    sleep_until(next_poll).await;
                };
                tokio::select! {
                    () = notified => {}
                    () = &mut look => break,
                    () = stopping.cancelled() => break,
                }
            }
        }
        lanes.close();
        lanes.wait().await;
    }

    /// Attempts the entries that are due now, and returns when these attempts have ended.
    pub async fn run_once(self: &Arc<Self>) {
        let lanes = TaskTracker::new();
        self.take_over_entries().await;
        self.start_lanes(&lanes, &CancellationToken::new()).await;
        lanes.close();
        lanes.wait().await;
    }

    /// Attempts the entries of a kind that a committed request has caused, unless that has happened already, and waits
    /// for the outcome. These attempts do not count towards the width of the lanes, which limits background attempts
    /// only.
    pub async fn finish_request(self: &Arc<Self>, kind: &'static str, key: &RequestKey) -> Result<RequestProgress> {
        let written = self.entries_of_request(kind, key).await?;
        let waiting =
            written.into_iter().filter(|entry| entry.id > 0 && entry.attempts == 0 && entry.state == "pending");
        let mut running = JoinSet::new();
        for entry in waiting {
            if running.len() == CALL_CONCURRENCY {
                running.join_next().await;
            }
            let outbox = Arc::clone(self);
            running.spawn(async move { outbox.attempt_now(kind, entry).await });
        }
        while running.join_next().await.is_some() {}
        let written = self.entries_of_request(kind, key).await?;
        let reports_unknown = self.kind(kind).is_some_and(|kind| kind.reports_unknown());
        Ok(match written.into_iter().find(|entry| entry.state != "done") {
            None => RequestProgress::Done,
            Some(entry) if reports_unknown && entry.is_unknown() => RequestProgress::Unknown,
            Some(entry) if !entry.last_error.is_empty() => RequestProgress::Failed(entry.last_error),
            Some(entry) if entry.state == "superseded" => RequestProgress::Superseded,
            Some(_) => RequestProgress::Open,
        })
    }

    /// Whether this server sends mails.
    pub fn sends_mail(&self) -> bool {
        self.kind(MailDelivery::NAME).is_some_and(|mail| mail.obstacle().is_none())
    }

    /// Deletes finished entries that are too old to be asked for by a repeated request.
    pub async fn prune(&self) -> sqlx::Result<()> {
        let now = self.engine.clock.now().utc();
        let time = now.checked_sub_days(RETENTION).unwrap_or(now);
        let hosts = &self.engine.hosts;
        Lease::with_connection(hosts, async |db| outbox::forget_before(db, time).await).await?;
        Lease::with_connection(hosts, async |db| older_outboxes::forget_before(db, time).await).await
    }

    async fn entries_of_request(&self, kind: &str, key: &RequestKey) -> Result<Vec<Progress>> {
        let mut lease = Lease::acquire(&self.engine.hosts).await?;
        let span = debug_span!("outbox", part = kind);
        let written = outbox::entries_of_request(&mut lease, kind, key).instrument(span).await;
        let written = written.map_err(errors::busy_if_transient)?;
        lease.release();
        Ok(written)
    }

    async fn attempt_now(&self, kind: &str, entry: Progress) {
        let Some(kind) = self.kind(kind) else { return };
        let due = DueEntry { id: entry.id, attempts: entry.attempts };
        if let Some(entry) = kind.claim(&self.engine, due, &entry.target).await {
            // The waiting call has as much time as the attempt takes, even if the server stops.
            kind.run(&self.engine, entry, &CancellationToken::new()).await;
        }
    }

    fn kind(&self, name: &str) -> Option<&Arc<dyn AnyKind>> {
        self.kinds.iter().find(|kind| kind.name() == name)
    }

    /// Logs a warning about a hold, and about entries that this server's settings keep from being attempted.
    async fn report_obstacles(&self) {
        if let Ok(Some(hold)) = self.engine.with_database(async |db| holds::outbox(db).await).await {
            warn!(
                reason = hold.reason,
                "the outbox is held: nothing is sent, and nothing acts by itself, until `whmcs-api outbox release`"
            );
        }
        for kind in &self.kinds {
            let Some(obstacle) = kind.obstacle() else { continue };
            let waiting = self.engine.with_database(async |db| outbox::waiting(db, kind.name()).await).await;
            if let Ok(entries @ 1..) = waiting {
                warn!(kind = kind.name(), entries, "outbox entries are waiting: {obstacle}");
            }
        }
    }

    /// Makes entries due that a crashed server or one of version 0.1 has left.
    async fn take_over_entries(&self) {
        self.recover_abandoned().await;
        for kind in &self.kinds {
            takeover::run(&self.engine, kind.name(), kind.obstacle().is_none()).await;
        }
    }

    /// Makes entries whose claim has expired due again, or parks them, as their kind declares.
    async fn recover_abandoned(&self) {
        let now = self.engine.clock.now().utc();
        for kind in &self.kinds {
            let name = kind.name();
            let abandoned = self.engine.with_database(async |db| outbox::abandoned(db, name, now).await).await;
            let abandoned = abandoned.inspect_err(|error| warn!(%error, "the outbox could not be read"));
            for entry in abandoned.unwrap_or_default() {
                warn!(kind = name, entry = entry.id, "an attempt at an outbox entry was abandoned");
                if kind.without_answer(&entry) == WithoutAnswer::Park {
                    kind.park(&self.engine, entry).await;
                } else if let Err(error) = self.engine.with_database(async |db| outbox::release(db, &entry).await).await
                {
                    warn!(%error, entry = entry.id, "an abandoned outbox entry could not be released");
                }
            }
        }
    }

    /// Starts a task for each lane with a due entry, unless a task works on it already.
    async fn start_lanes(self: &Arc<Self>, tasks: &TaskTracker, stopping: &CancellationToken) {
        let now = self.engine.clock.now().utc();
        let due = self.engine.with_database(async |db| outbox::due_lanes(db, now).await).await;
        let due = due.inspect_err(|error| warn!(%error, "the outbox could not be read"));
        for lane in due.unwrap_or_default() {
            // Kinds that this server does not know are left to other servers.
            let Some(kind) = self.kind(&lane.kind).filter(|kind| kind.obstacle().is_none()) else { continue };
            if let Some(work) = self.begin(&lane, kind.lane_width()) {
                let (outbox, kind, stopping) = (Arc::clone(self), Arc::clone(kind), stopping.clone());
                tasks.spawn(async move { outbox.work_lane(&lane, &kind, work, &stopping).await });
            }
        }
    }

    /// Returns what the task needs that works on a lane from now on. If a task works on it already, that task reads the lane
    /// once more.
    fn begin(&self, lane: &Lane, width: usize) -> Option<LaneWork> {
        let mut lanes = self.lanes();
        let state = lanes.entry(lane.clone()).or_insert_with(|| LaneState {
            slots: Arc::new(Semaphore::new(width)),
            is_active: false,
            has_more: false,
            more: Arc::default(),
        });
        state.has_more = state.is_active;
        if std::mem::replace(&mut state.is_active, true) {
            state.more.notify_one();
            return None;
        }
        Some(LaneWork { slots: Arc::clone(&state.slots), more: Arc::clone(&state.more) })
    }

    /// Ends the task that works on a lane, unless entries became due after it last read the lane.
    fn end(&self, lane: &Lane, stopping: &CancellationToken) -> bool {
        let mut lanes = self.lanes();
        let Some(state) = lanes.get_mut(lane) else { return true };
        let has_more = std::mem::take(&mut state.has_more) && !stopping.is_cancelled();
        state.is_active = has_more;
        !has_more
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<Lane, LaneState>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts the due entries of a lane until none is left, and waits for the attempts.
    async fn work_lane(
        self: &Arc<Self>,
        lane: &Lane,
        kind: &Arc<dyn AnyKind>,
        LaneWork { slots, more }: LaneWork,
        stopping: &CancellationToken,
    ) {
        let mut attempts = JoinSet::new();
        loop {
            let due = if stopping.is_cancelled() { Vec::new() } else { self.due(lane, kind.is_ordered()).await };
            // An attempt that ends makes room for the next entry about its subject. Entries about other subjects, which become
            // due meanwhile, do not wait for it.
            if due.is_empty() && kind.is_ordered() && !attempts.is_empty() {
                tokio::select! {
                    _ = attempts.join_next() => {}
                    () = more.notified(), if !stopping.is_cancelled() => {}
                }
                continue;
            }
            if due.is_empty() && self.end(lane, stopping) {
                break;
            }
            while attempts.try_join_next().is_some() {}
            for due in due {
                let slot = tokio::select! {
                    slot = Arc::clone(&slots).acquire_owned() => slot,
                    () = stopping.cancelled() => break,
                };
                let Some(entry) = kind.claim(&self.engine, due, &lane.target).await else { continue };
                let (outbox, kind, stopping) = (Arc::clone(self), Arc::clone(kind), stopping.clone());
                attempts.spawn(async move {
                    kind.run(&outbox.engine, entry, &stopping).await;
                    drop(slot);
                });
            }
        }
        while attempts.join_next().await.is_some() {}
    }

    async fn due(&self, lane: &Lane, is_ordered: bool) -> Vec<DueEntry> {
        let now = self.engine.clock.now().utc();
        let due = self.engine.with_database(async |db| match is_ordered {
            true => outbox::due_in_order(db, lane, now, BATCH_SIZE).await,
            false => outbox::due(db, lane, now, BATCH_SIZE).await,
        });
        let due = due.await;
        due.inspect_err(|error| warn!(%error, "the outbox could not be read")).unwrap_or_default()
    }
}
