//! `GetEvents`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actions::words::webhooks::{DISABLED, NOT_A_READER, WEBHOOK_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::events::{EVENTS, is_wanted};
use crate::operations::support::Viewer;
use crate::param::Param;
use crate::store;
use crate::store::webhooks::endpoints;
use crate::store::webhooks::events::{self, EventRow};

/// Returns the events that an endpoint wants, after a number and in their order, of the last 30 days.
///
/// It is for readers that cannot be called, with an endpoint of kind `pull` that is enabled: a reader keeps `nextafter` when it
/// has handled the events, and passes it as `after`. `GET /v1/events` is the same, and waits until there is an event. Whoever may
/// call this may read the events of any endpoint of that kind, but of tickets only those in the departments that the owner of the
/// credential sees (`compat.other_departments`), and that tickets were deleted.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetEvents {
    webhookid: Param<u32>,
    /// By default, 0.
    after: Param<u32>,
    /// The largest number of events; by default, and at most, 100.
    limitnum: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetEventsReply {
    numreturned: usize,
    /// The number of the last event of all. If it is below `after`, the database was restored from a backup.
    lastsequence: i64,
    /// What to pass as `after` the next time: the number of the last event that was looked at, whether the endpoint wants it or not.
    nextafter: i64,
    events: Vec<ReadEvent>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct ReadEvent {
    id: String,
    r#type: String,
    /// `2026-11-20T12:30:00Z`.
    timestamp: String,
    sequence: i64,
    /// The parameters of the hook.
    data: BTreeMap<String, Value>,
}

const NOT_A_NUMBER: &str = "after must be the sequence of an event";
const MAX_EVENTS: u32 = 100;
/// The parameters of the events of a reply have at most this many bytes, unless one event alone has more.
const MAX_BYTES: usize = 4_000_000;

impl Action for GetEvents {
    const NAME: &'static str = "GetEvents";
    const ACCESS: Access = Access::Read;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["webhookid"];
    const EXAMPLE: &'static str = r#"{"webhookid": 2, "after": 0}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(WEBHOOK_NOT_FOUND), Exact(NOT_A_NUMBER), Exact(NOT_A_READER), Exact(DISABLED)];
    type Reply = GetEventsReply;

    async fn run(self, call: Call<'_>) -> Result<GetEventsReply> {
        let id = i64::from(self.webhookid.required(WEBHOOK_NOT_FOUND)?);
        let Some(endpoint) = endpoints::find(call.db, id).await? else { return refuse(WEBHOOK_NOT_FOUND) };
        let after = i64::from(self.after.optional(NOT_A_NUMBER)?.unwrap_or(0));
        if endpoint.is_push() {
            return refuse(NOT_A_READER);
        }
        if !endpoint.is_enabled {
            return refuse(DISABLED);
        }
        let limit = self.limitnum.lenient().unwrap_or(MAX_EVENTS).min(MAX_EVENTS);
        let names: Vec<&str> =
            EVENTS.iter().map(|event| event.name).filter(|name| is_wanted(&endpoint.events, name)).collect();
        // Read first: events that are numbered meanwhile are then above it.
        let last = events::last_number(call.db).await?;
        let viewer = Viewer::new(call.author, call.compat);
        let seen = viewer.departments(store::support::overview::departments(call.db, viewer.staff).await?);
        let found = events::after(call.db, after, &names, &seen, limit, MAX_BYTES).await?;
        let nextafter = match found.last() {
            Some(event) => event.sequence,
            None if limit > 0 => last.max(after),
            None => after,
        };
        let events: Vec<ReadEvent> = found.into_iter().map(ReadEvent::read).collect::<Result<_>>()?;
        Ok(GetEventsReply { numreturned: events.len(), lastsequence: last, nextafter, events })
    }
}

impl ReadEvent {
    fn read(row: EventRow) -> Result<ReadEvent> {
        Ok(ReadEvent {
            id: row.event_id,
            r#type: row.name,
            timestamp: row.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            sequence: row.sequence,
            data: serde_json::from_str(&row.data).map_err(|error| Error::Internal(error.to_string().into()))?,
        })
    }
}
