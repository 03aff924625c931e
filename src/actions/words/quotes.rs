//! Error texts for the refusals of [`crate::operations::quotes`].

use super::ErrorText;
use super::clients::CURRENCY_NOT_FOUND;
use crate::actions::words::NOT_AN_AMOUNT;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::quotes::Refusal;

pub const QUOTE_NOT_FOUND: &str = "Quote ID Not Found";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        let with_details = |message: String| Error::RefusedAs { code, message };
        match self {
            Refusal::QuoteNotFound => Error::Refused(QUOTE_NOT_FOUND),
            Refusal::CurrencyNotFound => Error::Refused(CURRENCY_NOT_FOUND),
            Refusal::AmountOutOfRange => Error::Refused(NOT_AN_AMOUNT),
            Refusal::QuantityNotReadable { item } => {
                with_details(format!("The quantity of the item with the ID {item} is not a number"))
            }
            Refusal::NoRecipient => with_details(
                "The quote has no e-mail address, or the mail template Quote Delivery with PDF is missing or disabled"
                    .to_owned(),
            ),
            Refusal::AcceptedElsewhere => with_details(
                "The quote was accepted already, and this server does not know which invoice it became".to_owned(),
            ),
            Refusal::NoEmail => {
                with_details("The quote has no e-mail address, which its new client would need".to_owned())
            }
            Refusal::Client(refusal) => refusal.error(),
            Refusal::Billing(refusal) => refusal.error(),
        }
    }
}
