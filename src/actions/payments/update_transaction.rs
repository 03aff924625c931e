//! `UpdateTransaction`.

use chrono::NaiveDateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::billing::INVOICE_NOT_FOUND;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use crate::actions::words::payments::TRANSACTION_NOT_FOUND;
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::{ClientId, CurrencyId, InvoiceId};
use crate::domain::money::Money;
use crate::error::{Result, refuse};
use crate::operations::billing::{self, TransactionUpdate};
use crate::param::{Clearable, ExchangeRate, Param, schema};

/// Changes a recorded transaction.
///
/// What is not sent stays; `transid` and `description` are emptied by an empty text or `null`. If amounts or the invoice of a transaction change, the invoice is settled again, as if the difference
/// was paid or refunded: a status follows from the amounts, where WHMCS leaves it as it is.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct UpdateTransaction {
    /// The `id` of the transaction, as GetTransactions returns it.
    transactionid: Param<u32>,
    /// The `id` of the transaction that it refunds.
    refundid: Param<u32>,
    /// The client; if the transaction has an invoice, that of the invoice.
    userid: Param<ClientId>,
    invoiceid: Param<InvoiceId>,
    /// The gateway's id.
    transid: Clearable<String>,
    /// `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`.
    #[schemars(with = "schema::DateTime")]
    date: Param<NaiveDateTime>,
    /// The gateway's name.
    gateway: Param<String>,
    /// The currency, for a transaction without a client.
    currency: Param<CurrencyId>,
    description: Clearable<String>,
    amountin: Param<Money>,
    /// The gateway's fees; may be negative.
    fees: Param<Money>,
    amountout: Param<Money>,
    /// The exchange rate to the default currency.
    rate: Param<ExchangeRate>,
    /// Adds `amountin` to the client's credit. Cannot be combined with an invoice.
    credit: Param<bool>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct UpdateTransactionReply {
    transactionid: i64,
}

impl Action for UpdateTransaction {
    const NAME: &'static str = "UpdateTransaction";
    const ACCESS: Access = Access::Write;
    const IS_DESTRUCTIVE: bool = true;
    const REQUIRED: &[&str] = &["transactionid"];
    const EXAMPLE: &'static str = r#"{"transactionid": 1, "transid": "FJWEK32DWO329JFWUPDATE", "rate": "1.00000"}"#;
    type Reply = UpdateTransactionReply;

    async fn run(self, call: Call<'_>) -> Result<UpdateTransactionReply> {
        let id = i64::from(self.transactionid.required(TRANSACTION_NOT_FOUND)?);
        let amount = |amount: Param<Money>| match amount.optional(NOT_AN_AMOUNT)? {
            Some(amount) if amount < Money::ZERO => refuse(NOT_AN_AMOUNT),
            amount => Ok(amount),
        };
        let update = TransactionUpdate {
            refund_of: self.refundid.optional("refundid must be the ID of a transaction")?.map(i64::from),
            client: self.userid.optional(CLIENT_NOT_FOUND)?,
            invoice: self.invoiceid.optional(INVOICE_NOT_FOUND)?,
            transaction: self.transid.text("transid", TEXT_BYTES)?,
            date: self.date.optional(NOT_A_DATE)?,
            gateway: Some(self.gateway.text("gateway", TEXT_BYTES)?).filter(|name| !name.trim().is_empty()),
            currency: self.currency.optional(CURRENCY_NOT_FOUND)?,
            description: self.description.text("description", TEXT_BYTES)?,
            amount_in: amount(self.amountin)?,
            fees: self.fees.optional(NOT_AN_AMOUNT)?,
            amount_out: amount(self.amountout)?,
            rate: self.rate.optional("Rate must be in decimal format: ### or ###.#####")?.map(|rate| rate.0),
            becomes_credit: self.credit.is_set(),
        };
        billing::update_transaction(call.context(), id, update).await?;
        Ok(UpdateTransactionReply { transactionid: id })
    }
}
