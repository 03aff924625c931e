//! `GetWebhooks`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store::webhooks::endpoints::{self, EndpointRow};

/// Returns the endpoints that are told of events, without their secrets.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetWebhooks {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetWebhooksReply {
    totalresults: usize,
    webhooks: Vec<Webhook>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Webhook {
    id: i64,
    /// `push` or `pull`.
    kind: String,
    url: String,
    /// Separated by blanks.
    events: String,
    description: String,
    /// Whether it is enabled: 1 or 0.
    enabled: u8,
    /// Why it is disabled.
    reason: String,
    /// The last event before it was disabled: `ReplayWebhook` sends those after it.
    disabledafter: i64,
    /// Since when deliveries fail, in UTC; empty if the last one succeeded.
    failingsince: String,
    /// When a delivery succeeded last, to the minute.
    lastsuccess: String,
    created: String,
}

impl Action for GetWebhooks {
    const NAME: &'static str = "GetWebhooks";
    const ACCESS: Access = Access::Read;
    const IS_DOCUMENTED: bool = false;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetWebhooksReply;

    async fn run(self, call: Call<'_>) -> Result<GetWebhooksReply> {
        let webhooks: Vec<Webhook> = endpoints::all(call.db).await?.into_iter().map(Webhook::from).collect();
        Ok(GetWebhooksReply { totalresults: webhooks.len(), webhooks })
    }
}

impl From<EndpointRow> for Webhook {
    fn from(row: EndpointRow) -> Webhook {
        let written = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d %H:%M:%S").to_string();
        Webhook {
            id: row.id,
            kind: row.kind,
            url: row.url,
            events: row.events,
            description: row.description,
            enabled: row.is_enabled.into(),
            reason: row.reason,
            disabledafter: row.disabled_after,
            failingsince: row.failing_since.map(written).unwrap_or_default(),
            lastsuccess: row.succeeded_at.map(written).unwrap_or_default(),
            created: written(row.created_at),
        }
    }
}
