//! Endpoints of webhooks: who is told of what happens.
//!
//! Nothing is sent here. Events are stored by what causes them, and sent by the outbox.

mod endpoints;
mod replay;

use crate::operations;

pub use endpoints::{Created, NewWebhook, WebhookUpdate, create, delete, test, update};
pub use replay::{Replay, replay};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which an endpoint is not added, changed or sent anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    /// It is neither `push` nor `pull`.
    UnknownKind,
    /// No URL, one of another protocol, or one with a login.
    InvalidUrl,
    /// Nothing may be sent to this address. Holds the reason.
    UrlNotAllowed(String),
    NoEvents,
    /// No event fits this pattern.
    UnknownEvent(String),
    /// A reader gets no requests.
    NotForReaders,
    Disabled,
    /// There are no keys with which the secret could be sealed.
    NoKeys,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::NotFound => "webhook_not_found",
            Refusal::UnknownKind => "unknown_webhook_kind",
            Refusal::InvalidUrl => "invalid_url",
            Refusal::UrlNotAllowed(_) => "url_not_allowed",
            Refusal::NoEvents => "no_events",
            Refusal::UnknownEvent(_) => "unknown_event",
            Refusal::NotForReaders => "not_for_readers",
            Refusal::Disabled => "webhook_disabled",
            Refusal::NoKeys => "no_keys",
        }
    }
}
