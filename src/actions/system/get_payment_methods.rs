//! `GetPaymentMethods`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::{Access, Action};
use crate::call::Call;
use crate::error::Result;
use crate::store;
use crate::store::billing::gateways::Gateway;

/// Returns the active payment gateways, in the operator's order. A gateway without a display name is listed by its
/// module's name.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetPaymentMethods {}

#[derive(Debug, JsonSchema, Serialize)]
pub struct GetPaymentMethodsReply {
    totalresults: usize,
    paymentmethods: PaymentMethods,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PaymentMethods {
    paymentmethod: Vec<PaymentMethod>,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PaymentMethod {
    /// The value for the parameter `paymentmethod` of other actions.
    module: String,
    displayname: String,
}

impl Action for GetPaymentMethods {
    const NAME: &'static str = "GetPaymentMethods";
    const ACCESS: Access = Access::Read;
    const EXAMPLE: &'static str = "{}";
    type Reply = GetPaymentMethodsReply;

    async fn run(self, call: Call<'_>) -> Result<GetPaymentMethodsReply> {
        let gateways = store::billing::gateways::active(call.db).await?;
        let paymentmethod: Vec<_> = gateways.into_iter().map(PaymentMethod::from).collect();
        Ok(GetPaymentMethodsReply {
            totalresults: paymentmethod.len(),
            paymentmethods: PaymentMethods { paymentmethod },
        })
    }
}

impl From<Gateway> for PaymentMethod {
    fn from(gateway: Gateway) -> PaymentMethod {
        PaymentMethod { module: gateway.name, displayname: gateway.display_name }
    }
}
