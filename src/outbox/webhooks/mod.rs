//! Webhooks as a kind of side effect: events that are told to the endpoints that want them.
//!
//! The transaction in which something happens stores the event; [`relay`] numbers it after the commit, and adds an entry to the
//! outbox for each endpoint. An entry is attempted until the endpoint answers with 2xx, for about a day; all attempts have the same
//! id. Of the events about one client, ticket or other subject, one is sent at a time, in their order.

mod address;
pub mod relay;

use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde::Deserialize;
use serde_json::value::RawValue;
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use self::address::Clients;
pub use self::address::check_url;
use crate::config::Webhooks as Setting;
use crate::database::hosts::Hosts;
use crate::database::lease::Lease;
use crate::database::listeners::Wanted;
use crate::database::writer::{Subject, Writer};
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::{Clock, Moment};
use crate::endpoint::{key, signature};
use crate::fault::{Fault, Result};
use crate::keyring::Keyring;
use crate::outbox::kind::{Attempt, AttemptRecord, EntryState, Kind, Outcome, WithoutAnswer};
use crate::store::system::activity;
use crate::store::system::outbox::Entry;
use crate::store::webhooks::deliveries;
use crate::store::webhooks::endpoints::{self, EndpointRow};
use crate::store::webhooks::events::{self, EventRow};

const LANE_WIDTH: usize = 4;
/// Seconds from each failed attempt to the next one: about a day in all.
const RETRY_SECONDS: [i64; 12] = [5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 14_400, 21_600, 21_600];
/// An endpoint that has taken nothing for this long is disabled.
const PATIENCE: TimeDelta = TimeDelta::days(1);
/// How often the time of the last success is stored.
const SUCCESS_INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// Nothing of an answer is used; its beginning is shown to operators.
const MAX_RESPONSE_BYTES: usize = 512;
/// The receiver says that it will take nothing any more.
const GONE: u16 = 410;

/// Sends events to endpoints.
pub struct Webhooks {
    hosts: Arc<Hosts>,
    keyring: Arc<Keyring>,
    clients: Clients,
    timeout: Duration,
    clock: Clock,
}

/// What the outbox keeps of a delivery.
#[derive(Deserialize)]
struct Payload {
    /// The id of the row.
    event: i64,
}

/// What an attempt found out about its endpoint.
#[derive(Debug, Default)]
pub struct Response {
    /// Whether the endpoint was asked.
    was_sent: bool,
    /// The HTTP status of the answer, if there was one.
    status: Option<u16>,
}

/// The body of a request, and an event of `GET /v1/events`.
#[derive(Debug, serde::Serialize)]
pub struct Message<'m> {
    id: &'m str,
    #[serde(rename = "type")]
    name: &'m str,
    /// When it happened, in UTC.
    timestamp: String,
    sequence: i64,
    data: Box<RawValue>,
}

impl Message<'_> {
    /// The message about an event.
    pub fn of(event: &EventRow) -> Result<Message<'_>> {
        Ok(Message {
            id: &event.event_id,
            name: &event.name,
            timestamp: event.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            sequence: event.sequence,
            data: RawValue::from_string(event.data.clone()).map_err(Fault::internal)?,
        })
    }
}

impl Webhooks {
    pub fn new(hosts: Arc<Hosts>, keyring: Arc<Keyring>, setting: &Setting, clock: Clock) -> Result<Webhooks> {
        let clients = Clients::new(&setting.allowed_networks).map_err(Fault::internal)?;
        Ok(Webhooks { hosts, keyring, clients, timeout: Duration::from_secs(setting.timeout_seconds), clock })
    }

    async fn read(&self, entry: &Entry) -> sqlx::Result<(Option<EndpointRow>, Option<EventRow>)> {
        let endpoint = entry.target.parse().unwrap_or_default();
        let event = serde_json::from_str::<Payload>(&entry.payload).map_or(0, |payload| payload.event);
        Lease::with_connection(&self.hosts, async |db| {
            Ok((endpoints::find(db, endpoint).await?, events::find(db, event).await?))
        })
        .await
    }

