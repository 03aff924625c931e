//! Error texts for the refusals of [`crate::operations::billing`], and for parameters that its actions have in common.

use super::ErrorText;
use super::clients::{CLIENT_NOT_FOUND, CURRENCY_NOT_FOUND};
use super::payments::{
    CANNOT_STORE, CANNOT_UPDATE, CARD_NUMBER_OF_GATEWAY, CREATE_FAILED, DELETE_FAILED, NOTHING_TO_UPDATE,
    OF_ANOTHER_CLIENT, PAY_METHOD_INVALID, TRANSACTION_NOT_FOUND, UPDATE_FAILED,
};
use crate::actions::words::{NO_AMOUNT, NOT_A_DATE, NOT_AN_AMOUNT};
use crate::error::Error;
use crate::operations::billing::{Refusal, RemoteStep};
use crate::operations::{Refusal as _, renewals};

pub const INVOICE_NOT_FOUND: &str = "Invoice ID Not Found";
pub const IS_CANCELLED: &str = "It is not possible to add a payment to an invoice that is Cancelled";
pub const NOT_UNPAID: &str = "Invoice Not in Unpaid Status";
pub const NOT_A_DRAFT: &str = "Invoice must be in Draft status to be published";
/// Of our own, as the action is.
pub const NOT_DELETABLE: &str = "Only drafts, unpaid and cancelled invoices can be deleted";
pub const TOO_LARGE: &str = "Invoice Too Large";
pub const NOT_UNIQUE: &str = "Transaction ID must be Unique";
pub const EXCEEDS_BALANCE: &str = "Amount exceeds customer credit balance";
pub const EXCEEDS_INVOICE: &str = "Amount Exceeds Invoice Balance";
pub const NOTHING_TO_APPLY: &str = "Credit Amount to apply must be greater than zero";
pub const INVOICE_OF_ANOTHER_CLIENT: &str = "User ID does not own the given Invoice ID";
pub const OTHER_CURRENCY: &str = "Currency ID does not match Client currency";
pub const NO_CURRENCY: &str = "A Currency ID is required for non-customer related transactions";
pub const CLOSED: &str = "Unable to add credit when client status is Closed";
pub const NOT_A_RATE: &str = "Tax Rate must be in decimal format: ### or ###.###";

