//! The installation as a whole: settings, lines of the activity log, mails and notifications on request; bans of addresses, what
//! staff note down, and the state of this server.
//!
//! Nothing here changes what clients have or owe.

mod activity;
mod bans;
mod client_mail;
mod configuration;
pub mod database_server;
pub mod health;
mod notifications;
mod staff_mail;
mod to_do;

use crate::operations;

pub use activity::log_activity;
pub use bans::{BanEnd, ban, is_banned, lift_bans};
pub use client_mail::{ClientTemplate, send_client_mail};
pub use configuration::{check_writable, set_setting, setting};
pub use notifications::notify;
pub use staff_mail::{StaffTemplate, send_staff_mail};
pub use to_do::{set_own_notes, update_to_do_item};

pub type Result<T, R = Refusal> = operations::Result<T, R>;

/// The reasons for which a mail is not sent, a line not added to the log, or a setting or an item not told or changed.
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
    /// There is no such setting, or its value is a secret.
    SettingNotFound,
    /// The operator does not allow this setting to be changed.
    SettingRestricted,
    /// There is no such item on the to-do list.
    ItemNotFound,
    StaffNotFound,
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
            Refusal::SettingNotFound => "setting_not_found",
            Refusal::SettingRestricted => "setting_restricted",
            Refusal::ItemNotFound => "item_not_found",
            Refusal::StaffNotFound => "staff_not_found",
        }
    }
}
