//! `AddTransaction`.

use chrono::NaiveDateTime;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add_credit::locked_client;
use super::add_invoice_payment::{IS_CANCELLED, NOT_UNIQUE, add_credit, locked_invoice, settle_invoice};
use super::get_invoice::INVOICE_NOT_FOUND;
use crate::actions::words::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use crate::actions::words::{NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::id::{ClientId, CurrencyId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::domain::time::parse_local_date;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::param::schema;
use crate::param::{Param, Value};
use crate::store;
use crate::store::billing::invoices::Balance;
use crate::store::billing::payments::{NewPayment, Unique};
use crate::store::clients::client::Client;

/// Records money that came in or went out.
///
/// What comes in for an invoice pays it, as AddInvoicePayment does. With `credit`, what comes in becomes the client's
/// credit. All else is recorded and has no consequence. The gateway need not be active: it may be one of former days.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddTransaction {
    /// The gateway.
    paymentmethod: Param<String>,
    /// The client; by default, the invoice's, or none.
    userid: Param<ClientId>,
    invoiceid: Param<InvoiceId>,
    /// The gateway's own id for it.
    transid: Param<String>,
    /// In the operator's format (the setting `DateFormat`) or `YYYY-MM-DD`, with or without `HH:MM:SS`; by default, now.
    date: Param<String>,
    /// The currency, where it belongs to no client.
    currencyid: Param<CurrencyId>,
    description: Param<String>,
    amountin: Param<Money>,
    /// What the gateway kept; may be negative.
    fees: Param<Money>,
    amountout: Param<Money>,
    /// The exchange rate to the default currency; by default, that of the currency.
    #[schemars(with = "schema::ExchangeRate")]
    rate: Param<ExchangeRate>,
    /// Adds what comes in to the client's credit; not for an invoice.
    credit: Param<bool>,
    /// Allows a `transid` that is there already, of whatever gateway.
    allowduplicatetransid: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ExchangeRate(Decimal);

impl Value for ExchangeRate {
    fn parse(text: &str) -> Option<Self> {
        let rate: Decimal = text.parse().ok()?;
        let fits = rate > Decimal::ZERO && rate.scale() <= 5 && rate < Decimal::from(10_000_000_000_i64);
        fits.then_some(ExchangeRate(rate))
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {}

const INVOICE_OF_ANOTHER_CLIENT: &str = "User ID does not own the given Invoice ID";
const OTHER_CURRENCY: &str = "Currency ID does not match Client currency";
const NO_CURRENCY: &str = "A Currency ID is required for non-customer related transactions";
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
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, invoice) = owner(self.userid, self.invoiceid, call.db).await?;
        let (currency, currency_rate) = currency(self.currencyid, client.as_ref(), call.db).await?;
        let gateway = self.paymentmethod.required(NO_PAYMENT_METHOD)?;
        let is_credit = self.credit.is_set();
        if is_credit && invoice.is_some() {
            return refuse("A transaction cannot be both for an invoice and credit: leave out invoiceid or credit");
        }
        if is_credit && client.is_none() {
            return refuse(CLIENT_NOT_FOUND);
        }
        let amount = |amount: Param<Money>| match amount.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO) {
            amount if amount < Money::ZERO => refuse(NOT_AN_AMOUNT),
            amount => Ok(amount),
        };
        let (amount_in, amount_out) = (amount(self.amountin)?, amount(self.amountout)?);
        if amount_in.is_positive() && amount_out.is_positive() && (is_credit || invoice.is_some()) {
            return refuse(
                "A payment of an invoice, or credit, is either amountin or amountout: record them one by one",
            );
        }
        let fees = self.fees.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
        if amount_in.is_positive() && invoice.as_ref().is_some_and(|invoice| invoice.has_status(Status::Cancelled)) {
            return refuse(IS_CANCELLED);
        }
        let date = date(self.date, call.now.local(), call.db).await?;
        let rate = self.rate.optional("Rate must be in decimal format: ### or ###.#####")?;
        let transaction = self.transid.text("transid", TEXT_BYTES)?;
        let description = self.description.text("description", TEXT_BYTES)?;

        let subject = client.as_ref().map_or(Subject::Ledger, |client| Subject::Client(client.id));
        let mut books = call.write(subject).await?;
        let payment = NewPayment {
            client: client.as_ref().map(|client| client.id),
            invoice: invoice.as_ref().map(|invoice| invoice.id),
            currency,
            gateway: &gateway,
            date,
            description: &description,
            amount_in,
            fees,
            amount_out,
            rate: rate.map_or(currency_rate, |rate| rate.0),
            transaction: &transaction,
            unique: if self.allowduplicatetransid.is_set() { Unique::No } else { Unique::Everywhere },
        };
        if !store::billing::payments::record(&mut books, &payment).await? {
            return refuse(NOT_UNIQUE);
        }
        let line = format!("Added Transaction - In: {amount_in} - Out: {amount_out} - Transaction ID: {transaction}");
        store::system::activity::log(&mut books, payment.client, &line).await?;
        match (client, invoice) {
            (Some(client), Some(invoice)) if amount_in.is_positive() => {
                settle_invoice(&mut books, client.id, &invoice, amount_in, date).await?;
            }
            (Some(client), None) if is_credit => {
                add_credit(&mut books, client.id, 0, amount_in, &credit_description(&description)).await?;
            }
            _ => {}
        }
        Ok(Reply {})
    }
}

