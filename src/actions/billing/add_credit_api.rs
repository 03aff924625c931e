//! `AddCreditApi`, which WHMCS lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::positive;
use crate::actions::words::billing::CLOSED;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::{NO_AMOUNT, NOT_AN_AMOUNT};
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::id::ClientId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::Result;
use crate::operations::billing::{self, CreditPurchase};
use crate::operations::clients;
use crate::param::Param;

/// Sells credit to a client: creates an unpaid invoice whose payment raises the client's balance.
///
/// The amount must be within WHMCS's settings `AddFundsMinimum` and `AddFundsMaximum`, which apply to the number in any
/// currency. `compat.add_funds_rules` decides whether `AddFundsEnabled` and `AddFundsMaximumBalance` apply, too. Credit is
/// not taxed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddCreditApi {
    /// The client who buys credit.
    userid: Param<ClientId>,
    /// The amount, above zero.
    itemamount: Param<Money>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddCreditApiReply {
    invoiceid: i64,
    status: &'static str,
    #[serde(rename = "paymentMethod")]
    payment_method: PaymentMethod,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PaymentMethod {
    amount: Money,
    /// How to pay: an address, the gateway's instructions, or nothing.
    data: String,
}

impl Action for AddCreditApi {
    const NAME: &'static str = "AddCreditApi";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["userid", "itemamount", "paymentmethod"];
    const EXAMPLE: &'static str = r#"{"userid": 1, "itemamount": "25.00", "paymentmethod": "paypal"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(NO_AMOUNT),
        Exact(NOT_AN_AMOUNT),
        Exact(CLOSED),
        Prefix { text: "Amount must be at least", code: "amount_too_small" },
        Prefix { text: "Amount must be at most", code: "amount_too_large" },
        Prefix { text: "Adding funds is disabled", code: "add_funds_disabled" },
        Prefix { text: "Amount would raise the balance above", code: "balance_too_large" },
        Prefix { text: "Invalid Payment Method. Valid options include", code: "invalid_payment_method" },
    ];
    type Reply = AddCreditApiReply;

    async fn run(self, call: Call<'_>) -> Result<AddCreditApiReply> {
        let client = clients::lock(call.db, self.userid.required(CLIENT_NOT_FOUND)?).await?;
        let amount = positive(self.itemamount)?;
        let purchase = CreditPurchase {
            amount,
            gateway: self.paymentmethod.lenient().unwrap_or_default(),
            description: "Add Credit".to_owned(),
            notes: "Credit request via API".to_owned(),
            checks_rules: call.compat.add_funds_rules,
        };
        let purchase_result = billing::buy_credit(call.context(), &client, purchase).await?;
        Ok(AddCreditApiReply {
            invoiceid: purchase_result.invoice.0,
            status: purchase_result.status.name(),
            payment_method: PaymentMethod { amount, data: purchase_result.instructions },
        })
    }
}
