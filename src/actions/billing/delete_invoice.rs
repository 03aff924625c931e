//! `DeleteInvoice`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::billing::{INVOICE_NOT_FOUND, NOT_DELETABLE};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::billing::{self, Removal};
use crate::param::Param;

/// Deletes a draft, an unpaid or a cancelled invoice, with its lines.
///
/// An invoice with payments, refunds or credit is part of the books, and is cancelled instead: the reply says which. Credit that was
/// applied to it returns to the balance. WHMCS has this
/// in its pages only.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteInvoice {
    invoiceid: Param<InvoiceId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteInvoiceReply {
    invoiceid: i64,
    /// `Deleted`, or `Cancelled` if it has a history.
    status: &'static str,
}

impl Action for DeleteInvoice {
    const NAME: &'static str = "DeleteInvoice";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 129}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND), Exact(NOT_DELETABLE)];
    type Reply = DeleteInvoiceReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteInvoiceReply> {
        let invoice = billing::lock_invoice(call.db, self.invoiceid.required(INVOICE_NOT_FOUND)?).await?;
        let removal = billing::delete_invoice(call.context(), &invoice).await?;
        Ok(DeleteInvoiceReply {
            invoiceid: invoice.balance.id.0,
            status: match removal {
                Removal::Deleted => "Deleted",
                Removal::Cancelled => "Cancelled",
            },
        })
    }
}
