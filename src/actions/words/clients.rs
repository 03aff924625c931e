//! Error texts for the refusals of [`crate::operations::clients`].

use super::ErrorText;
use crate::error::Error;
use crate::operations::clients::Refusal;

pub const CLIENT_NOT_FOUND: &str = "Client ID Not Found";
pub const CONTACT_NOT_FOUND: &str = "Contact ID Not Found";
pub const OWNER_NOT_FOUND: &str = "Invalid Owner User ID";
pub const CURRENCY_NOT_FOUND: &str = "Currency ID Not Found";
pub const GROUP_NOT_FOUND: &str = "Client Group ID Not Found";
pub const INVALID_LOGIN: &str = "Email or Password Invalid";
pub const EMAIL_NOT_AVAILABLE: &str = "The email address entered is not available for use.";
pub const USER_EXISTS: &str = "A user already exists with that email address";
pub const DUPLICATE_EMAIL: &str = "Duplicate Email Address";
pub const CLIENT_MUST_RECEIVE_DOMAIN_MAILS: &str = "You must have at least one email address enabled to receive \
     domain related notifications as required by ICANN. To disable domain notifications, please create an alternative \
     contact that is set to receive them";
pub const CONTACT_MUST_RECEIVE_DOMAIN_MAILS: &str = "You must have at least one email address enabled to receive \
     domain related notifications as required by ICANN. To disable domain notifications, please enable domain \
     notifications for the primary account holder or another contact";
pub const EMPTY_NOTE: &str = "Notes can not be empty";
/// Not documented: a client whose money is on its way is not deleted.
const UNSETTLED_CHARGE: &str = "A payment gateway has not said yet what becomes of a charge or refund of this client";
pub const SEVERAL_CARDS: &str = "Multiple Credit Card Pay Methods Found";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        Error::Refused(match self {
            Refusal::ClientNotFound => CLIENT_NOT_FOUND,
            Refusal::ContactNotFound => CONTACT_NOT_FOUND,
            Refusal::OwnerNotFound => OWNER_NOT_FOUND,
            Refusal::CurrencyNotFound => CURRENCY_NOT_FOUND,
            Refusal::GroupNotFound => GROUP_NOT_FOUND,
            Refusal::EmailNotAvailable => EMAIL_NOT_AVAILABLE,
            Refusal::UserExists => USER_EXISTS,
            Refusal::DuplicateEmail => DUPLICATE_EMAIL,
            Refusal::ClientMustReceiveDomainMails => CLIENT_MUST_RECEIVE_DOMAIN_MAILS,
            Refusal::ContactMustReceiveDomainMails => CONTACT_MUST_RECEIVE_DOMAIN_MAILS,
            Refusal::EmptyNote => EMPTY_NOTE,
            Refusal::CredentialsChanged => INVALID_LOGIN,
            Refusal::SeveralCards => SEVERAL_CARDS,
            Refusal::UnsettledCharge => UNSETTLED_CHARGE,
            Refusal::CustomFieldRequired { name } => {
                return Error::RefusedAs {
                    code: "custom_field_required",
                    message: format!("You did not provide required custom field value for {name}"),
                };
            }
        })
    }
}
