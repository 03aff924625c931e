//! What concerns the installation as a whole: lines of the activity log, and mails that are sent on request.
//!
//! Nothing here changes what clients have or owe.

mod activity;
mod client_mail;
mod staff_mail;

use crate::operations;

pub use activity::log_activity;
pub use client_mail::{ClientTemplate, send_client_mail};
pub use staff_mail::{StaffTemplate, send_staff_mail};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// Why no mail is sent, or no line is added to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    ClientNotFound,
    EmptyDescription,
    /// There is no such template for mails to clients, or to staff.
    TemplateNotFound,
    TemplateDisabled,
    /// The template needs merge fields that only its own occasion knows.
    TemplateNotForRequests,
    /// What the mail is about does not exist.
    RelatedNotFound,
    /// Nobody is to get the mail.
    NoRecipient,
    /// The mail has no text, or a longer one than is kept.
    UnfitMessage,
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
            Refusal::UnfitMessage => "unfit_message",
        }
    }
}
