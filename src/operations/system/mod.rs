//! The installation as a whole: lines of the activity log, mails on request, and the state of this server.
//!
//! Nothing here changes what clients have or owe.

mod activity;
mod client_mail;
pub mod database_server;
pub mod health;
mod staff_mail;

use crate::operations;

pub use activity::log_activity;
pub use client_mail::{ClientTemplate, send_client_mail};
pub use staff_mail::{StaffTemplate, send_staff_mail};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a mail is not sent, or a line not added to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    ClientNotFound,
    EmptyDescription,
    /// There is no template with this name for mails to clients, or to staff.
    TemplateNotFound,
    TemplateDisabled,
    /// The template has merge fields whose values exist only when WHMCS sends it by itself.
    TemplateNotForRequests,
    /// The row that the mail is about does not exist.
    RelatedNotFound,
    /// The mail has no recipient.
    NoRecipient,
    /// The message is empty or longer than the outbox allows.
    InvalidMessage,
}

impl operations::Refusal for Refusal {
    fn code(&self) -> &'static str {
        match self {
            Refusal::ClientNotFound => "client_not_found",
            Refusal::EmptyDescription => "empty_description",
            Refusal::TemplateNotFound => "template_not_found",
            Refusal::TemplateDisabled => "template_disabled",
            Refusal::TemplateNotForRequests => "template_not_for_requests",
            Refusal::RelatedNotFound => "related_not_found",
            Refusal::NoRecipient => "no_recipient",
            Refusal::InvalidMessage => "unfit_message",
        }
    }
}