    /// The keys that sign requests to an endpoint now: the previous one as well, until its time has passed.
    fn keys(&self, endpoint: &EndpointRow) -> std::result::Result<Vec<Vec<u8>>, String> {
        let previous = match endpoint.previous_until {
            Some(until) if until > self.clock.now().utc() => Some(&endpoint.previous_secret),
            _ => None,
        };
        let open = |sealed: &String| {
            let opened = self.keyring.open(&EndpointRow::purpose(endpoint.id), sealed);
            let opened = opened.map_err(|error| format!("The secret cannot be read: {error}"))?;
            key(&String::from_utf8_lossy(&opened)).ok_or_else(|| "The secret is not base64 after whsec_".to_owned())
        };
        [Some(&endpoint.secret), previous].into_iter().flatten().filter(|sealed| !sealed.is_empty()).map(open).collect()
    }

    async fn deliver(&self, entry: &Entry) -> (Outcome, Response) {
        let (endpoint, event) = match self.read(entry).await {
            Ok(read) => read,
            Err(error) => {
                return (Outcome::failed_for_now(format!("The database failed: {error}")), Response::default());
            }
        };
        let Some(endpoint) = endpoint.filter(|endpoint| endpoint.is_enabled) else {
            return (Outcome::Withdrawn, Response::default());
        };
        let Some(event) = event else {
            return (Outcome::failed_for_good("The event was deleted".to_owned()), Response::default());
        };
        match self.send(&endpoint, &event).await {
            Ok(outcome) => outcome,
            Err(reason) => (Outcome::failed_for_now(reason), Response { was_sent: true, status: None }),
        }
    }

    async fn send(&self, endpoint: &EndpointRow, event: &EventRow) -> std::result::Result<(Outcome, Response), String> {
        let keys = self.keys(endpoint)?;
        let body = Message::of(event).and_then(|message| serde_json::to_string(&message).map_err(Fault::internal));
        let body = body.map_err(|error| error.to_string())?;
        let timestamp = chrono::Utc::now().timestamp().to_string();
        let signatures: Vec<String> =
            keys.iter().map(|key| signature(key, &event.event_id, &timestamp, &body)).collect();
        let request = self.clients.post(&endpoint.url)?;
        let request = request
            .timeout(self.timeout)
            .header("content-type", "application/json")
            .header("user-agent", concat!("whmcs-api/", env!("CARGO_PKG_VERSION")))
            .header("webhook-id", &event.event_id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "));
        let (status, beginning) = match receive(request.body(body)).await {
            Ok(received) => received,
            Err(error) => {
                let outcome = match error {
                    error if error.is_connect() => Outcome::failed_for_now(connection_failure(&error)),
                    error if error.is_timeout() => {
                        Outcome::Unanswered(format!("No answer within {} s", self.timeout.as_secs()))
                    }
                    _ => Outcome::Unanswered("The connection ended without an answer".to_owned()),
                };
                return Ok((outcome, Response { was_sent: true, status: None }));
            }
        };
        let outcome = match status {
            200..300 => Outcome::Done,
            300..400 => Outcome::failed_for_now(format!("HTTP status {status}: redirects are not followed")),
            _ => Outcome::failed_for_now(format!("HTTP status {status} {beginning}").trim_end().to_owned()),
        };
        Ok((outcome, Response { was_sent: true, status: Some(status) }))
    }
}

/// Why there is no connection, without the URL, which may have a secret.
fn connection_failure(error: &reqwest::Error) -> String {
    let mut reason = "No connection".to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.source().is_none() {
            reason = format!("No connection: {error}");
        }
        source = error.source();
    }
    reason
}

/// A text of others in printable ASCII, which any column can store.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

