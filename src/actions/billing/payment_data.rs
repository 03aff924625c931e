//! `PaymentData`, which WHMCS lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::invoice_reply::{self, InvoiceReply};
use crate::actions::words::billing::INVOICE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::billing;
use crate::param::Param;
use crate::store;
use crate::wire::Success;

/// Returns an invoice together with the gateway's payment instructions.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct PaymentData {
    invoiceid: Param<InvoiceId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct PaymentDataReply {
    paymentdata: PaymentDetails,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PaymentDetails {
    /// The whole reply of GetInvoice.
    order: Success<InvoiceReply>,
    /// The invoice's total.
    amount: Money,
    /// How to pay: an address, the gateway's instructions, or nothing.
    data: String,
}

impl Action for PaymentData {
    const NAME: &'static str = "PaymentData";
    const ACCESS: Access = Access::Read;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 130}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND)];
    type Reply = PaymentDataReply;

    async fn run(self, call: Call<'_>) -> Result<PaymentDataReply> {
        let id = self.invoiceid.required(INVOICE_NOT_FOUND)?;
        let invoice = invoice_reply::read(call.db, id).await?;
        let configuration = store::system::configuration::read(call.db).await?;
        let gateways = store::billing::gateways::active(call.db).await?;
        let gateway = gateways.find(&invoice.paymentmethod);
        let links = &call.settings.links;
        let data = gateway.map(|gateway| billing::instructions(gateway, id, &configuration, links)).unwrap_or_default();
        let amount = invoice.total;
        Ok(PaymentDataReply { paymentdata: PaymentDetails { order: Success::new(invoice), amount, data } })
    }
}
