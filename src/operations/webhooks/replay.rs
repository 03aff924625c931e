//! Sending events again.

use super::endpoints::lock;
use super::{Refusal, Result};
use crate::database::writer::Subject;
use crate::events::{EVENTS, is_wanted};
use crate::operations::Context;
use crate::store;
use crate::store::webhooks::{deliveries, events};

/// The largest number of events that are sent again at once.
pub const MAX_EVENTS: u32 = 5000;

/// Which events are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Those after this number that the endpoint wants now.
    After(i64),
    /// Those whose deliveries were given up or withdrawn.
    NotDelivered,
}

/// Sends events again to an endpoint, and returns how many. Receivers get them with the same ids.
pub async fn replay(context: Context<'_>, id: i64, which: Replay) -> Result<u64> {
    let endpoint = lock(context.db, id).await?;
    if !endpoint.is_push() {
        return Err(Refusal::NotForReaders.into());
    }
    if !endpoint.is_enabled {
        return Err(Refusal::Disabled.into());
    }
    let names: Vec<&str> =
        EVENTS.iter().map(|event| event.name).filter(|name| is_wanted(&endpoint.events, name)).collect();
    let found = match which {
        Replay::After(sequence) => events::heads_after(context.db, sequence, &names, MAX_EVENTS).await?,
        Replay::NotDelivered => Vec::new(),
    };

    let mut tx = context.write(Subject::Webhooks).await?;
    let count = match which {
        Replay::After(_) => {
            let entries: Vec<_> = found.iter().map(|event| (id, event)).collect();
            deliveries::add_again(&mut tx, &entries).await?;
            found.len() as u64
        }
        Replay::NotDelivered => deliveries::retry(&mut tx, id, MAX_EVENTS).await?,
    };
    let line = format!("Webhook Events Sent Again - Webhook ID: {id} - Events: {count}");
    store::system::activity::log(&mut tx, None, &line).await?;
    Ok(count)
}
