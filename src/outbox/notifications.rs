//! Notifications, such as to a chat, as a kind of side effect: a POST to an HTTP endpoint of the operator.
//!
//! A notification may arrive twice, if an attempt gets no answer: both have the same `webhook-id`.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::MySqlConnection;
use tokio_util::sync::CancellationToken;

use super::modules::backoff;
use crate::config::{self, ModuleQueue, NotificationFormat};
use crate::database::lease::Lease;
use crate::database::writer::Writer;
use crate::domain::entities::decoded;
use crate::domain::time::Moment;
use crate::endpoint::{EndpointError, Endpoints};
use crate::fault::{Fault, Result};
use crate::outbox::kind::{Attempt, AttemptRecord, Kind, Outcome, WithoutAnswer};
use crate::store::system::outbox::{self, Entry, NewEntry};

const LANE_WIDTH: usize = 2;
/// Nothing of an answer is used.
const MAX_RESPONSE_BYTES: usize = 1024;
/// The name of the event in the body.
const EVENT: &str = "notification.custom";

/// What happened, for people to read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notification {
    /// What it is about, such as `custom.server.add`.
    pub identifier: String,
    pub title: String,
    pub message: String,
    /// Where more is to be seen; empty for nowhere, as are the others.
    pub url: String,
    pub status: String,
    /// `success`, `danger`, `info` or any other text.
    #[serde(rename = "statusStyle")]
    pub status_style: String,
    pub attributes: Vec<Attribute>,
}

/// A detail of a notification.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attribute {
    pub label: String,
    pub value: String,
    pub url: String,
    pub style: String,
    pub icon: String,
}

/// The data of a notification in the outbox.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// When it was triggered, in UTC: `2026-11-20T12:30:00Z`.
    time: String,
    notification: Notification,
}

/// Stores a notification, to be sent to an endpoint after the transaction has been committed. Its texts are sent without
/// HTML entities.
pub async fn send(tx: &mut Writer<'_>, endpoint: &str, notification: &Notification) -> Result<()> {
    let payload =
        Payload { time: tx.now.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string(), notification: notification.as_typed() };
    let entry = NewEntry {
        kind: Notifications::NAME,
        target: endpoint,
        subject: "",
        subject_id: 0,
        record_id: 0,
        summary: &payload.notification.title,
        payload: &serde_json::to_string(&payload).map_err(Fault::internal)?,
    };
    Ok(outbox::add(tx, &entry).await?)
}

impl Notification {
    fn as_typed(&self) -> Notification {
        let typed = |text: &String| decoded(text).into_owned();
        let attribute = |attribute: &Attribute| Attribute {
            label: typed(&attribute.label),
            value: typed(&attribute.value),
            url: typed(&attribute.url),
            style: typed(&attribute.style),
            icon: typed(&attribute.icon),
        };
        Notification {
            identifier: typed(&self.identifier),
            title: typed(&self.title),
            message: typed(&self.message),
            url: typed(&self.url),
            status: typed(&self.status),
            status_style: typed(&self.status_style),
            attributes: self.attributes.iter().map(attribute).collect(),
        }
    }
}

impl Payload {
    /// The body of the request.
    fn body(&self, format: NotificationFormat, id: &str) -> Value {
        match format {
            NotificationFormat::Json => json!({
                "id": id,
                "type": EVENT,
                "timestamp": self.time,
                "data": &self.notification,
            }),
            NotificationFormat::Slack => self.notification.for_chat(),
        }
    }
}

impl Notification {
    /// The message of an incoming webhook of Slack.
    fn for_chat(&self) -> Value {
        let fields = self.attributes.iter().map(|attribute| {
            let value = linked(&attribute.value, &attribute.url);
            json!({"title": escaped(&attribute.label), "value": value, "short": attribute.value.len() <= 40})
        });
        let mut attachment = json!({
            "fallback": escaped(&self.title),
            "title": escaped(&self.title),
            "text": escaped(&self.message),
            "fields": fields.collect::<Vec<_>>(),
        });
        for (key, value) in [("title_link", self.url.clone()), ("footer", escaped(&self.status))] {
            if !value.is_empty() {
                attachment[key] = value.into();
            }
        }
        if let Some(color) = color(&self.status_style) {
            attachment["color"] = color.into();
        }
        json!({"attachments": [attachment]})
    }
}

/// Returns the color of a style, as Slack names it or in hexadecimal.
fn color(style: &str) -> Option<&'static str> {
    match style.to_ascii_lowercase().as_str() {
        "success" => Some("good"),
        "danger" => Some("danger"),
        "info" => Some("#439FE0"),
        _ => None,
    }
}

/// A text in which Slack finds no links and mentions.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn linked(text: &str, url: &str) -> String {
    let is_link = (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(['|', '>', '<', ' ']);
    if is_link { format!("<{}|{}>", escaped(url), escaped(text)) } else { escaped(text) }
}

/// Sends notifications.
pub struct Notifications {
    endpoints: Endpoints,
    formats: BTreeMap<String, NotificationFormat>,
    queue: ModuleQueue,
}

