//! `AddCreditApi`, which WHMCS lacks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add_credit::{locked_client, positive};
use super::payment_data::instructions;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::words::{NO_AMOUNT, NOT_A_DATE, NOT_AN_AMOUNT};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::Subject;
use crate::domain::id::ClientId;
use crate::domain::invoice::{Line, LineKind, Status};
use crate::domain::money::Money;
use crate::domain::tax::{self, Rate, Rates};
use crate::error::DocumentedError::{self, Exact, Prefix};
use crate::error::{Error, Result, refuse_as};
use crate::operations::billing::{days_after, issue, tax_rules};
use crate::param::Param;
use crate::store;
use crate::store::billing::invoices::NewInvoice;
use crate::store::system::configuration::Configuration;

/// Lets a client pay for credit: an unpaid invoice whose payment raises their balance.
///
/// The amount must be within `AddFundsMinimum` and `AddFundsMaximum` of the operator's settings, where they are set;
/// they are compared as numbers, in whatever currency the client has. Credit bears no tax.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct AddCreditApi {
    /// The client who buys credit.
    userid: Param<ClientId>,
    /// How much; above zero.
    itemamount: Param<Money>,
    /// The name of an active gateway.
    paymentmethod: Param<String>,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    invoiceid: i64,
    status: &'static str,
    #[serde(rename = "paymentMethod")]
    payment_method: PaymentMethod,
}

#[derive(Debug, JsonSchema, Serialize)]
struct PaymentMethod {
    amount: Money,
    /// How to pay: an address, the gateway's instructions, or nothing.
    data: String,
}

impl Action for AddCreditApi {
    const NAME: &'static str = "AddCreditApi";
    const ACCESS: Access = Access::Write;
    const IS_DOCUMENTED: bool = false;
    const REQUIRED: &[&str] = &["userid", "itemamount", "paymentmethod"];
    const EXAMPLE: &'static str = r#"{"userid": 1, "itemamount": "25.00", "paymentmethod": "paypal"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(CLIENT_NOT_FOUND),
        Exact(NO_AMOUNT),
        Exact(NOT_AN_AMOUNT),
        Prefix { text: "Amount must be at least", code: "amount_too_small" },
        Prefix { text: "Amount must be at most", code: "amount_too_large" },
        Prefix { text: "Invalid Payment Method. Valid options include", code: "invalid_payment_method" },
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let client = locked_client(call.db, self.userid).await?;
        let configuration = store::system::configuration::read(call.db).await?;
        let amount = positive(self.itemamount)?;
        within_limits(amount, &configuration)?;
        let gateways = store::billing::gateways::active(call.db).await?;
        let name = self.paymentmethod.lenient().unwrap_or_default();
        let Some(gateway) = gateways.find(&name) else {
            return refuse_as("invalid_payment_method", gateways.refusal());
        };

        let rates = Rates { first: Rate::ZERO, second: Rate::ZERO };
        let totals = tax::totals(&[(amount, false)], rates, tax_rules(&configuration, call.compat));
        let date = call.now.date();
        let new = NewInvoice {
            client: client.id,
            status: Status::Unpaid,
            date,
            due_date: days_after(date, configuration.days_to_pay).ok_or(Error::Refused(NOT_A_DATE))?,
            payment_method: gateway.name.clone(),
            notes: "Credit request via API".to_owned(),
            rates,
            totals: totals.ok_or(Error::Refused(NOT_AN_AMOUNT))?,
            lines: vec![Line {
                kind: LineKind::AddFunds,
                related: 0,
                description: "Add Credit".to_owned(),
                amount,
                taxed: false,
            }],
        };
        let mut books = call.write(Subject::Client(client.id)).await?;
        let invoice = issue(&mut books, &new).await?;
        let data = instructions(gateway, invoice, &configuration);
        Ok(Reply { invoiceid: invoice.0, status: new.status.name(), payment_method: PaymentMethod { amount, data } })
    }
}

fn within_limits(amount: Money, configuration: &Configuration) -> Result<()> {
    match (configuration.add_funds_minimum, configuration.add_funds_maximum) {
        (Some(minimum), _) if amount < minimum => {
            refuse_as("amount_too_small", format!("Amount must be at least {minimum}"))
        }
        (_, Some(maximum)) if amount > maximum => {
            refuse_as("amount_too_large", format!("Amount must be at most {maximum}"))
        }
        _ => Ok(()),
    }
}
