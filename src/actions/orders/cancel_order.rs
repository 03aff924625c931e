//! `CancelOrder`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::{NOT_PENDING, SUBSCRIPTION_NOT_CANCELLED};
use crate::actions::{Access, Action, Ignored};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::status;
use crate::param::Param;

/// Cancels a pending order, its pending items, and its invoice if that is unpaid.
///
/// Counted stock of the ordered products and the use of the promotion code are released. Payments and credit on the
/// invoice stay there. No mail is sent.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CancelOrder {
    orderid: Param<OrderId>,
    /// Rejected, and nothing is cancelled: this server cannot send a gateway the command to end a subscription.
    cancelsub: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CancelOrderReply {}

impl Action for CancelOrder {
    const NAME: &'static str = "CancelOrder";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 15}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_PENDING), Exact(SUBSCRIPTION_NOT_CANCELLED)];
    const IGNORED: &'static [Ignored] =
        &[Ignored { parameters: &["noemail"], reason: "no invoice becomes paid, so no mail is sent anyway" }];
    type Reply = CancelOrderReply;

    async fn run(self, call: Call<'_>) -> Result<CancelOrderReply> {
        let id = self.orderid.required(NOT_PENDING)?;
        status::cancel(call.context(), id, self.cancelsub.is_set()).await?;
        Ok(CancelOrderReply {})
    }
}
