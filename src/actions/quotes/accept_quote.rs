//! `AcceptQuote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::quotes::QUOTE_NOT_FOUND;
use crate::actions::{Access, Action, Touches};
use crate::auth::password;
use crate::call::Call;
use crate::domain::id::{InvoiceId, QuoteId};
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result};
use crate::operations::quotes;
use crate::param::Param;

/// Accepts a quote, which becomes an invoice with a line for each item. The invoice is due after `CreateInvoiceDaysBefore` days,
/// and its taxes follow from the rules of today.
///
/// If a quote was accepted before, the invoice that it became is returned and nothing is changed, so that it is billed once.
/// WHMCS stores nowhere which invoice a quote became: one that a WHMCS has accepted is rejected. WHMCS is said to make another
/// invoice each time, and so does this server with `compat.accept_quote_twice = "new_invoice"`.
///
/// Somebody who is no client becomes one, owned by a new user with a password that nobody knows; their address must be in use
/// by no other client or user. The mail `Quote Accepted` is sent if there is such a template.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AcceptQuote {
    quoteid: Param<QuoteId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AcceptQuoteReply {
    invoiceid: i64,
}

impl Action for AcceptQuote {
    const NAME: &'static str = "AcceptQuote";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const HASHES_PASSWORDS: bool = true;
    const REQUIRED: &[&str] = &["quoteid"];
    const EXAMPLE: &'static str = r#"{"quoteid": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(QUOTE_NOT_FOUND)];
    type Reply = AcceptQuoteReply;

    async fn run(self, call: Call<'_>) -> Result<AcceptQuoteReply> {
        let quote = quotes::lock(call.db, self.quoteid.required(QUOTE_NOT_FOUND)?).await?;
        if let Some(InvoiceId(invoiceid)) = quotes::earlier_invoice(call.db, call.compat, &quote).await? {
            return Ok(AcceptQuoteReply { invoiceid });
        }
        let password_hash = match quote.client {
            Some(_) => None,
            None => Some(password::hash(call.hashing_permit()?, call.settings.crypto.mode, random_password()?).await?),
        };
        let InvoiceId(invoiceid) = quotes::accept(call.context(), &quote, password_hash).await?;
        Ok(AcceptQuoteReply { invoiceid })
    }
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}").into()))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
