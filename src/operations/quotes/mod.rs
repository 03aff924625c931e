//! Quotes: offers to clients and to others, which become invoices when they are accepted.
//!
//! Every operation on an existing quote locks the quote first and its client after it. Operations that lock a client first
//! lock no quotes.

mod accept;
mod delete;
mod recipient;
mod send;
mod write;

use crate::database::lease::Lease;
use crate::domain::id::QuoteId;
use crate::operations::{self, billing, clients};
use crate::store;
use crate::store::sales::quotes::StoredQuote;

pub use accept::{accept, earlier_invoice};
pub use delete::delete;
pub use send::send;
pub use write::{ItemEdit, NewQuote, QuoteUpdate, create, update};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a quote is not written, sent or accepted.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    QuoteNotFound,
    CurrencyNotFound,
    /// An item or the total is larger than an amount of money can be.
    AmountOutOfRange,
    /// Another program has stored a quantity that is not a number.
    QuantityNotReadable {
        item: i64,
    },
    /// The recipient has no e-mail address, or the template of the mail does not exist or is disabled.
    NoRecipient,
    /// Another program has accepted the quote, so it is not known which invoice it became.
    AcceptedElsewhere,
    /// The recipient is to become a client and has no e-mail address.
    NoEmail,
    Client(clients::Refusal),
    Billing(billing::Refusal),
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::QuoteNotFound => "quote_not_found",
            Refusal::CurrencyNotFound => "currency_not_found",
            Refusal::AmountOutOfRange => "amount_out_of_range",
            Refusal::QuantityNotReadable { .. } => "quantity_not_readable",
            Refusal::NoRecipient => "no_recipient",
            Refusal::AcceptedElsewhere => "already_accepted",
            Refusal::NoEmail => "no_email_address",
            Refusal::Client(refusal) => refusal.code(),
            Refusal::Billing(refusal) => refusal.code(),
        }
    }
}

wraps_refusals!(clients::Refusal: Client, billing::Refusal: Billing);

/// Locks a quote until the transaction ends, and reads it.
pub async fn lock(db: &mut Lease, id: QuoteId) -> Result<StoredQuote> {
    Ok(store::sales::quotes::lock(db, id).await?.ok_or(Refusal::QuoteNotFound)?)
}
