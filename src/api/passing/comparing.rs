//! Runs a read that the upstream has answered here as well, in the background, and counts how the replies differ.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hyper::body::Bytes;
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::api::request::ReadCall;
use crate::api::{Api, RequestState};
use crate::auth::Caller;
use crate::database::lease::Lease;
use crate::error::{Error, Result};
use crate::observability::current_call;
use crate::store;
use crate::upstream::comparison::{ComparedReply, Comparison, Difference, Tally, differences, shown_request};
use crate::upstream::{Answer, Upstream};
use crate::wire::{Encoded, LogRules};

/// Maximum number of comparisons that run or wait, each with a reply in memory. Further ones are left out.
const MAX_WAITING: usize = 16;
/// Maximum number of comparisons that run at a time, each with a database connection.
const MAX_RUNNING: usize = 2;
/// Larger replies are not compared.
const MAX_COMPARED_BYTES: usize = 4 << 20;
/// Statuses of a server that has no time for a call.
const OVERLOADED: [u16; 2] = [429, 503];

/// The comparisons that are running and waiting, and what was found and not stored yet.
pub(in crate::api) struct Comparisons {
    waiting: Arc<Semaphore>,
    running: Semaphore,
    tally: Mutex<Tally>,
    /// Held while differences are stored.
    storing: AsyncMutex<()>,
    tasks: TaskTracker,
    /// Cancelled when the server stops.
    stopping: CancellationToken,
}

impl Default for Comparisons {
    fn default() -> Comparisons {
        Comparisons {
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            running: Semaphore::new(MAX_RUNNING),
            tally: Mutex::default(),
            storing: AsyncMutex::default(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }
}

impl Comparisons {
    /// Gives up those that run and wait. The result completes when they have ended.
    pub(in crate::api) fn stop(&self) -> impl Future<Output = ()> {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Api {
    /// Compares the replies to a call that was passed and answered, in the background, if the settings say so.
    pub(in crate::api) fn compare(self: &Arc<Self>, mut request: RequestState) {
        let Some(passed) = request.passed.take().filter(|passed| passed.is_compared) else { return };
        let Some((upstream, caller, answer)) = passed.into_compared().filter(|(_, _, answer)| is_usable(answer)) else {
            return self.metrics.record_comparison("skipped");
        };
        let Ok(slot) = Arc::clone(&self.comparisons.waiting).try_acquire_owned() else {
            return self.metrics.record_comparison("dropped");
        };
        // Waiting comparisons must not keep the memory for replies from calls.
        let answer = Answer { body: Bytes::copy_from_slice(&answer.body), ..answer };
        let (api, current) = (Arc::clone(self), request.current_call());
        let compare = async move {
            let comparison = Box::pin(api.compare_now(request, &upstream, &caller, answer));
            let outcome = api.comparisons.stopping.run_until_cancelled(comparison).await;
            api.metrics.record_comparison(outcome.unwrap_or("dropped"));
            drop(slot);
            // What is found until the server stops is stored by then.
            if outcome.is_some() && !api.is_read_only {
                api.store_differences().await;
            }
        };
        self.comparisons.tasks.spawn(current_call::within(Some(current), compare));
    }

    /// Stores the differences that were found since they were stored last.
    pub async fn store_differences(&self) {
        let _storing = self.comparisons.storing.lock().await;
        let rows = std::mem::take(&mut *self.comparisons.tally()).into_rows();
        if rows.is_empty() {
            return;
        }
        let stored = Lease::with_connection(&self.hosts, async |db| store::differences::add(db, &rows).await).await;
        if let Err(error) = stored {
            warn!(%error, rows = rows.len(), "differences between replies could not be stored, and are kept until later");
            self.comparisons.tally().put_back(rows);
        }
    }

    async fn compare_now(
        &self,
        mut request: RequestState,
        upstream: &Arc<Upstream>,
        caller: &Caller,
        answer: Answer,
    ) -> &'static str {
        let Ok(_running) = self.comparisons.running.acquire().await else { return "dropped" };
        let hidden = request.encoder.hidden().clone();
        let example = shown_request(&request.parameters.values, &hidden);
        request.encoder = request.encoder.clone().with_log(LogRules::default());
        request.start = Instant::now();
        let read = Box::pin(self.read_here(&request, caller));
        let outcome = timeout(request.config.time_limit, read).await.unwrap_or(Err(Error::Busy));
        let (Some((status, reply)), Some(entry)) = (self.reply_to_compare(outcome, &request), &request.entry) else {
            return "failed";
        };
        if reply.body.len() > MAX_COMPARED_BYTES {
            return "skipped";
        }
        let Some(found) = found(&entry.name, upstream, answer, status, reply).await else { return "failed" };
        for difference in &found {
            debug!(kind = %difference.kind, path = difference.pattern, "the upstream's reply differs");
            self.metrics.record_difference(entry.name.clone(), difference.kind.name());
        }
        self.comparisons.tally().add(&Comparison {
            action: &entry.name,
            differences: &found,
            request_id: &request.origin.request_id,
            request: &example,
            hidden: &hidden,
            at: request.now.utc(),
            with_values: upstream.keeps_values(),
        });
        if found.is_empty() { "equal" } else { "different" }
    }

    async fn read_here(&self, request: &RequestState, caller: &Caller) -> Result<Encoded> {
        let entry = request.entry.as_deref().ok_or(Error::NoAction)?;
        let lease = Lease::acquire(&self.hosts).await?;
        self.read(lease, ReadCall { entry, request, caller }).await
    }

    /// Returns status and reply as a caller would get them; `None` if this server could not run the call.
    fn reply_to_compare(&self, outcome: Result<Encoded>, request: &RequestState) -> Option<(u16, Encoded)> {
        match outcome {
            Ok(reply) => Some((200, reply)),
            Err(error @ (Error::Busy | Error::Vanished | Error::Database(_) | Error::Internal(_))) => {
                warn!(%error, "a call could not be run for a comparison");
                None
            }
            Err(error) => {
                let response = self.error_response(&error, &request.encoder);
                Some((response.status, response.reply))
            }
        }
    }
}

/// Whether an answer can be compared.
fn is_usable(answer: &Answer) -> bool {
    answer.body.len() <= MAX_COMPARED_BYTES && answer.content_encoding.is_none() && !OVERLOADED.contains(&answer.status)
}

/// Returns the differences between the upstream's answer and a reply of this server; `None` if they cannot be compared.
async fn found(
    action: &str,
    upstream: &Arc<Upstream>,
    answer: Answer,
    status: u16,
    reply: Encoded,
) -> Option<Vec<Difference>> {
    let (action, upstream) = (action.to_owned(), Arc::clone(upstream));
    // Large replies take milliseconds.
    let compare = move || {
        let theirs = ComparedReply::read(answer.status, &answer.body);
        let ours = ComparedReply::read(status, &reply.body.whole());
        differences(&action, &theirs, &ours, &upstream.ignored)
    };
    tokio::task::spawn_blocking(compare).await.ok().flatten()
}
