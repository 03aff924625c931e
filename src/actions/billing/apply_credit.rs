//! `ApplyCredit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actions::words::NOT_AN_AMOUNT;
use crate::actions::words::billing::{
    EXCEEDS_BALANCE, EXCEEDS_INVOICE, INVOICE_NOT_FOUND, NOT_UNPAID, NOTHING_TO_APPLY,
};
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::InvoiceId;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::Result;
use crate::operations::billing::{self, CreditAmount};
use crate::param::{Param, ParamValue};

/// Pays an invoice, or a part of it, from the balance of its client.
///
/// When nothing is left to pay, the invoice turns Paid and is settled as after a payment, and the client gets the
/// e-mail that confirms the payment.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ApplyCredit {
    invoiceid: Param<InvoiceId>,
    /// The amount, or `full`, which is the default: as much as the balance allows and the invoice needs.
    amount: Param<Amount>,
    /// Sends no e-mail.
    noemail: Param<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Amount {
    Full,
    #[schemars(untagged)]
    Exactly(Money),
}

impl ParamValue for Amount {
    const IS_EXACT: bool = true;

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            full if full.eq_ignore_ascii_case("full") => Some(Amount::Full),
            _ => <Money as ParamValue>::parse(text).map(Amount::Exactly),
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct ApplyCreditReply {
    invoiceid: i64,
    amount: Money,
    /// `true` or `false` as a string, as documented.
    invoicepaid: &'static str,
}

impl Action for ApplyCredit {
    const NAME: &'static str = "ApplyCredit";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 130, "amount": "1.00"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(INVOICE_NOT_FOUND),
        Exact(NOT_UNPAID),
        Exact(EXCEEDS_BALANCE),
        Exact(EXCEEDS_INVOICE),
        Exact(NOTHING_TO_APPLY),
    ];
    type Reply = ApplyCreditReply;

    async fn run(self, call: Call<'_>) -> Result<ApplyCreditReply> {
        let invoice = billing::lock_invoice(call.db, self.invoiceid.required(INVOICE_NOT_FOUND)?).await?;
        invoice.check_is_unpaid()?;
        let amount = match self.amount.optional(NOT_AN_AMOUNT)? {
            None | Some(Amount::Full) => CreditAmount::Full,
            Some(Amount::Exactly(amount)) => CreditAmount::Exactly(amount),
        };
        let applied = billing::apply_credit(call.context(), &invoice, amount, !self.noemail.is_set()).await?;
        Ok(ApplyCreditReply {
            invoiceid: invoice.balance.id.0,
            amount: applied.amount,
            invoicepaid: if applied.is_paid { "true" } else { "false" },
        })
    }
}
