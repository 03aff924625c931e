//! `GetInvoicePdf`, which WHMCS does not have.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::billing::{INVOICE_NOT_FOUND, TOO_LARGE};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::billing;
use crate::param::Param;

/// Returns an invoice as a PDF, in base64. WHMCS has this in its pages only. At `/v1`, the reply is the file itself if
/// the request has `Accept: application/pdf`.
///
/// It is in the client's language (English, French, German, Portuguese or Spanish; otherwise `pdf.language` of the settings), with the
/// seller's address of WHMCS's `InvoicePayTo`. It has a font for Latin, Greek and Cyrillic; `pdf.font` names others. Unpaid
/// invoices are proforma invoices if WHMCS's `EnableProformaInvoicing` and sequential numbers are on. An invoice with more than 2000
/// lines is rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct GetInvoicePdf {
    invoiceid: Param<InvoiceId>,
}

/// A file.
#[derive(Debug, JsonSchema, Serialize)]
pub struct InvoiceFile {
    invoiceid: i64,
    /// Such as `invoice-2026-0007.pdf`.
    filename: String,
    /// `application/pdf`
    mimetype: &'static str,
    /// The file in base64.
    data: String,
}

impl Action for GetInvoicePdf {
    const NAME: &'static str = "GetInvoicePdf";
    const ACCESS: Access = Access::Read;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 12}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(INVOICE_NOT_FOUND), Exact(TOO_LARGE)];
    type Reply = InvoiceFile;

    async fn run(self, call: Call<'_>) -> Result<InvoiceFile> {
        let id = self.invoiceid.required(INVOICE_NOT_FOUND)?;
        let pdf = billing::invoice_pdf(call.context(), id).await?;
        let data = STANDARD.encode(&pdf.data);
        Ok(InvoiceFile { invoiceid: id.0, filename: pdf.filename, mimetype: "application/pdf", data })
    }
}
