//! `DeleteOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::NOT_FINAL;
use crate::actions::words::with_text;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::Refusal;
use crate::operations::orders::delete::delete;
use crate::param::Param;

/// Deletes an order with status Cancelled or Fraud, with its services, addons and domains and everything that belongs
/// to these.
///
/// The invoice is deleted too, unless it was ever Paid or has payments or credit.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteOrder {
    orderid: Param<OrderId>,
}

const NOT_FOUND: &str = "Order ID not found";

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteOrderReply {}

impl Action for DeleteOrder {
    const NAME: &'static str = "DeleteOrder";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_FOUND), Exact(NOT_FINAL)];
    type Reply = DeleteOrderReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteOrderReply> {
        let id = self.orderid.required(NOT_FOUND)?;
        delete(call.context(), id).await.map_err(|error| with_text(error, &Refusal::OrderNotFound, NOT_FOUND))?;
        Ok(DeleteOrderReply {})
    }
}