/// Returns the status, and the beginning of the body.
async fn receive(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, String)> {
    let mut response = request.send().await?;
    let mut body = Vec::new();
    while body.len() < MAX_RESPONSE_BYTES {
        let Ok(Some(part)) = response.chunk().await else { break };
        body.extend_from_slice(&part);
    }
    body.truncate(MAX_RESPONSE_BYTES);
    Ok((response.status().as_u16(), printable(&String::from_utf8_lossy(&body))))
}

impl Kind for Webhooks {
    const NAME: &'static str = deliveries::KIND;
    const INTERRUPTED: &'static str = "Interrupted while it was being sent: it may have arrived";
    const KEEPS_DONE: bool = true;
    const IS_ORDERED: bool = true;
    type Exchange = Response;

    fn without_answer(&self, _entry: &Entry) -> WithoutAnswer {
        WithoutAnswer::AskAgain
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    fn time_limit(&self, _target: &str) -> Duration {
        self.timeout
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        let index = usize::try_from(attempts - 1).ok()?;
        RETRY_SECONDS.get(index).map(|seconds| TimeDelta::seconds(*seconds))
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<Response> {
        let (outcome, exchange) = self.deliver(entry).await;
        // Whether an attempt without an answer has arrived need not become known: receivers recognize events by their ids. So
        // what is given up has failed.
        let outcome = match outcome {
            Outcome::Unanswered(reason) => Outcome::Refused { reason, may_retry: true },
            Outcome::Failed { reason, may_retry } => Outcome::Refused { reason, may_retry },
            outcome => outcome,
        };
        Attempt { outcome, exchange }
    }

    async fn record(&self, db: &mut Lease, attempted: &AttemptRecord<'_, Response>, now: Moment) -> Result<i64> {
        let AttemptRecord { entry, exchange, new_state } = *attempted;
        let endpoint: i64 = entry.target.parse().unwrap_or_default();
        let utc = now.utc();
        let Some(response) = exchange.filter(|response| response.was_sent) else { return Ok(entry.record_id) };
        if *new_state == EntryState::Done {
            endpoints::succeeded(db, endpoint, utc, utc - SUCCESS_INTERVAL).await?;
            return Ok(entry.record_id);
        }
        endpoints::failed(db, endpoint, utc).await?;
        let (reason, since) = match response.status == Some(GONE) {
            true => ("The endpoint answered with HTTP status 410: it takes nothing any more", utc),
            false => ("No delivery succeeded for a day", utc - PATIENCE),
        };
        if endpoints::disable_failing(db, endpoint, reason, since, utc).await? {
            tell(db, now, &format!("Webhook Disabled - Webhook ID: {endpoint} - {reason}")).await?;
        }
        if let EntryState::Failed(reason) = new_state {
            // Not what the endpoint has answered: the log may be unable to store that.
            let reason = response.status.map_or_else(|| printable(reason), |status| format!("HTTP status {status}"));
            let id = entry.id;
            let line = format!("Webhook Event Set Aside - Webhook ID: {endpoint} - Delivery ID: {id} - {reason}");
            tell(db, now, &line).await?;
            endpoints::end_failing(db, endpoint, id).await?;
        }
        Ok(entry.record_id)
    }

    fn kept_when_ended(payload: &str) -> String {
        payload.to_owned()
    }

    async fn reopen(_db: &mut MySqlConnection, record_id: i64, _now: NaiveDateTime) -> sqlx::Result<i64> {
        Ok(record_id)
    }
}

/// Tells operators in the activity log. It is no event: an endpoint that refuses such events would cause further ones.
async fn tell(db: &mut Lease, now: Moment, line: &str) -> Result<()> {
    warn!("{line}");
    let author = Author { admin: AdminId(0), name: "System".to_owned(), address: String::new() };
    let mut tx = Writer::resume(db, &author, now, Subject::Staff).await?;
    tx.wanted = Wanted::Names(Arc::default());
    Ok(activity::log(&mut tx, None, line).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_go_on_for_about_a_day() {
        let sum: i64 = RETRY_SECONDS.iter().sum();
        assert!((85_000..90_000).contains(&sum), "{sum}");
        assert!(RETRY_SECONDS.is_sorted());
    }
}
