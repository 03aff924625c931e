//! `AddInvoicePayment`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amounts::{not_negative, positive};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::billing::{INVOICE_NOT_FOUND, IS_CANCELLED};
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::billing::{self, Payment};
use crate::param::Param;
use crate::param::schema;

/// Records a payment of an invoice.
///
/// When nothing is left to pay, the invoice turns Paid, and its `AddFunds` lines become credit once, even if the
/// invoice is set to Unpaid and paid again. An overpayment becomes credit, too. The client gets the e-mail that
/// confirms the payment. Nothing is provisioned or renewed.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddInvoicePayment {
    invoiceid: Param<InvoiceId>,
    /// The gateway's id of the payment. An id that is already booked is rejected, as set in `compat.duplicate_transid`;
    /// a gateway is the same under each of its names.
    transid: Param<String>,
    /// The gateway: its name or its display name, in any case. Any other text is recorded as it is. By default, the
    /// invoice's gateway.
    gateway: Param<String>,
    /// `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`; by default, now.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    /// The amount paid; by default, all that is left to pay.
    amount: Param<Money>,
    /// The gateway's fees, which are part of the amount.
    fees: Param<Money>,
    /// Sends no e-mail.
    noemail: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddInvoicePaymentReply {}

impl Action for AddInvoicePayment {
    const NAME: &'static str = "AddInvoicePayment";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str =
        r#"{"invoiceid": 130, "transid": "4KX10273", "gateway": "paypal", "date": "2026-11-20"}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND), Exact(IS_CANCELLED)];
    type Reply = AddInvoicePaymentReply;

    async fn run(self, call: Call<'_>) -> Result<AddInvoicePaymentReply> {
        let invoice = billing::lock_invoice(call.db, self.invoiceid.required(INVOICE_NOT_FOUND)?).await?;
        invoice.check_takes_payments()?;
        let gateway = match self.gateway.text("gateway", TEXT_BYTES)? {
            name if name.trim().is_empty() => invoice.balance.payment_method.clone(),
            name => name,
        };
        let gateway = billing::gateway_of_payment(call.db, Some(&invoice.client), gateway).await?;
        let date = self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.local());
        let amount = match self.amount {
            Param::Absent => None,
            amount => Some(positive(amount)?),
        };
        let fees = not_negative(self.fees)?;
        let transaction = self.transid.text("transid", TEXT_BYTES)?;
        let payment = Payment { gateway, date, amount, fees, transaction };
        billing::pay(call.context(), &invoice, payment, !self.noemail.is_set()).await?;
        Ok(AddInvoicePaymentReply {})
    }
}
