//! Error texts for the refusals of [`crate::operations::system`].

use super::ErrorText;
use super::clients::CLIENT_NOT_FOUND;
use super::support::STAFF_NOT_FOUND;
use crate::error::Error;
use crate::operations::system::Refusal;

pub const TEMPLATE_NOT_FOUND: &str = "Email Template not found";
pub const TEMPLATE_DISABLED: &str = "Email Template is disabled";
/// The text that WHMCS documents for all failures to send a mail without a text of their own.
pub const SENDING_FAILED: &str = "Sending Failed. Please see documentation.";
pub const SETTING_NOT_FOUND: &str = "Invalid name for parameter setting";
pub const NO_SETTING: &str = "Parameter setting is required";
/// What WHMCS answers to SetConfigurationValue over HTTP.
pub const SETTING_RESTRICTED: &str = "API Command Restricted to Internal API";
pub const ITEM_NOT_FOUND: &str = "Item ID Not Found";

impl ErrorText for Refusal {
    fn error(self) -> Error {
        Error::Refused(match self {
            Refusal::ClientNotFound => CLIENT_NOT_FOUND,
            Refusal::EmptyDescription => "A description is required",
            Refusal::TemplateNotFound => TEMPLATE_NOT_FOUND,
            Refusal::TemplateDisabled => TEMPLATE_DISABLED,
            Refusal::TemplateNotForRequests
            | Refusal::RelatedNotFound
            | Refusal::NoRecipient
            | Refusal::InvalidMessage => SENDING_FAILED,
            Refusal::SettingNotFound => SETTING_NOT_FOUND,
            Refusal::SettingRestricted => SETTING_RESTRICTED,
            Refusal::ItemNotFound => ITEM_NOT_FOUND,
            Refusal::StaffNotFound => STAFF_NOT_FOUND,
        })
    }
}
