//! `UpdateQuote`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::{INVALID_STAGE, TextParams, line_items};
use crate::actions::clients::person::{self, NOT_AN_EMAIL};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use crate::actions::words::quotes::QUOTE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ClientId, CurrencyId, QuoteId};
use crate::domain::sales::quote::Stage;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::quotes::{self, QuoteUpdate};
use crate::param::{Clearable, Nested, Param, schema};

/// Changes a quote. What is not given stays as it is.
///
/// The quote is added up again if its items change, or whose taxes apply. An item with the `id` of one of the quote is changed,
/// and one without is added; other items stay, and the ids of other quotes' items are ignored. The dates on which a quote was
/// sent and accepted are changed by SendQuote and AcceptQuote alone, not by its stage.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateQuote {
    quoteid: Param<QuoteId>,
    subject: Param<String>,
    /// `Draft`, `Delivered`, `On Hold`, `Accepted`, `Lost` or `Dead`.
    stage: Param<Stage>,
    /// `YYYY-MM-DD`, or in the operator's format.
    #[schemars(with = "schema::Date")]
    validuntil: Param<NaiveDate>,
    /// As `validuntil`.
    #[schemars(with = "schema::Date")]
    datecreated: Param<NaiveDate>,
    /// Items to change, which have an `id`, and to add, as in CreateQuote.
    lineitems: Param<Nested>,
    /// The client whom the quote is for from now on; `0` for somebody who is no client.
    #[schemars(with = "Clearable<schema::IdOrZero>")]
    userid: Clearable<ClientId>,
    /// The name and address; ignored, like `currency`, for a quote to a client.
    #[serde(flatten)]
    person: person::Parameters,
    /// The id of a currency.
    currency: Param<CurrencyId>,
    #[serde(flatten)]
    texts: TextParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateQuoteReply {}

impl Action for UpdateQuote {
    const NAME: &'static str = "UpdateQuote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["quoteid"];
    const EXAMPLE: &'static str =
        r#"{"quoteid": 2, "stage": "On Hold", "lineitems": [{"desc": "A domain for a year", "up": "12.00"}]}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(QUOTE_NOT_FOUND), Exact(INVALID_STAGE)];
    type Reply = UpdateQuoteReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateQuoteReply> {
        let quote = quotes::lock(call.db, self.quoteid.required(QUOTE_NOT_FOUND)?).await?;
        let stage = self.stage.unless_stored(&quote.stage).optional(INVALID_STAGE)?;
        let client = match self.userid.is_emptied() {
            true => Some(None),
            false => {
                let stored = quote.client.map_or(0, |client| client.0).to_string();
                self.userid.unless_stored(&stored).optional(CLIENT_NOT_FOUND)?.map(Some)
            }
        };
        let currency = self.currency.unless_stored(&quote.currency.to_string());
        let update = QuoteUpdate {
            subject: Some(self.subject.text("subject", TEXT_BYTES)?).filter(|subject| !subject.is_empty()),
            stage,
            valid_until: self.validuntil.optional(NOT_A_DATE)?,
            created_on: self.datecreated.optional(NOT_A_DATE)?,
            client,
            person: self.person.read(NOT_AN_EMAIL, &quote.person, false)?,
            currency: currency.optional(CURRENCY_NOT_FOUND)?.map(|currency| currency.0),
            texts: self.texts.read()?,
            items: line_items(self.lineitems)?,
        };
        quotes::update(call.context(), &quote, update).await?;
        Ok(UpdateQuoteReply {})
    }
}
