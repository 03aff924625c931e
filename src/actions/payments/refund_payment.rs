//! `RefundPayment`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::payments::TRANSACTION_NOT_FOUND;
use crate::actions::words::{NO_AMOUNT, NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action, GatewayWords};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::billing::{self, RefundRequest, RefundWay};
use crate::param::Param;
use crate::param::schema;

/// Refunds a payment, in part or whole.
///
/// `gateway` has the payment gateway pay it back, and waits for the outcome; `credit` makes it credit of the client; `record`
/// only records that it was paid back in another way. The invoice turns Refunded once all of it was refunded. What its lines
/// gave is reversed, as for a refund that AddTransaction records. WHMCS refunds in its pages only.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct RefundPayment {
    /// The `id` of the payment, as GetTransactions returns it.
    transactionid: Param<u32>,
    /// By default, all that was not refunded yet.
    amount: Param<Money>,
    /// `gateway` (the default), `credit` or `record`.
    r#type: Param<String>,
    /// The id of the refund at whoever has paid it back; only for `record`.
    transid: Param<String>,
    /// When it was refunded, as `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`; by default, now. Only for `credit` and `record`.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct RefundPaymentReply {
    transactionid: i64,
    /// What was refunded by this call.
    #[schemars(with = "String")]
    amount: Money,
    /// The invoice of the payment, or 0.
    invoiceid: i64,
}

const TYPE_INVALID: &str = "Invalid refund type. Should be gateway, credit or record";

impl Action for RefundPayment {
    const NAME: &'static str = "RefundPayment";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const IS_DOCUMENTED: bool = false;
    const GATEWAY_WORDS: Option<GatewayWords> =
        Some(GatewayWords { failed: None, superseded: "Nothing of this payment is left to refund" });
    const REQUIRED: &[&str] = &["transactionid"];
    const EXAMPLE: &'static str = r#"{"transactionid": 1, "amount": "5.00", "type": "credit"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(TRANSACTION_NOT_FOUND), Exact(TYPE_INVALID)];
    type Reply = RefundPaymentReply;

    async fn run(self, call: Call<'_>) -> Result<RefundPaymentReply> {
        let id = i64::from(self.transactionid.required(TRANSACTION_NOT_FOUND)?);
        let way = match self.r#type.optional(TYPE_INVALID)?.unwrap_or_default().trim().to_lowercase().as_str() {
            "" | "gateway" => RefundWay::Gateway,
            "credit" => RefundWay::Credit,
            "record" => RefundWay::Booked,
            _ => return refuse(TYPE_INVALID),
        };
        let amount = self.amount.optional(NOT_AN_AMOUNT)?;
        match amount {
            Some(amount) if amount.is_zero() => return refuse(NO_AMOUNT),
            Some(amount) if !amount.is_positive() => return refuse(NOT_AN_AMOUNT),
            _ => {}
        }
        let locked = billing::lock_refund(call.db, id).await?;
        let request = RefundRequest {
            amount,
            way,
            transaction: self.transid.text("transid", TEXT_BYTES)?,
            at: self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.local()),
        };
        let invoiceid = locked.payment.invoice;
        let amount = billing::refund(call.context(), &locked, request).await?;
        Ok(RefundPaymentReply { transactionid: id, amount, invoiceid })
    }
}
