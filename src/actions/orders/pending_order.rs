//! `PendingOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::ORDER_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::status;
use crate::param::Param;

/// Sets an order and all its items back to Pending, whatever their status.
///
/// If the order was Cancelled or Fraud, its stock and the use of its promotion code are counted again; it is rejected
/// if the stock does not suffice or the code has no uses left. The invoice stays unchanged, even if it was cancelled
/// with the order.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct PendingOrder {
    orderid: Param<OrderId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct PendingOrderReply {}

impl Action for PendingOrder {
    const NAME: &'static str = "PendingOrder";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(ORDER_NOT_FOUND)];
    type Reply = PendingOrderReply;

    async fn run(self, call: Call<'_>) -> Result<PendingOrderReply> {
        status::set_pending(call.context(), self.orderid.required(ORDER_NOT_FOUND)?).await?;
        Ok(PendingOrderReply {})
    }
}
