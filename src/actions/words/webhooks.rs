//! Error texts for the refusals of [`crate::operations::webhooks`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::Refusal as _;
use crate::operations::webhooks::Refusal;

pub const WEBHOOK_NOT_FOUND: &str = "Webhook ID Not Found";
pub const UNKNOWN_KIND: &str = "kind must be push or pull";
pub const INVALID_URL: &str = "The URL must begin with https:// and have no login";
pub const URL_NOT_ALLOWED: &str = "Nothing is sent to this URL: ";
pub const NO_EVENTS: &str = "At least one event is required";
pub const UNKNOWN_EVENT: &str = "No such event: ";
pub const NOT_FOR_READERS: &str = "A webhook of kind pull gets no requests";
pub const NOT_A_READER: &str = "Only a webhook of kind pull is read";
pub const DISABLED: &str = "The webhook is disabled";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        let code = self.code();
        match self {
            Refusal::NotFound => Error::Refused(WEBHOOK_NOT_FOUND),
            Refusal::UnknownKind => Error::Refused(UNKNOWN_KIND),
            Refusal::InvalidUrl => Error::Refused(INVALID_URL),
            Refusal::UrlNotAllowed(reason) => Error::RefusedAs { code, message: format!("{URL_NOT_ALLOWED}{reason}") },
            Refusal::NoEvents => Error::Refused(NO_EVENTS),
            Refusal::UnknownEvent(name) => Error::RefusedAs { code, message: format!("{UNKNOWN_EVENT}{name}") },
            Refusal::NotForReaders => Error::Refused(NOT_FOR_READERS),
            Refusal::Disabled => Error::Refused(DISABLED),
            Refusal::NoKeys => Error::Refused("This server has no key file (keys.file), so it can seal nothing"),
        }
    }
}