fn credit_description(description: &str) -> String {
    if description.is_empty() { "Credit from a transaction".to_owned() } else { description.to_owned() }
}

/// The client and the invoice that it belongs to, both locked.
async fn owner(
    client: Param<ClientId>,
    invoice: Param<InvoiceId>,
    db: &mut sqlx::MySqlConnection,
) -> Result<(Option<Client>, Option<Balance>)> {
    let client = client.optional(CLIENT_NOT_FOUND)?;
    let invoice = invoice.optional(INVOICE_NOT_FOUND)?;
    if let Some(client) = client
        && !store::clients::client::exists(db, client).await?
    {
        return refuse(CLIENT_NOT_FOUND);
    }
    let Some(invoice) = invoice else {
        return match client {
            Some(client) => Ok((Some(locked_client(db, Param::Given(client)).await?), None)),
            None => Ok((None, None)),
        };
    };
    let (owner, invoice) = locked_invoice(db, Param::Given(invoice)).await?;
    if client.is_some_and(|client| client != owner.id) {
        return refuse(INVOICE_OF_ANOTHER_CLIENT);
    }
    Ok((Some(owner), Some(invoice)))
}

/// What is stored as the currency, and its exchange rate.
async fn currency(
    asked: Param<CurrencyId>,
    client: Option<&Client>,
    db: &mut sqlx::MySqlConnection,
) -> Result<(i64, Decimal)> {
    const NOT_FOUND: &str = "Currency ID Not Found";
    let asked = asked.optional(NOT_FOUND)?;
    let rate = match asked {
        Some(CurrencyId(id)) => {
            Some(store::clients::client::currency_rate(db, id).await?.ok_or(Error::Refused(NOT_FOUND))?)
        }
        None => None,
    };
    match (asked, rate, client) {
        (Some(CurrencyId(id)), _, Some(client)) if id != client.currency => refuse(OTHER_CURRENCY),
        (_, _, Some(client)) => Ok((0, client.currency_rate)),
        (Some(CurrencyId(id)), Some(rate), None) => Ok((id, rate)),
        _ => refuse(NO_CURRENCY),
    }
}

async fn date(date: Param<String>, now: NaiveDateTime, db: &mut sqlx::MySqlConnection) -> Result<NaiveDateTime> {
    let Some(text) = date.lenient() else { return Ok(now) };
    let format = store::system::configuration::date_format(db).await?;
    parse_local_date(&text, &format).ok_or(Error::Refused(NOT_A_DATE))
}
