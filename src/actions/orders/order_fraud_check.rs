//! `OrderFraudCheck`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::orders::{NO_FRAUD_MODULE, ORDER_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::OrderId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::orders::check_for_fraud;
use crate::param::Param;

/// Has the operator's fraud check (`[fraud]`) judge an order, and stores the result with the order.
///
/// The status of the order stays as it is: call FraudOrder to mark it as fraud.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct OrderFraudCheck {
    orderid: Param<OrderId>,
    /// Used in place of the address that the order came from.
    ipaddress: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct OrderFraudCheckReply {
    /// `Pass` or `Fail`.
    status: &'static str,
    /// The name of the fraud check.
    module: String,
    /// All that it told, as JSON.
    results: String,
}

const ADDRESS_BYTES: usize = 255;

impl Action for OrderFraudCheck {
    const NAME: &'static str = "OrderFraudCheck";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["orderid"];
    const EXAMPLE: &'static str = r#"{"orderid": 9}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(ORDER_NOT_FOUND), Exact(NO_FRAUD_MODULE)];
    type Reply = OrderFraudCheckReply;

    async fn run(self, call: Call<'_>) -> Result<OrderFraudCheckReply> {
        let id = self.orderid.required(ORDER_NOT_FOUND)?;
        let address = Some(self.ipaddress.text("ipaddress", ADDRESS_BYTES)?).filter(|address| !address.is_empty());
        let check = check_for_fraud(call.context(), id, address).await?;
        let status = if check.is_fraud { "Fail" } else { "Pass" };
        Ok(OrderFraudCheckReply { status, module: check.module, results: check.results })
    }
}
