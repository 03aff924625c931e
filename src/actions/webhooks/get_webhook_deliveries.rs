//! `GetWebhookDeliveries`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::paging::Paging;
use crate::actions::words::webhooks::WEBHOOK_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::param::Param;
use crate::store::webhooks::deliveries::{self, DeliveryRow};
use crate::store::webhooks::endpoints;

/// Returns the deliveries to an endpoint of the last 30 days, the latest first.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetWebhookDeliveries {
    webhookid: Param<u32>,
    /// Only those in this state: `pending`, `running`, `done`, `failed` (given up after a day) or `superseded` (withdrawn).
    state: Param<String>,
    #[serde(flatten)]
    paging: Paging,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetWebhookDeliveriesReply {
    totalresults: i64,
    startnumber: u32,
    numreturned: usize,
    deliveries: Vec<Delivery>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct Delivery {
    id: i64,
    /// The name and the `sequence` of the event: `InvoicePaid #17`.
    event: String,
    state: String,
    attempts: i64,
    /// When it ended, or is attempted next, in UTC.
    time: String,
    /// When it was added, in UTC.
    created: String,
    error: String,
}

impl Action for GetWebhookDeliveries {
    const NAME: &'static str = "GetWebhookDeliveries";
    const ACCESS: Access = Access::Read;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["webhookid"];
    const EXAMPLE: &'static str = r#"{"webhookid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(WEBHOOK_NOT_FOUND)];
    type Reply = GetWebhookDeliveriesReply;

    async fn run(self, call: Call<'_>) -> Result<GetWebhookDeliveriesReply> {
        let id = i64::from(self.webhookid.required(WEBHOOK_NOT_FOUND)?);
        if endpoints::find(call.db, id).await?.is_none() {
            return refuse(WEBHOOK_NOT_FOUND);
        }
        let page = self.paging.page();
        let listed = deliveries::list(call.db, id, self.state.lenient().as_deref(), page).await?;
        let deliveries: Vec<Delivery> = listed.rows.into_iter().map(Delivery::from).collect();
        Ok(GetWebhookDeliveriesReply {
            totalresults: listed.total,
            startnumber: page.start,
            numreturned: deliveries.len(),
            deliveries,
        })
    }
}

impl From<DeliveryRow> for Delivery {
    fn from(row: DeliveryRow) -> Delivery {
        Delivery {
            id: row.id,
            event: row.summary,
            state: row.state,
            attempts: row.attempts,
            time: row.due_at,
            created: row.created_at,
            error: row.last_error,
        }
    }
}
