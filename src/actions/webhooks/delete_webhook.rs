//! `DeleteWebhook`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::webhooks::WEBHOOK_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::webhooks;
use crate::param::Param;

/// Deletes an endpoint and its deliveries.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteWebhook {
    webhookid: Param<u32>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteWebhookReply {
    webhookid: i64,
}

impl Action for DeleteWebhook {
    const NAME: &'static str = "DeleteWebhook";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["webhookid"];
    const EXAMPLE: &'static str = r#"{"webhookid": 3}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(WEBHOOK_NOT_FOUND)];
    type Reply = DeleteWebhookReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteWebhookReply> {
        let id = i64::from(self.webhookid.required(WEBHOOK_NOT_FOUND)?);
        webhooks::delete(call.context(), id).await?;
        Ok(DeleteWebhookReply { webhookid: id })
    }
}