impl ErrorText for renewals::Refusal {
    fn error(self) -> Error {
        match self {
            renewals::Refusal::AmountOutOfRange => Error::Refused(NOT_AN_AMOUNT),
            renewals::Refusal::DateOutOfRange => Error::Refused(NOT_A_DATE),
        }
    }
}

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::ClientNotFound => Error::Refused(CLIENT_NOT_FOUND),
            Refusal::InvoiceNotFound => Error::Refused(INVOICE_NOT_FOUND),
            Refusal::InvoiceOfAnotherClient | Refusal::TransactionOfAnotherClient => {
                Error::Refused(INVOICE_OF_ANOTHER_CLIENT)
            }
            Refusal::InvoiceCancelled => Error::Refused(IS_CANCELLED),
            Refusal::DocumentTooLarge => Error::Refused(TOO_LARGE),
            Refusal::InvoiceNotUnpaid => Error::Refused(NOT_UNPAID),
            Refusal::InvoiceNotDraft => Error::Refused(NOT_A_DRAFT),
            Refusal::InvoiceNotDeletable => Error::Refused(NOT_DELETABLE),
            Refusal::InvalidPaymentMethod { valid } => {
                with_details(format!("Invalid Payment Method. Valid options include {}", valid.join(",")))
            }
            // Documented for AddTransaction alone.
            Refusal::TransactionNotUnique => Error::Refused(NOT_UNIQUE),
            Refusal::NothingToPay => {
                Error::Refused("Nothing is left to pay on this invoice: name an amount to add to the client's credit")
            }
            Refusal::InsufficientCredit => Error::Refused(EXCEEDS_BALANCE),
            Refusal::CreditExceedsInvoice => Error::Refused(EXCEEDS_INVOICE),
            Refusal::NoCreditToApply => Error::Refused(NOTHING_TO_APPLY),
            Refusal::AmountOutOfRange | Refusal::NegativeCreditToBuy => Error::Refused(NOT_AN_AMOUNT),
            Refusal::DateOutOfRange => Error::Refused(NOT_A_DATE),
            Refusal::PurchaseTooSmall { minimum } => with_details(format!("Amount must be at least {minimum}")),
            Refusal::PurchasesDisabled => with_details("Adding funds is disabled".to_owned()),
            Refusal::BalanceTooLarge { maximum } => {
                with_details(format!("Amount would raise the balance above {maximum}"))
            }
            Refusal::ClientClosed => Error::Refused(CLOSED),
            Refusal::LineForNothing => Error::Refused("itemrelid needs an itemtype of a service, addon or domain"),
            Refusal::NoCreditToBuy => Error::Refused(NO_AMOUNT),
            Refusal::LineNotOfClient { kind, related } => {
                with_details(format!("itemrelid: the client has no {} with the ID {related}", kind.subject()))
            }
            Refusal::PurchaseTooLarge { maximum } => with_details(format!("Amount must be at most {maximum}")),
            Refusal::CurrencyNotFound => Error::Refused(CURRENCY_NOT_FOUND),
            Refusal::CurrencyMismatch => Error::Refused(OTHER_CURRENCY),
            Refusal::CurrencyMissing => Error::Refused(NO_CURRENCY),
            Refusal::InvoiceAndCredit => {
                Error::Refused("A transaction cannot be both for an invoice and credit: leave out invoiceid or credit")
            }
            Refusal::BothDirections => Error::Refused(
                "A payment of an invoice, or credit, is either amountin or amountout: record them one by one",
            ),
            Refusal::GatewayNotSetUp { gateway } => {
                with_details(format!("Gateway Not Set Up: this server's settings have no gateways.{gateway}"))
            }
            Refusal::ChargeOpen => {
                with_details("A payment of this invoice is being captured, and its outcome is not known yet".to_owned())
            }
            Refusal::NoPayMethod => {
                with_details("The client has no pay method that the invoice's gateway can charge".to_owned())
            }
            Refusal::PaymentNotFound => Error::Refused(TRANSACTION_NOT_FOUND),
            Refusal::NotAPayment => with_details("This transaction is not a payment that can be refunded".to_owned()),
            Refusal::RefundExceedsPayment { left } => {
                with_details(format!("Amount exceeds what is left to refund of this payment: {left}"))
            }
            Refusal::RefundOpen => with_details(
                "A refund of this payment is being carried out, and its outcome is not known yet".to_owned(),
            ),
            Refusal::NoTransactionId => with_details(
                "The gateway cannot refund a payment without its transaction ID: use the type credit or record"
                    .to_owned(),
            ),
            Refusal::NoKeys => with_details(
                "Pay methods cannot be stored: this server has no key file (keys.file) to seal them".to_owned(),
            ),
            Refusal::AccountNotReadable => with_details(
                "The stored bank details cannot be read here: send bank_code and bank_account together".to_owned(),
            ),
            Refusal::PayMethodNotFound => Error::Refused(PAY_METHOD_INVALID),
            Refusal::PayMethodOfAnotherClient => Error::Refused(OF_ANOTHER_CLIENT),
            Refusal::NothingToUpdate => Error::Refused(NOTHING_TO_UPDATE),
            Refusal::CardNumberOfGateway => Error::Refused(CARD_NUMBER_OF_GATEWAY),
            Refusal::GatewayCannotStore => Error::Refused(CANNOT_STORE),
            Refusal::GatewayCannotUpdate => Error::Refused(CANNOT_UPDATE),
            Refusal::RemoteFailed { step, reason } => with_details(match step {
                RemoteStep::Create => format!("{CREATE_FAILED}{reason}"),
                RemoteStep::Update => format!("{UPDATE_FAILED}{reason}"),
                RemoteStep::Delete => format!("{DELETE_FAILED}{reason}"),
            }),
        }
    }
}
