//! `TriggerNotificationEvent`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::system;
use crate::outbox::notifications::{Attribute, Notification};
use crate::param::{Nested, Param};

/// Sends a notification to the endpoints of the operator that want it (`[notifications]`), such as a chat.
///
/// The call succeeds whether or not any endpoint wants it; it is sent after the call, and again if that fails. The rules of a
/// WHMCS beside this server, whose form no public document tells, are not read.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct TriggerNotificationEvent {
    /// What it is about, such as `custom.server.add`. Endpoints choose notifications by it.
    notification_identifier: Param<String>,
    title: Param<String>,
    message: Param<String>,
    /// Where more is to be seen.
    url: Param<String>,
    status: Param<String>,
    /// `success`, `danger`, `info`, or any other text.
    #[serde(rename = "statusStyle")]
    status_style: Param<String>,
    /// A list of details, each with `label`, `value`, and optionally `url`, `style` and `icon`. Those without a label or a
    /// value are ignored.
    attributes: Param<Nested>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct TriggerNotificationEventReply {}

const NO_IDENTIFIER: &str = "API Notification Events require a identifier string to be passed.";
const NO_TITLE: &str = "API Notification Events require a title to be provided.";
const NO_MESSAGE: &str = "API Notification Events require a message to be provided.";
/// Limits of our own: a chat takes no longer ones.
const NAME_BYTES: usize = 255;
const URL_BYTES: usize = 2048;
const MAX_ATTRIBUTES: usize = 100;

impl Action for TriggerNotificationEvent {
    const NAME: &'static str = "TriggerNotificationEvent";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["notification_identifier", "title", "message"];
    const EXAMPLE: &'static str = r#"{"notification_identifier": "custom.server.add", "title": "New server", "message": "srv9.example.com takes services.", "status": "Ready", "statusStyle": "success"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_IDENTIFIER), Exact(NO_TITLE), Exact(NO_MESSAGE)];
    type Reply = TriggerNotificationEventReply;

    async fn run(self, call: Call<'_>) -> Result<TriggerNotificationEventReply> {
        let notification = Notification {
            identifier: required(self.notification_identifier, ("notification_identifier", NAME_BYTES), NO_IDENTIFIER)?,
            title: required(self.title, ("title", NAME_BYTES), NO_TITLE)?,
            message: required(self.message, ("message", TEXT_BYTES), NO_MESSAGE)?,
            url: self.url.text("url", URL_BYTES)?,
            status: self.status.text("status", NAME_BYTES)?,
            status_style: self.status_style.text("statusStyle", NAME_BYTES)?,
            attributes: attributes(self.attributes),
        };
        system::notify(call.context(), &notification).await?;
        Ok(TriggerNotificationEventReply {})
    }
}

fn required(text: Param<String>, (name, bytes): (&str, usize), missing: &'static str) -> Result<String> {
    Param::Given(text.required(missing)?).text(name, bytes)
}

/// Returns the details, without what is none.
fn attributes(sent: Param<Nested>) -> Vec<Attribute> {
    let list = sent.lenient().and_then(|list| list.pairs("attributes").ok()).unwrap_or_default();
    let attribute = |detail: &Json| {
        let text = |key: &str| match &detail[key] {
            Json::String(text) => text.clone(),
            Json::Number(number) => number.to_string(),
            _ => String::new(),
        };
        Attribute {
            label: text("label"),
            value: text("value"),
            url: text("url"),
            style: text("style"),
            icon: text("icon"),
        }
    };
    let attributes = list.iter().map(|(_, detail)| attribute(detail));
    attributes.filter(|detail| !detail.label.is_empty() && !detail.value.is_empty()).take(MAX_ATTRIBUTES).collect()
}
