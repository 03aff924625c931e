//! `FraudOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::{ORDER_NOT_FOUND, SUBSCRIPTION_NOT_CANCELLED};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::status;
use crate::param::Param;

/// Marks an order and all its items as fraud, whatever their status, and cancels its invoice if that is unpaid.
///
/// Counted stock and the use of the promotion code are released, as by CancelOrder. No command is sent to a module to
/// end a service.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct FraudOrder {
    orderid: Param<OrderId>,
    /// Rejected, and nothing is marked: this server cannot send a gateway the command to end a subscription.
    cancelsub: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct FraudOrderReply {}

impl Action for FraudOrder {
    const NAME: &'static str = "FraudOrder";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(ORDER_NOT_FOUND), Exact(SUBSCRIPTION_NOT_CANCELLED)];
    type Reply = FraudOrderReply;

    async fn run(self, call: Call<'_>) -> Result<FraudOrderReply> {
        let id = self.orderid.required(ORDER_NOT_FOUND)?;
        status::mark_as_fraud(call.context(), id, self.cancelsub.is_set()).await?;
        Ok(FraudOrderReply {})
    }
}
