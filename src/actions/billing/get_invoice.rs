//! `GetInvoice`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::invoice_reply::{self, InvoiceReply};
use crate::actions::words::billing::INVOICE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::param::Param;

/// Returns an invoice with its lines and payments.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetInvoice {
    invoiceid: Param<InvoiceId>,
}

impl Action for GetInvoice {
    const NAME: &'static str = "GetInvoice";
    const ACCESS: Access = Access::Read;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 12}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND)];
    type Reply = InvoiceReply;

    async fn run(self, call: Call<'_>) -> Result<InvoiceReply> {
        invoice_reply::read(call.db, self.invoiceid.required(INVOICE_NOT_FOUND)?).await
    }
}
