//! The relay: numbers events after they are committed, and adds their deliveries to the outbox.
//!
//! Ids of rows are not in the order of commits: a transaction that began earlier may commit later, with a lower id. Whoever read
//! events by their ids would skip those. Numbers are given to committed events only, by one server at a time, in a transaction that
//! also adds the deliveries: so each event has one number, and each endpoint one delivery of it, whichever server is killed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::database::errors::transact;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::listeners::Wanted;
use crate::database::writer::Subject;
use crate::domain::time::Clock;
use crate::events::{EVENTS, WEBHOOK, is_wanted};
use crate::store::webhooks::deliveries;
use crate::store::webhooks::endpoints::{self, EndpointRow};
use crate::store::webhooks::events::{self, EventHead};

/// Number of events that one transaction numbers.
const BATCH_SIZE: u32 = 200;
/// How often a server reads who listens.
pub const LISTENER_INTERVAL: Duration = Duration::from_secs(2);
/// Time limit of a transaction.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Reads which events anybody listens for. Disabled endpoints count: their events are kept, to be sent later.
pub async fn read_listeners(hosts: &Arc<Hosts>) -> sqlx::Result<()> {
    let read_at = Instant::now();
    let all = Lease::with_connection(hosts, async |db| endpoints::all(db).await).await?;
    hosts.listeners().set(wanted_names(&all), read_at);
    Ok(())
}

/// The same, unless it was done within the last seconds.
pub async fn renew_listeners(hosts: &Arc<Hosts>) -> sqlx::Result<()> {
    if hosts.listeners().are_younger_than(LISTENER_INTERVAL) {
        return Ok(());
    }
    read_listeners(hosts).await
}

fn wanted_names(all: &[EndpointRow]) -> BTreeSet<&'static str> {
    let wanted = |name: &str| all.iter().any(|endpoint| is_wanted(&endpoint.events, name));
    EVENTS.iter().map(|event| event.name).filter(|name| wanted(name)).collect()
}

/// What a relay has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Relayed {
    /// The last number that was given, by any server.
    pub last: i64,
    /// Number of deliveries that were added.
    pub deliveries: usize,
}

/// Numbers all committed events that have no number.
pub async fn run(hosts: &Arc<Hosts>, clock: &Clock) -> sqlx::Result<Relayed> {
    let mut relayed = Relayed::default();
    if matches!(hosts.listeners().wanted(), Wanted::Names(names) if names.is_empty()) {
        return Ok(relayed);
    }
    loop {
        let mut lease = Lease::acquire_to_write(hosts).await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let batch = async { transact!(relay_batch(&mut lease, clock).await) };
        let batch = match timeout(TIME_LIMIT, batch).await {
            Ok(Ok(batch)) => {
                lease.release_clean();
                batch
            }
            Ok(Err(error)) => {
                lease.discard(&error);
                return Err(error);
            }
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        };
        relayed.last = batch.last;
        relayed.deliveries += batch.deliveries;
        if batch.events < BATCH_SIZE as usize {
            return Ok(relayed);
        }
    }
}

/// Whether an endpoint is to be told of an event. What happened before it was added is not its business, nor is a test of an
/// earlier endpoint with the same id.
fn wants(endpoint: &EndpointRow, event: &EventHead) -> bool {
    if event.created_at < endpoint.created_at {
        return false;
    }
    match &*event.subject {
        WEBHOOK => event.subject_id == endpoint.id,
        _ => is_wanted(&endpoint.events, &event.name),
    }
}

struct Batch {
    last: i64,
    events: usize,
    deliveries: usize,
}

async fn relay_batch(lease: &mut Lease, clock: &Clock) -> sqlx::Result<Batch> {
    if !events::has_unnumbered(lease).await? {
        let last = events::last_number(lease).await?;
        lease.roll_back().await?;
        return Ok(Batch { last, events: 0, deliveries: 0 });
    }
    // One server after the other. Another one may have numbered these meanwhile.
    lease.lock(Subject::EventNumbers).await?;
    let found = events::unnumbered(lease, BATCH_SIZE).await?;
    let all = endpoints::all(lease).await?;
    let before = events::last_number(lease).await?;
    let total = found.len();
    let is_heard = |event: &EventHead| all.iter().any(|endpoint| wants(endpoint, event));
    let (mut heard, unheard): (Vec<_>, Vec<_>) = found.into_iter().partition(is_heard);
    let mut last = before;
    for event in &mut heard {
        last += 1;
        event.sequence = last;
    }
    let mut entries = Vec::new();
    for event in &heard {
        let receivers =
            all.iter().filter(|endpoint| endpoint.is_push() && endpoint.is_enabled && wants(endpoint, event));
        entries.extend(receivers.map(|endpoint| (endpoint.id, event)));
    }
    if !unheard.is_empty() {
        events::discard(lease, &unheard).await?;
    }
    if !heard.is_empty() {
        events::number(lease, &heard).await?;
        deliveries::add(lease, &entries, clock.now().utc()).await?;
    }
    if !events::set_last_number(lease, before, last).await? {
        return Err(sqlx::Error::Protocol("the transaction was lost".into()));
    }
    lease.commit().await?;
    Ok(Batch { last, events: total, deliveries: entries.len() })
}
