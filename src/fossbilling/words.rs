//! What FOSSBilling's API says of a rejected operation: one table, by the stable codes of refusals.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::wire::ANY;
use crate::error::Error;
use crate::fault::Fault;
use crate::operations::{OperationError, Refusal};

/// The result of a method.
pub type Reply = Result<Value, Failure>;

/// Why a method has no result. It is another type than [`Error`], so that no refusal gets the words of another API surface.
#[derive(Debug)]
pub struct Failure(Error);

/// The codes of refusals with FOSSBilling's texts, and with their numbers where they have some.
const TEXTS: &[(&str, &str, &str)] = &[
    ("account_not_found", "Client not found", ANY),
    ("amount_out_of_range", "Price must be a valid number.", ANY),
    ("billing_cycle_not_available", "Selected billing period is invalid", ANY),
    ("client_closed", "Client not found", ANY),
    ("client_not_found", "Client not found", ANY),
    ("credentials_changed", "Please check your login details.", "401"),
    ("department_not_found", "Helpdesk invalid", ANY),
    ("duplicate_email", "This email address is already registered.", ANY),
    ("email_not_available", "This email address is already registered.", ANY),
    ("empty_cart", "Cart is empty", ANY),
    ("extension_not_offered", "TLD not found", ANY),
    ("extension_not_supported", "Domain availability could not be determined.", ANY),
    ("group_not_found", "Client group not found", ANY),
    ("insufficient_credit", "Funds amount is invalid", ANY),
    ("invalid_payment_method", "Payment gateway not found", ANY),
    ("invoice_not_found", "Invoice was not found", ANY),
    ("order_not_found", "Order Not Found", ANY),
    ("order_not_pending", "Only pending setup or failed orders can be activated", ANY),
    ("product_id_not_found", "Product not found", ANY),
    ("product_not_found", "Product not found", ANY),
    ("product_out_of_stock", "Product is out of stock.", "831"),
    ("registry_unanswered", "Domain availability could not be determined.", ANY),
    ("service_not_found", "Order Not Found", ANY),
    ("ticket_not_found", "Ticket not found", ANY),
    ("transaction_id_not_found", "Transaction not found", ANY),
    ("transaction_not_unique", "Transaction ID is already associated with another invoice.", ANY),
    ("user_exists", "This email address is already registered.", ANY),
];

/// Rejects a call with this text, and no number of its own.
pub fn said(text: impl Into<Cow<'static, str>>) -> Failure {
    said_as(ANY, text)
}

/// Rejects a call with this number and text.
pub fn said_as(number: &'static str, text: impl Into<Cow<'static, str>>) -> Failure {
    Failure(Error::RefusedAs { code: number, message: text.into().into_owned() })
}

/// Returns the text and the number of a refusal; for one that FOSSBilling does not have, its code as a sentence.
fn text_of(code: &str) -> (Cow<'static, str>, &'static str) {
    match TEXTS.iter().find(|(known, ..)| *known == code) {
        Some((_, text, number)) => ((*text).into(), number),
        None => {
            let mut text = code.replace('_', " ");
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (text.into(), ANY)
        }
    }
}

impl<R: Refusal> From<OperationError<R>> for Failure {
    fn from(error: OperationError<R>) -> Failure {
        match error {
            OperationError::Refused(refusal) => {
                let (text, number) = text_of(refusal.code());
                said_as(number, text)
            }
            OperationError::Fault(fault) => Failure(fault.into()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure(error)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Failure(fault.into())
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Failure {
        Failure(error.into())
    }
}

impl From<Failure> for Error {
    fn from(Failure(error): Failure) -> Error {
        error
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sorted_and_unknown_codes_are_sentences() {
        assert!(TEXTS.is_sorted_by(|one, other| one.0 < other.0));
        assert_eq!(text_of("invoice_not_draft"), ("Invoice not draft".into(), ANY));
        assert_eq!(text_of("product_out_of_stock").1, "831");
    }
}