impl Notifications {
    pub fn new(settings: &BTreeMap<String, config::Notification>, queue: ModuleQueue) -> Result<Notifications> {
        let endpoints = settings.iter().map(|(name, setting)| (name.clone(), setting.endpoint())).collect();
        Ok(Notifications {
            endpoints: Endpoints::new(&endpoints, MAX_RESPONSE_BYTES)?,
            formats: settings.iter().map(|(name, setting)| (name.clone(), setting.format)).collect(),
            queue,
        })
    }
}

impl Kind for Notifications {
    const NAME: &'static str = "notification";
    const INTERRUPTED: &'static str = "Interrupted while it was being sent: it may have arrived";
    type Exchange = ();

    fn without_answer(&self, _entry: &Entry) -> WithoutAnswer {
        WithoutAnswer::AskAgain
    }

    fn lane_width(&self) -> usize {
        LANE_WIDTH
    }

    fn time_limit(&self, target: &str) -> Duration {
        self.endpoints.timeout(target)
    }

    fn retry_delay(&self, attempts: i64) -> Option<TimeDelta> {
        backoff(&self.queue, attempts)
    }

    async fn attempt(&self, entry: &Entry, _stopping: &CancellationToken) -> Attempt<()> {
        let outcome = match serde_json::from_str::<Payload>(&entry.payload) {
            Ok(payload) => {
                let format = self.formats.get(&entry.target).copied().unwrap_or_default();
                let id = format!("outbox-{}", entry.id);
                let body = payload.body(format, &id).to_string();
                match self.endpoints.post(&entry.target, &id, body).await {
                    Ok(_) => Outcome::Done,
                    Err(error) => outcome(&error),
                }
            }
            Err(error) => Outcome::failed_for_good(format!("This version cannot read the notification: {error}")),
        };
        Attempt { outcome, exchange: () }
    }

    async fn record(&self, _db: &mut Lease, attempted: &AttemptRecord<'_, ()>, _now: Moment) -> Result<i64> {
        Ok(attempted.entry.record_id)
    }

    async fn reopen(_db: &mut MySqlConnection, record_id: i64, _now: NaiveDateTime) -> sqlx::Result<i64> {
        Ok(record_id)
    }
}

fn outcome(error: &EndpointError) -> Outcome {
    match error {
        EndpointError::TooLong(_) | EndpointError::Status { code: 200..300, .. } => Outcome::Done,
        EndpointError::Status { code, .. } => {
            let reason = format!("The endpoint answered with HTTP status {code}");
            let is_final = (400..500).contains(code) && ![408, 425, 429].contains(code);
            if is_final { Outcome::failed_for_good(reason) } else { Outcome::failed_for_now(reason) }
        }
        EndpointError::NotConfigured => {
            Outcome::failed_for_now("The settings have no notification endpoint of this name".to_owned())
        }
        EndpointError::NotReached => Outcome::failed_for_now("The endpoint could not be reached".to_owned()),
        EndpointError::TimedOut(limit) => {
            Outcome::Unanswered(format!("The endpoint did not answer within {} s", limit.as_secs()))
        }
        EndpointError::Interrupted => Outcome::Unanswered("The connection to the endpoint ended".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification() -> Notification {
        Notification {
            identifier: "custom.server.add".to_owned(),
            title: "New <Server>".to_owned(),
            message: "one & two".to_owned(),
            url: "https://www.example.com/?a=1&b=2".to_owned(),
            status: "Ready".to_owned(),
            status_style: "success".to_owned(),
            attributes: vec![
                Attribute { label: "Name".to_owned(), value: "one".to_owned(), ..Attribute::default() },
                Attribute {
                    label: "Panel".to_owned(),
                    value: "Open".to_owned(),
                    url: "https://one.example/".to_owned(),
                    ..Attribute::default()
                },
            ],
        }
    }

    #[test]
    fn a_chat_gets_what_it_shows() {
        let expected = json!({"attachments": [{
            "fallback": "New &lt;Server&gt;",
            "title": "New &lt;Server&gt;",
            "title_link": "https://www.example.com/?a=1&b=2",
            "text": "one &amp; two",
            "color": "good",
            "footer": "Ready",
            "fields": [
                {"title": "Name", "value": "one", "short": true},
                {"title": "Panel", "value": "<https://one.example/|Open>", "short": true},
            ],
        }]});
        assert_eq!(notification().for_chat(), expected);
        let bare = Notification { title: "x".to_owned(), message: "y".to_owned(), ..Notification::default() };
        assert_eq!(
            bare.for_chat(),
            json!({"attachments": [{"fallback": "x", "title": "x", "text": "y", "fields": []}]})
        );
        assert_eq!(linked("x", "javascript:alert(1)"), "x");
        assert_eq!(linked("x", "https://a|b"), "x");
    }

    #[test]
    fn only_failures_that_may_pass_are_tried_again() {
        let status = |code| EndpointError::Status { code, body: String::new() };
        let may_retry = |error| match outcome(&error) {
            Outcome::Failed { may_retry, .. } => Some(may_retry),
            _ => None,
        };
        assert_eq!(outcome(&status(204)), Outcome::Done);
        for (code, expected) in [(302, true), (400, false), (404, false), (410, false), (429, true), (500, true)] {
            assert_eq!(may_retry(status(code)), Some(expected), "{code}");
        }
        assert_eq!(may_retry(EndpointError::NotReached), Some(true));
        assert!(matches!(outcome(&EndpointError::Interrupted), Outcome::Unanswered(_)));
    }
}
