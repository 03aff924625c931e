//! `AddWebhook`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{EVENT_BYTES, TEXT, URL_BYTES};
use crate::actions::words::webhooks::{
    INVALID_URL, NO_EVENTS, NOT_FOR_READERS, UNKNOWN_EVENT, UNKNOWN_KIND, URL_NOT_ALLOWED,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::decoded;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::webhooks::{self, NewWebhook};
use crate::param::Param;

/// Adds an endpoint that is told of events from now on.
///
/// The secret signs each request, and is told once. It is sealed with the key of the operator (`keys.file`), without which no endpoint
/// of kind `push` is added. All servers tell an endpoint of what happens ten seconds after it was added or later.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddWebhook {
    /// Where requests are sent: an `https://` URL. Private addresses must be in `webhooks.allowed_networks`.
    url: Param<String>,
    /// Names of events, separated by blanks or commas. An asterisk at the end of a name stands for anything: `Invoice* ClientAdd`.
    events: Param<String>,
    description: Param<String>,
    /// `push`, which is the default, or `pull` for a reader of `GET /v1/events`, which has no URL.
    kind: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddWebhookReply {
    webhookid: i64,
    /// The secret; empty for a reader.
    secret: String,
}

impl Action for AddWebhook {
    const NAME: &'static str = "AddWebhook";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const IS_DOCUMENTED: bool = false;
    const REPLY_HAS_SECRETS: bool = true;
    const REQUIRED: &[&str] = &["events"];
    const EXAMPLE: &'static str =
        r#"{"url": "https://hooks.example.com/whmcs", "events": "Invoice* ClientAdd", "description": "Bookkeeping"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(UNKNOWN_KIND),
        Exact(INVALID_URL),
        Prefix { text: URL_NOT_ALLOWED, code: "url_not_allowed" },
        Exact(NO_EVENTS),
        Prefix { text: UNKNOWN_EVENT, code: "unknown_event" },
        Exact(NOT_FOR_READERS),
    ];
    type Reply = AddWebhookReply;

    async fn run(self, call: Call<'_>) -> Result<AddWebhookReply> {
        let new = NewWebhook {
            kind: self.kind.lenient().map_or_else(|| "push".to_owned(), |kind| kind.to_lowercase()),
            url: decoded(&self.url.text("url", URL_BYTES)?).into_owned(),
            events: self.events.text("events", EVENT_BYTES)?,
            description: self.description.text("description", TEXT)?,
        };
        let created = webhooks::create(call.context(), new).await?;
        Ok(AddWebhookReply { webhookid: created.id, secret: created.secret })
    }
}
