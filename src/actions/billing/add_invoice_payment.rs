//! `AddInvoicePayment`.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use super::add_credit::{NOT_A_DATE, NOT_AN_AMOUNT, locked_client, positive};
use super::get_invoice::INVOICE_NOT_FOUND;
use crate::actions::{Access, Action};
use crate::call::Call;
use crate::domain::id::{ClientId, InvoiceId};
use crate::domain::invoice::{Status, settle};
use crate::domain::money::Money;
use crate::error::{Error, Result, refuse};
use crate::param::{Param, TEXT_BYTES};
use crate::store;
use crate::store::invoices::Balance;
use crate::store::payments::NewPayment;
use crate::store::writer::{Subject, Writer};

/// Records a payment of an invoice.
///
/// When nothing is left to pay, the invoice turns Paid and its `AddFunds` lines become credit, once: also where it was
/// paid before and somebody has set it back since. What was paid
/// beyond the balance becomes credit too. What else WHMCS does on payment is not done here: nothing is provisioned or
/// renewed, and no e-mail is sent, so `noemail` changes nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AddInvoicePayment {
    invoiceid: Param<InvoiceId>,
    /// The gateway's own name for the payment.
    transid: Param<String>,
    /// The name of an active gateway; by default, the invoice's.
    gateway: Param<String>,
    /// `YYYY-MM-DD HH:MM:SS`, or a day alone; by default, now.
    date: Param<NaiveDateTime>,
    /// How much was paid; by default, all that is left to pay.
    amount: Param<Money>,
    /// How much of it the gateway kept.
    fees: Param<Money>,
}

#[derive(Debug, Serialize)]
pub struct Reply {}

impl Action for AddInvoicePayment {
    const NAME: &'static str = "AddInvoicePayment";
    const ACCESS: Access = Access::Write;
    type Reply = Reply;

    async fn run(self, call: Call<'_>) -> Result<Reply> {
        let not_found = || Error::Refused(INVOICE_NOT_FOUND.into());
        let id = self.invoiceid.required(INVOICE_NOT_FOUND)?;
        let client = store::invoices::client(call.db, id).await?.ok_or_else(not_found)?;
        let client = locked_client(call.db, Param::Given(client)).await?;
        let invoice = store::invoices::lock(call.db, id).await?.ok_or_else(not_found)?;
        if invoice.has_status(Status::Cancelled) {
            return refuse("It is not possible to add a payment to an invoice that is Cancelled");
        }
        let gateway = self.gateway.lenient().unwrap_or_else(|| invoice.payment_method.clone());
        let gateways = store::gateways::active(call.db).await?;
        if gateways.find(&gateway).is_none() {
            return refuse(gateways.refusal());
        }
        let date = self.date.optional(NOT_A_DATE)?.unwrap_or(call.now.local());
        let amount = amount(self.amount, &invoice)?;
        let fees = self.fees.optional(NOT_AN_AMOUNT)?.unwrap_or(Money::ZERO);
        if fees < Money::ZERO {
            return refuse(NOT_AN_AMOUNT);
        }
        let transaction = self.transid.text("transid", TEXT_BYTES)?;
        let settlement = settle(invoice.due(), amount);

        let mut books = call.write(Subject::Client(client.id)).await?;
        let payment = NewPayment {
            client: client.id,
            invoice: id,
            gateway: &gateway,
            date,
            amount,
            fees,
            rate: client.currency_rate,
            transaction: &transaction,
        };
        store::payments::record(&mut books, &payment).await?;
        let line = format!("Added Invoice Payment - Invoice ID: {id} - Amount: {amount}");
        store::activity::log(&mut books, Some(client.id), &line).await?;
        if settlement.settled && store::invoices::mark_paid(&mut books, id, date).await? {
            store::activity::log(&mut books, Some(client.id), &format!("Invoice Paid - Invoice ID: {id}")).await?;
            let funds = if invoice.funds_were_added { Money::ZERO } else { invoice.add_funds };
            add_credit(&mut books, client.id, id, funds, "Add Funds").await?;
        }
        add_credit(&mut books, client.id, id, settlement.excess, "Overpayment of").await?;
        Ok(Reply {})
    }
}

fn amount(amount: Param<Money>, invoice: &Balance) -> Result<Money> {
    match amount {
        Param::Absent if invoice.due().is_positive() => Ok(invoice.due()),
        Param::Absent => refuse("Nothing is left to pay on this invoice: name an amount to add to the client's credit"),
        amount => positive(amount),
    }
}

async fn add_credit(
    books: &mut Writer<'_>,
    client: ClientId,
    invoice: InvoiceId,
    amount: Money,
    why: &str,
) -> Result<()> {
    if !amount.is_positive() {
        return Ok(());
    }
    let change = store::credit::Change {
        client,
        amount,
        date: books.now.date(),
        description: &format!("{why} Invoice #{invoice}"),
        admin: books.author.admin,
        related: invoice.0,
    };
    match store::credit::change(books, &change).await? {
        true => Ok(()),
        false => Err(Error::Internal("a balance did not take an amount that was added".into())),
    }
}
