//! Invoices, payments, credit and taxes.
//!
//! Every operation locks the client first and the invoice after it, so that no two of them wait for each other.

mod balance;
mod billable_items;
mod buy_credit;
mod card_notices;
mod charges;
mod credit;
mod delete;
mod document;
mod effects;
mod gateways;
mod issue;
mod lines;
mod numbers;
mod overdue;
mod pay_methods;
mod payments;
mod renewal_lines;
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

pub use balance::add_credit;
pub use billable_items::add_billable_item;
pub use buy_credit::{BoughtCredit, CreditPurchase, buy_credit};
pub use card_notices::{due_card_notices, send_card_notice};
pub use charges::{
    Ledger, LockedRefund, Outcome, PaymentNotice, RefundRequest, RefundWay, capture, lock_refund, refund,
};
pub use credit::{AppliedCredit, BalanceChange, CreditAmount, LockedBalance, apply_credit, change_credit};
pub use delete::{Removal, delete_invoice};
pub use document::{InvoicePdf, invoice_pdf};
pub use effects::carry_out_upgrade;
pub use gateways::{active_gateway, gateway_of_client, gateway_of_payment, instructions};
pub use issue::{
    InvoiceDraft, IssueOptions, IssuedInvoice, PlannedInvoice, WrittenInvoice, days_after, issue, plan_invoice,
    write_invoice,
};
pub use lines::{check_amount, check_purpose};
pub use numbers::{Numbers, placeholder};
pub use overdue::{
    NoticeOutcome, add_late_fee, cancel_overdue, capture_dates, capture_due, due_notices, send_notice,
    sends_overdue_notices,
};
pub use pay_methods::{
    PayMethodDetails, PayMethodUpdate, RemoteStep, add_pay_method, delete_pay_method, update_pay_method,
};
pub use payments::{Payment, pay, pay_uniquely};
pub use renewal_lines::{is_for_renewal, without_renewal};
pub use settle::raise_status;
pub use taxes::{RateOverrides, rates, tax_rules};
pub use transactions::{
    NewTransaction, Payer, TransactionCurrency, TransactionUpdate, record_transaction, transaction_currency,
    transaction_payer, update_transaction,
};
pub use update::{InvoiceUpdate, LineEdits, PlannedUpdate, update_invoice, write_update};

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
    /// An invoice that was paid stays.
    InvoiceNotDeletable,
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
    /// The invoice's or payment's gateway is not set up on this server.
    GatewayNotSetUp {
        gateway: String,
    },
    /// The invoice is being charged, or it is not known whether it was.
    ChargeOpen,
    /// No gateway has stored a way to pay of the client that it could charge for the invoice.
    NoPayMethod,
    PaymentNotFound,
    /// The transaction is no payment, so that nothing of it can be refunded.
    NotAPayment,
    /// Of the payment, only this amount was not refunded yet.
    RefundExceedsPayment {
        left: Money,
    },
    /// A refund of the payment is being carried out, or it is not known whether it was.
    RefundOpen,
    /// The gateway's id of the payment is not known, without which it cannot refund.
    NoTransactionId,
    /// The server has no keys with which secrets are sealed.
    NoKeys,
    /// Only one of the two secrets of a bank account was sent, and the other one cannot be read.
    AccountNotReadable,
    PayMethodNotFound,
    PayMethodOfAnotherClient,
    NothingToUpdate,
    /// The number of a card that a gateway has stored cannot be changed.
    CardNumberOfGateway,
    GatewayCannotStore,
    GatewayCannotUpdate,
    /// The gateway did not do what it was asked for, for this reason.
    RemoteFailed {
        step: RemoteStep,
        reason: String,
    },
    /// A transaction is to belong to an invoice of another client than its own.
    TransactionOfAnotherClient,
    /// The invoice has too many lines or too much text for a document.
    DocumentTooLarge,
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
            Refusal::InvoiceNotDeletable => "invoice_not_deletable",
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
            Refusal::GatewayNotSetUp { .. } => "gateway_not_set_up",
            Refusal::ChargeOpen => "charge_busy",
            Refusal::NoPayMethod => "no_pay_method",
            Refusal::PaymentNotFound => "transaction_id_not_found",
            Refusal::NotAPayment => "not_a_payment",
            Refusal::RefundExceedsPayment { .. } => "refund_exceeds_payment",
            Refusal::RefundOpen => "refund_busy",
            Refusal::NoTransactionId => "no_transaction_id",
            Refusal::NoKeys => "no_keys",
            Refusal::AccountNotReadable => "account_not_readable",
            Refusal::PayMethodNotFound => "invalid_pay_method_id",
            Refusal::PayMethodOfAnotherClient => "pay_method_of_another_client",
            Refusal::NothingToUpdate => "no_details_provided_for_update",
            Refusal::CardNumberOfGateway => "card_number_of_gateway",
            Refusal::GatewayCannotStore => "unsupported_gateway_type_for_storage",
            Refusal::GatewayCannotUpdate => "unsupported_gateway_type_for_update",
            Refusal::RemoteFailed { .. } => "gateway_failed",
            Refusal::TransactionOfAnotherClient => "transaction_of_another_client",
            Refusal::DocumentTooLarge => "invoice_too_large",
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
    /// What is left to pay; negative if too much was paid.
    pub fn due(&self) -> Money {
        self.state.due()
    }

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
