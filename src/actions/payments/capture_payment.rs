//! `CapturePayment`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::payments::ATTEMPT_FAILED;
use crate::actions::{Access, Action, GatewayWords};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::billing::{self, Refusal};
use crate::operations::{OperationError, Refusal as _};
use crate::param::{Param, Password};

/// Charges a client's card with what is left to pay on an unpaid invoice, through the invoice's payment gateway, and waits for
/// the outcome.
///
/// The card is the one that was chosen for the invoice, or else the first of the client's that the gateway has stored. At most
/// one charge of an invoice is in progress at a time. If the gateway says that the payment is pending, the call succeeds and
/// the invoice turns Payment Pending. If its answer does not tell what it did, the outcome is unknown (HTTP status 504), and is
/// looked up; the card is not charged again meanwhile.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CapturePayment {
    invoiceid: Param<InvoiceId>,
    /// The security code of the card, which is passed on and never stored.
    cvv: Param<Password>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CapturePaymentReply {}

const NOT_UNPAID: &str = "Invoice Not Found or Not Unpaid";
/// Maximum length of a security code.
const CODE_BYTES: usize = 10;

impl Action for CapturePayment {
    const NAME: &'static str = "CapturePayment";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const GATEWAY_WORDS: Option<GatewayWords> =
        Some(GatewayWords { failed: Some(ATTEMPT_FAILED), superseded: NOT_UNPAID });
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 95}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NOT_UNPAID), Exact(ATTEMPT_FAILED)];
    type Reply = CapturePaymentReply;

    async fn run(self, call: Call<'_>) -> Result<CapturePaymentReply> {
        let id = self.invoiceid.required(NOT_UNPAID)?;
        let code = Some(self.cvv.text("cvv", CODE_BYTES)?).filter(|code| !code.is_empty());
        let invoice = billing::lock_invoice(call.db, id).await.map_err(in_words)?;
        billing::capture(call.context(), &invoice, code).await.map_err(in_words)?;
        Ok(CapturePaymentReply {})
    }
}

fn in_words(error: OperationError<Refusal>) -> Error {
    match error {
        OperationError::Refused(Refusal::InvoiceNotFound | Refusal::ClientNotFound | Refusal::InvoiceNotUnpaid) => {
            Error::Refused(NOT_UNPAID)
        }
        // The code tells programs which it is.
        OperationError::Refused(refusal @ (Refusal::GatewayNotSetUp { .. } | Refusal::NoPayMethod)) => {
            Error::RefusedAs { code: refusal.code(), message: ATTEMPT_FAILED.to_owned() }
        }
        error => error.into(),
    }
}
