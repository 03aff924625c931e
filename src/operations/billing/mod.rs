//! Invoices, payments, credit and taxes.
//!
//! Every operation locks the client first and the invoice after it, so that no two of them wait for each other.

mod balance;
mod billable_items;
mod buy_credit;
mod credit;
mod fulfillment;
mod gateways;
mod issue;
mod lines;
mod payments;
mod settle;
mod taxes;
mod transactions;
mod update;

use super::Result;
use crate::database::lease::Lease;
use crate::domain::id::InvoiceId;
use crate::domain::invoice::{LineKind, Status};
use crate::domain::money::Money;
use crate::domain::settlement::{Invoice, Invoices};
use crate::store;
use crate::store::billing::invoices::InvoiceBalance;
use crate::store::clients::client::Client;

pub use billable_items::add_billable_item;
pub use buy_credit::{BoughtCredit, CreditPurchase, buy_credit};
pub use credit::{AppliedCredit, BalanceChange, CreditAmount, LockedBalance, apply_credit, change_credit};
pub use gateways::{active_gateway, gateway_of_client, gateway_of_payment, instructions};
pub use issue::{InvoiceDraft, IssueOptions, IssuedInvoice, days_after, issue, write_invoice};
pub use lines::{check_amount, check_purpose};
pub use payments::{Payment, pay};
pub use taxes::{RateOverrides, rates, tax_rules};
pub use transactions::{
    NewTransaction, Payer, TransactionCurrency, record_transaction, transaction_currency, transaction_payer,
};
pub use update::{InvoiceUpdate, LineEdits, update_invoice};

/// The reasons for which a change of an invoice, a payment or a balance is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    ClientNotFound,
    InvoiceNotFound,
    /// The invoice belongs to another client.
    InvoiceOfAnotherClient,
    /// A cancelled invoice takes no payments.
    InvoiceCancelled,
    /// Credit is applied to unpaid invoices only.
    InvoiceNotUnpaid,
    /// Only a draft can be published.
    InvoiceNotDraft,
    /// The payment method is not an active gateway; `valid` has the names of those.
    InvalidPaymentMethod {
        valid: Vec<String>,
    },
    /// Another payment has the same transaction id of the gateway.
    TransactionNotUnique,
    /// No amount was given, and nothing is left to pay.
    NothingToPay,
    /// The client's balance is less than the amount.
    InsufficientCredit,
    /// The credit exceeds what is left to pay.
    CreditExceedsInvoice,
    /// The amount of credit to apply is zero.
    NoCreditToApply,
    /// An amount or a sum is larger than a money column holds.
    AmountOutOfRange,
    /// A date is after the year 9999, where the database's calendar ends.
    DateOutOfRange,
    /// The amount is below the operator's minimum for buying credit.
    PurchaseTooSmall {
        minimum: Money,
    },
    /// The amount is above the operator's maximum for buying credit.
    PurchaseTooLarge {
        maximum: Money,
    },
    /// The operator sells no credit.
    PurchasesDisabled,
    /// The client's balance would be above the operator's maximum.
    BalanceTooLarge {
        maximum: Money,
    },
    /// A closed client buys no credit.
    ClientClosed,
    /// A line refers to something, although its kind is for nothing.
    LineForNothing,
    /// A line sells credit of 0.00.
    NoCreditToBuy,
    /// A line sells a negative amount of credit.
    NegativeCreditToBuy,
    /// A line is for a service, addon or domain that the client does not have.
    LineNotOfClient {
        kind: LineKind,
        related: i64,
    },
    CurrencyNotFound,
    /// The client has another currency.
    CurrencyMismatch,
    /// A transaction without a client needs a currency.
    CurrencyMissing,
    /// A transaction was to pay an invoice and become credit at once.
    InvoiceAndCredit,
    /// A transaction for an invoice or credit has both an incoming and an outgoing amount.
    BothDirections,
}

impl super::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ClientNotFound => "client_not_found",
            Refusal::InvoiceNotFound => "invoice_not_found",
            Refusal::InvoiceOfAnotherClient => "invoice_of_another_client",
            Refusal::InvoiceCancelled => "invoice_cancelled",
            Refusal::InvoiceNotUnpaid => "invoice_not_unpaid",
            Refusal::InvoiceNotDraft => "invoice_not_draft",
            Refusal::InvalidPaymentMethod { .. } => "invalid_payment_method",
            Refusal::TransactionNotUnique => "transaction_not_unique",
            Refusal::NothingToPay => "nothing_to_pay",
            Refusal::InsufficientCredit => "insufficient_credit",
            Refusal::CreditExceedsInvoice => "credit_exceeds_invoice",
            Refusal::NoCreditToApply => "no_credit_to_apply",
            Refusal::AmountOutOfRange => "amount_out_of_range",
            Refusal::DateOutOfRange => "date_out_of_range",
            Refusal::PurchaseTooSmall { .. } => "amount_too_small",
            Refusal::PurchaseTooLarge { .. } => "amount_too_large",
            Refusal::PurchasesDisabled => "add_funds_disabled",
            Refusal::BalanceTooLarge { .. } => "balance_too_large",
            Refusal::ClientClosed => "client_closed",
            Refusal::LineForNothing => "line_for_nothing",
            Refusal::NoCreditToBuy => "no_credit_to_buy",
            Refusal::NegativeCreditToBuy => "negative_credit_to_buy",
            Refusal::LineNotOfClient { .. } => "line_not_of_client",
            Refusal::CurrencyNotFound => "currency_not_found",
            Refusal::CurrencyMismatch => "currency_mismatch",
            Refusal::CurrencyMissing => "currency_missing",
            Refusal::InvoiceAndCredit => "credit_of_invoice",
            Refusal::BothDirections => "both_directions",
        }
    }
}

/// An invoice and its client, locked until the transaction ends.
#[derive(Debug)]
pub struct LockedInvoice {
    pub client: Client,
    pub balance: InvoiceBalance,
    /// The invoice's lines, amounts and entries, from which its settlement is planned.
    state: Invoice,
    /// The same for the invoices that its lines pay (mass payment).
    child_invoices: Invoices,
}

impl LockedInvoice {
    /// Rejects a payment of a cancelled invoice.
    pub fn check_takes_payments(&self) -> Result<(), Refusal> {
        if self.balance.has_status(Status::Cancelled) { Err(Refusal::InvoiceCancelled.into()) } else { Ok(()) }
    }

    pub fn check_is_unpaid(&self) -> Result<(), Refusal> {
        if self.balance.has_status(Status::Unpaid) { Ok(()) } else { Err(Refusal::InvoiceNotUnpaid.into()) }
    }

    pub fn check_is_draft(&self) -> Result<(), Refusal> {
        if self.balance.has_status(Status::Draft) { Ok(()) } else { Err(Refusal::InvoiceNotDraft.into()) }
    }
}

/// Reads an invoice and its client, and locks both.
pub async fn lock_invoice(db: &mut Lease, id: InvoiceId) -> Result<LockedInvoice, Refusal> {
    let client = store::billing::invoices::client(db, id).await?.ok_or(Refusal::InvoiceNotFound)?;
    let client = store::clients::client::lock(db, client).await?.ok_or(Refusal::ClientNotFound)?;
    let balance = store::billing::invoices::lock(db, id).await?.ok_or(Refusal::InvoiceNotFound)?;
    let state = settle::read(db, &balance).await?;
    let child_invoices = settle::read_child_invoices(db, client.id, &state).await?;
    Ok(LockedInvoice { client, balance, state, child_invoices })
}
