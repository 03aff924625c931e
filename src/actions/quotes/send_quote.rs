//! `SendQuote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::quotes::QUOTE_NOT_FOUND;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::domain::id::QuoteId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::quotes;
use crate::param::Param;

/// Mails a quote to whom it is for, from the template `Quote Delivery with PDF`. Its stage becomes `Delivered`, unless it is
/// `Accepted`.
///
/// The mail has no PDF, which this server does not make: `{$quote_html_contents}` has the items and the total. If nobody would
/// get the mail, because there is no address or no template, the call is rejected.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct SendQuote {
    quoteid: Param<QuoteId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct SendQuoteReply {}

impl Action for SendQuote {
    const NAME: &'static str = "SendQuote";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["quoteid"];
    const EXAMPLE: &'static str = r#"{"quoteid": 2}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(QUOTE_NOT_FOUND)];
    type Reply = SendQuoteReply;

    async fn run(self, call: Call<'_>) -> Result<SendQuoteReply> {
        let quote = quotes::lock(call.db, self.quoteid.required(QUOTE_NOT_FOUND)?).await?;
        quotes::send(call.context(), &quote).await?;
        Ok(SendQuoteReply {})
    }
}
