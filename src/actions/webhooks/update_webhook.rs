//! `UpdateWebhook`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{EVENT_BYTES, TEXT, URL_BYTES};
use crate::actions::words::webhooks::{
    INVALID_URL, NOT_FOR_READERS, UNKNOWN_EVENT, URL_NOT_ALLOWED, WEBHOOK_NOT_FOUND,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::entities::decoded;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::webhooks::{self, WebhookUpdate};
use crate::param::{Clearable, Param};

/// Changes the given fields of an endpoint, enables or disables it, or replaces its secret.
///
/// While an endpoint is disabled, nothing is sent to it. Enabling it sends what was waiting; later events are kept for 30 days, and
/// `ReplayWebhook` sends them.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateWebhook {
    webhookid: Param<u32>,
    url: Param<String>,
    /// Names of events, separated by blanks or commas.
    events: Param<String>,
    description: Clearable<String>,
    enabled: Param<bool>,
    /// Replaces the secret, and returns the new one. Requests are signed with the previous one as well for `rotationhours`.
    rotatesecret: Param<bool>,
    /// By default, 24.
    rotationhours: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateWebhookReply {
    webhookid: i64,
    /// The new secret, with `rotatesecret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

const NOT_A_NUMBER_OF_HOURS: &str = "rotationhours must be from 0 to 720";
const MAX_HOURS: u32 = 720;
const DEFAULT_HOURS: u32 = 24;

impl Action for UpdateWebhook {
    const NAME: &'static str = "UpdateWebhook";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const IS_DOCUMENTED: bool = false;
    const REPLY_HAS_SECRETS: bool = true;
    const REQUIRED: &[&str] = &["webhookid"];
    const EXAMPLE: &'static str = r#"{"webhookid": 1, "events": "Invoice*"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(WEBHOOK_NOT_FOUND),
        Exact(INVALID_URL),
        Prefix { text: URL_NOT_ALLOWED, code: "url_not_allowed" },
        Prefix { text: UNKNOWN_EVENT, code: "unknown_event" },
        Exact(NOT_FOR_READERS),
        Exact(NOT_A_NUMBER_OF_HOURS),
    ];
    type Reply = UpdateWebhookReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateWebhookReply> {
        let id = i64::from(self.webhookid.required(WEBHOOK_NOT_FOUND)?);
        let hours = self.rotationhours.optional(NOT_A_NUMBER_OF_HOURS)?.unwrap_or(DEFAULT_HOURS);
        if hours > MAX_HOURS {
            return crate::error::refuse(NOT_A_NUMBER_OF_HOURS);
        }
        let update = WebhookUpdate {
            url: Some(decoded(&self.url.text("url", URL_BYTES)?).into_owned()).filter(|url| !url.is_empty()),
            events: Some(self.events.text("events", EVENT_BYTES)?).filter(|events| !events.is_empty()),
            description: self.description.text("description", TEXT)?,
            enables: self.enabled.lenient(),
            rotates: self.rotatesecret.is_set().then_some(hours),
        };
        let secret = webhooks::update(call.context(), id, update).await?;
        Ok(UpdateWebhookReply { webhookid: id, secret })
    }
}
