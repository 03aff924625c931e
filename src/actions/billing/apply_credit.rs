//! `ApplyCredit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::add_invoice_payment::{locked_invoice, turn_paid};
use super::get_invoice::INVOICE_NOT_FOUND;
use crate::actions::words::NOT_AN_AMOUNT;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::database::writer::{Subject, Writer};
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::Status;
use crate::domain::money::Money;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Error, Result, refuse};
use crate::outbox::mail::InvoiceLetter;
use crate::param::{Param, Value};
use crate::store;

/// Pays an invoice, or a part of it, from the balance of its client.
///
/// When nothing is left to pay, the invoice turns Paid, with what follows from that, and the client gets the e-mail that
/// confirms it.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct ApplyCredit {
    invoiceid: Param<InvoiceId>,
    /// How much; `full`, which is the default, is as much as the balance allows and the invoice needs.
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

impl Value for Amount {
    fn parse(text: &str) -> Option<Self> {
        match text {
            full if full.eq_ignore_ascii_case("full") => Some(Amount::Full),
            amount => Money::parse(amount).map(Amount::Exactly),
        }
    }
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct Reply {
    invoiceid: i64,
    amount: Money,
    /// In words, as documented: `true` or `false`.
    invoicepaid: &'static str,
}

pub const EXCEEDS_BALANCE: &str = "Amount exceeds customer credit balance";
pub const NOT_UNPAID: &str = "Invoice Not in Unpaid Status";
pub const EXCEEDS_INVOICE: &str = "Amount Exceeds Invoice Balance";

const NOTHING_TO_APPLY: &str = "Credit Amount to apply must be greater than zero";

impl Action for ApplyCredit {
    const NAME: &'static str = "ApplyCredit";
    const ACCESS: Access = Access::Write;
    const REQUIRED: &[&str] = &["invoiceid"];
    const EXAMPLE: &'static str = r#"{"invoiceid": 129, "amount": "1.00"}"#;
    const ERRORS: &'static [DocumentedError] = &[
        Exact(INVOICE_NOT_FOUND),
        Exact(NOT_UNPAID),
        Exact(EXCEEDS_BALANCE),
        Exact(EXCEEDS_INVOICE),
        Exact(NOTHING_TO_APPLY),
    ];
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let (client, invoice) = locked_invoice(call.db, self.invoiceid).await?;
        let id = invoice.id;
        if !invoice.has_status(Status::Unpaid) {
            return refuse(NOT_UNPAID);
        }
        // More may have gone out for it than came in; that is not paid from the balance.
        let payable = invoice.due().min(invoice.total);
        let amount = match self.amount.optional(NOT_AN_AMOUNT)?.unwrap_or(Amount::Full) {
            Amount::Full => client.credit.min(payable),
            Amount::Exactly(amount) if amount > client.credit => return refuse(EXCEEDS_BALANCE),
            Amount::Exactly(amount) if amount > payable => return refuse(EXCEEDS_INVOICE),
            Amount::Exactly(amount) => amount,
        };
        if !amount.is_positive() {
            return refuse(NOTHING_TO_APPLY);
        }
        let settles = amount == invoice.due();
        let letter = match settles && !self.noemail.is_set() {
            true => InvoiceLetter::about_payment(call.db, client.id, id, call.now).await?,
            false => None,
        };
        let mut books = call.write(Subject::Client(client.id)).await?;
        apply(&mut books, client.id, id, amount).await?;
        let date = books.now.local();
        let is_paid = settles && turn_paid(&mut books, client.id, &invoice, date).await?;
        if let Some(mut letter) = letter.filter(|_| is_paid) {
            letter.invoice.apply_credit(amount);
            letter.invoice.turn_paid();
            letter.set_payment(amount, "");
            letter.send(&mut books, id).await?;
        }
        Ok(Reply { invoiceid: id.0, amount, invoicepaid: if is_paid { "true" } else { "false" } })
    }
}

/// Moves an amount from a client's balance to an invoice of theirs, both of which have been found to allow it.
pub async fn apply(books: &mut Writer<'_>, client: ClientId, invoice: InvoiceId, amount: Money) -> Result<()> {
    let change = store::billing::credit::Change {
        client,
        amount: -amount,
        date: books.now.date(),
        description: &format!("Credit Applied to Invoice #{invoice}"),
        admin: books.author.admin,
        related: 0,
    };
    let is_applied = store::billing::credit::change(books, &change).await?
        && store::billing::invoices::apply_credit(books, invoice, amount).await?;
    if !is_applied {
        return Err(Error::Internal("a client's balance or invoice changed while it was locked".into()));
    }
    let line = format!("Applied Credit - Invoice ID: {invoice} - Amount: {amount}");
    Ok(store::system::activity::log(books, Some(client), &line).await?)
}
