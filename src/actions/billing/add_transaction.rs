//! `AddTransaction`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;

use super::amounts::not_negative;
use crate::actions::words::billing::{
    INVOICE_NOT_FOUND, INVOICE_OF_ANOTHER_CLIENT, NO_CURRENCY, NOT_UNIQUE, OTHER_CURRENCY,
};
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ClientId, CurrencyId, InvoiceId};
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse};
use crate::operations::billing::{self, NewTransaction};
use crate::param::schema;
use crate::param::{ExchangeRate, Param};
use crate::store::billing::gateways::PaymentGateway;
use crate::store::clients::client::Client;

/// Records money that came in or went out.
///
/// `amountin` for an invoice pays the invoice, as AddInvoicePayment does; with `credit` it becomes the client's credit.
/// `amountout` for an invoice is a refund or charge-back, which reverses what the invoice's lines gave. All other
/// transactions are only recorded. The gateway need not be active, so that old transactions can be recorded.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTransaction {
    /// The gateway: its name or its display name, in any case. Any other text is recorded as it is.
    paymentmethod: Param<String>,
    /// The client; by default, the invoice's, or none.
    userid: Param<ClientId>,
    invoiceid: Param<InvoiceId>,
    /// The gateway's id of the transaction.
    transid: Param<String>,
    /// `YYYY-MM-DD HH:MM:SS` or `YYYY-MM-DD`, or with the day in the operator's format (the setting `DateFormat`); by
    /// default, now.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    /// The currency; required if there is no client.
    currencyid: Param<CurrencyId>,
    description: Param<String>,
    amountin: Param<Money>,
    /// The gateway's fees; may be negative.
    fees: Param<Money>,
    amountout: Param<Money>,
    /// The exchange rate to the default currency; by default, that of the currency.
    rate: Param<ExchangeRate>,
    /// Adds `amountin` to the client's credit. Cannot be combined with `invoiceid`.
    credit: Param<bool>,
    /// Allows a `transid` that is already booked through any gateway.
    allowduplicatetransid: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct AddTransactionReply {}

const NO_PAYMENT_METHOD: &str = "Payment Method is required";

impl Action for AddTransaction {
    const NAME: &'static str = "AddTransaction";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["paymentmethod"];
    const EXAMPLE: &'static str =
        r#"{"userid": 1, "paymentmethod": "paypal", "transid": "4KX10274", "amountin": "15.00"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(INVOICE_NOT_FOUND),
        Exact(INVOICE_OF_ANOTHER_CLIENT),
        Exact(CURRENCY_NOT_FOUND),
        Exact(OTHER_CURRENCY),
        Exact(NO_CURRENCY),
        Exact(NO_PAYMENT_METHOD),
        Exact(NOT_UNIQUE),
    ];
    type Reply = AddTransactionReply;

    async fn run(self, call: Call<'_>) -> Result<AddTransactionReply> {
        let (client, invoice) = (self.userid.optional(CLIENT_NOT_FOUND)?, self.invoiceid.optional(INVOICE_NOT_FOUND)?);
        let payer = billing::transaction_payer(call.db, client, invoice).await?;
        let currency = self.currencyid.optional(CURRENCY_NOT_FOUND)?;
        let currency = billing::transaction_currency(call.db, currency, payer.client()).await?;
        let new = NewTransaction {
            gateway: gateway(self.paymentmethod, payer.client(), call.db).await?,
            amount_in: not_negative(self.amountin)?,
            amount_out: not_negative(self.amountout)?,
            fees: self.fees.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO),
            date: self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.local()),
            rate: self.rate.optional("Rate must be in decimal format: ### or ###.#####")?.map(|rate| rate.0),
            transaction: self.transid.text("transid", TEXT_BYTES)?,
            description: self.description.text("description", TEXT_BYTES)?,
            may_be_duplicate: self.allowduplicatetransid.is_set(),
            becomes_credit: self.credit.is_set(),
        };
        billing::record_transaction(call.context(), &payer, currency, new).await?;
        Ok(AddTransactionReply {})
    }
}

async fn gateway(name: Param<String>, client: Option<&Client>, db: &mut MySqlConnection) -> Result<PaymentGateway> {
    let name = name.text("paymentmethod", TEXT_BYTES)?;
    if name.trim().is_empty() {
        return refuse(NO_PAYMENT_METHOD);
    }
    Ok(billing::gateway_of_payment(db, client, name).await?)
}
