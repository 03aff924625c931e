//! `ReplayWebhook`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::webhooks::{DISABLED, NOT_FOR_READERS, WEBHOOK_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::webhooks::{self, Replay};
use crate::param::Param;

/// Sends events to an endpoint again, with the same ids: those that were given up or withdrawn, or those after a number.
///
/// Events are kept for 30 days. At most 5000 are sent by one call; a further call with a higher `after` sends more.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ReplayWebhook {
    webhookid: Param<u32>,
    /// Sends the events with a `sequence` above this number. By default, those are sent whose deliveries were given up or withdrawn.
    after: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ReplayWebhookReply {
    webhookid: i64,
    /// The number of events that are sent.
    events: u64,
}

const NOT_A_NUMBER: &str = "after must be the sequence of an event";

impl Action for ReplayWebhook {
    const NAME: &'static str = "ReplayWebhook";
    const ACCESS: Access = Access::Write;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["webhookid"];
    const EXAMPLE: &'static str = r#"{"webhookid": 1, "after": 0}"#;
    const ERRORS: &'static [DocumentedError] =
        &[Exact(WEBHOOK_NOT_FOUND), Exact(NOT_A_NUMBER), Exact(NOT_FOR_READERS), Exact(DISABLED)];
    type Reply = ReplayWebhookReply;

    async fn run(self, call: Call<'_>) -> Result<ReplayWebhookReply> {
        let id = i64::from(self.webhookid.required(WEBHOOK_NOT_FOUND)?);
        let which = match self.after.optional(NOT_A_NUMBER)? {
            Some(sequence) => Replay::After(i64::from(sequence)),
            None => Replay::NotDelivered,
        };
        let events = webhooks::replay(call.context(), id, which).await?;
        Ok(ReplayWebhookReply { webhookid: id, events })
    }
}
