//! `FraudOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cancel_order::{Items, SUBSCRIPTION_NOT_CANCELLED, locked_order, turn};
use super::pending_order::ORDER_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::domain::order::Status;
use crate::error::{Result, refuse};
use crate::param::Param;

/// Marks an order and all its items as a fraud, whatever their status, and cancels its invoice where that is Unpaid.
///
/// What of it was counted is given back as by CancelOrder. No module is asked to end a service.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct FraudOrder {
    orderid: Param<OrderId>,
    /// Refused, and nothing is marked: this server cannot ask a gateway to end a subscription.
    cancelsub: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

impl Action for FraudOrder {
    const NAME: &'static str = "FraudOrder";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["orderid"];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let order = locked_order(call.db, self.orderid, ORDER_NOT_FOUND).await?;
        if self.cancelsub.is_set() {
            return refuse(SUBSCRIPTION_NOT_CANCELLED);
        }
        turn(call, &order, Status::Fraud, Items::All).await?;
        Ok(Reply {})
    }
}
