//! `DeleteQuote`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::quotes::QUOTE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::QuoteId;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::quotes;
use crate::param::Param;

/// Deletes a quote with its items, whatever its stage. The invoice that it became stays.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct DeleteQuote {
    quoteid: Param<QuoteId>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct DeleteQuoteReply {}

impl Action for DeleteQuote {
    const NAME: &'static str = "DeleteQuote";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["quoteid"];
    const EXAMPLE: &'static str = r#"{"quoteid": 1}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(QUOTE_NOT_FOUND)];
    type Reply = DeleteQuoteReply;

    async fn run(self, call: Call<'_>) -> Result<DeleteQuoteReply> {
        let quote = quotes::lock(call.db, self.quoteid.required(QUOTE_NOT_FOUND)?).await?;
        quotes::delete(call.context(), &quote).await?;
        Ok(DeleteQuoteReply {})
    }
}
