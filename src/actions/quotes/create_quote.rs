//! `CreateQuote`.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fields::{INVALID_STAGE, TextParams, line_items};
use crate::actions::clients::person::{self, NOT_AN_EMAIL};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ClientId, CurrencyId};
use crate::domain::sales::quote::Stage;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::operations::quotes::{self, NewQuote};
use crate::param::{Nested, Param, schema};
use crate::store::clients::person::Person;

/// Creates a quote: to a client, or to somebody whose name and address are given.
///
/// An item's amount is its quantity times its unit price, less the discount in percent. Taxes follow from the operator's rules
/// for the country and state of the client, or of the address. A quote to a client who does not exist is rejected. WHMCS stores
/// it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateQuote {
    subject: Param<String>,
    /// `Draft`, `Delivered`, `On Hold`, `Accepted`, `Lost` or `Dead`.
    stage: Param<Stage>,
    /// `YYYY-MM-DD`, or in the operator's format.
    #[schemars(with = "schema::Date")]
    validuntil: Param<NaiveDate>,
    /// As `validuntil`; by default, today.
    #[schemars(with = "schema::Date")]
    datecreated: Param<NaiveDate>,
    /// The items, each with `desc`, `qty` (1 by default), `up` (the unit price), `discount` (in percent) and `taxable`.
    lineitems: Param<Nested>,
    /// The client. The name, address, `tax_id` and `currency` of the call are ignored then.
    userid: Param<ClientId>,
    #[serde(flatten)]
    person: person::Parameters,
    /// The id of a currency; by default, the operator's default one.
    currency: Param<CurrencyId>,
    #[serde(flatten)]
    texts: TextParams,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateQuoteReply {
    quoteid: i64,
}

const NO_SUBJECT: &str = "Subject is required";
const NO_VALIDITY: &str = "Valid Until is required";

impl Action for CreateQuote {
    const NAME: &'static str = "CreateQuote";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["subject", "stage", "validuntil"];
    const EXAMPLE: &'static str = r#"{"subject": "A new website", "stage": "Draft", "validuntil": "2026-12-31", "userid": 1, "lineitems": [{"desc": "Design", "qty": 4, "up": "90.00", "discount": "10.00", "taxable": true}]}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(NO_SUBJECT), Exact(INVALID_STAGE), Exact(NO_VALIDITY)];
    type Reply = CreateQuoteReply;

    async fn run(self, call: Call<'_>) -> Result<CreateQuoteReply> {
        let subject = self.subject.text("subject", TEXT_BYTES)?;
        if subject.is_empty() {
            return refuse(NO_SUBJECT);
        }
        let new = NewQuote {
            subject,
            stage: self.stage.required(INVALID_STAGE)?,
            valid_until: self.validuntil.optional(NOT_A_DATE)?.ok_or(Error::Refused(NO_VALIDITY))?,
            created_on: self.datecreated.optional(NOT_A_DATE)?,
            items: line_items(self.lineitems)?,
            client: self.userid.optional(CLIENT_NOT_FOUND)?,
            person: self.person.read(NOT_AN_EMAIL, &Person::default(), false)?,
            currency: self.currency.optional(CURRENCY_NOT_FOUND)?.map(|currency| currency.0),
            texts: self.texts.read()?,
        };
        let id = quotes::create(call.context(), new).await?;
        Ok(CreateQuoteReply { quoteid: id.0 })
    }
}
